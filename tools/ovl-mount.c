/* SPDX-License-Identifier: ISC */
/* ovl-mount: stack directories into one tree, then become PROGRAM.
 *
 * 1. Collect the layers, base first, and check what can be checked: at most 500, each
 *    a directory, the upper directory not in use by another overlay.  Leave out those
 *    below one whose top directory is opaque, getxattr(2).
 * 2. Mount: fsopen(2) "overlay", fsconfig(2) once per directory, fsmount(2),
 *    move_mount(2).  A single layer without an upper directory is bind-mounted
 *    read-only instead: open_tree(2), mount_setattr(2).  mount(2) on old kernels.
 * 3. Become PROGRAM by execvp(3); or print TARGET; or, with -r, stay as its parent and
 *    unmount when it has ended: umount2(2).
 *
 * By hand: mount -t overlay overlay -o lowerdir=TOP:...:BASE,upperdir=U,workdir=W TARGET
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chain.h"
#include "cli.h"
#include "die.h"
#include "io.h"
#include "mounts.h"
#include "overlay.h"
#include "step.h"
#include "undo.h"

static const char help[] =
	"Usage: ovl-mount [-l DIR]... [-L FILE] [-u UPPER -w WORK] TARGET [PROGRAM...]\n"
	"       ovl-mount -d TARGET\n"
	"Stack directories into one tree with overlayfs, then become PROGRAM.\n"
	"\n"
	"  -d, --delete       unmount TARGET; nothing to do is success\n"
	"  -l, --lower DIR    a layer, base first; repeat it\n"
	"  -L, --layers FILE  the same, a line each, from FILE or - (standard input)\n"
	"  -m, --mkdir        make UPPER, WORK and TARGET where missing\n"
	"  -o, --options LIST further mount options: volatile,nosuid,index=on,...\n"
	"  -r, --remove       unmount when PROGRAM ends\n"
	"  -u, --upper DIR    where changes go; without it TARGET is read-only\n"
	"  -w, --work DIR     overlayfs's work directory, empty, beside UPPER\n"
	"  -n, --dry-run  -x, --explain  -q, --quiet  -h, --help  -V, --version\n"
	"\n"
	"Without PROGRAM, mount and print TARGET.\n"
	"\n"
	"Examples:\n"
	"  ovl-mount -l base -l app -u upper -w work root -- chroot root sh\n"
	"  ls -d layers/* | ovl-mount -L - -r root -- ls root\n";

static const struct option longopts[] = {
	CLI_LONG,
	{"delete", no_argument, NULL, 'd'},
	{"layers", required_argument, NULL, 'L'},
	{"lower", required_argument, NULL, 'l'},
	{"mkdir", no_argument, NULL, 'm'},
	{"options", required_argument, NULL, 'o'},
	{"remove", no_argument, NULL, 'r'},
	{"upper", required_argument, NULL, 'u'},
	{"work", required_argument, NULL, 'w'},
	{NULL, 0, NULL, 0},
};

static struct overlay overlay = {.extra = ""};

/* Only what we made ourselves goes again, and only while it is empty.  Overlayfs leaves
 * an empty directory of its own, "work", in the work directory. */
static void
remove_dir(void *dir)
{
	rmdir(text("%s/work", (char *)dir));
	rmdir(dir);
}

static void
make_dir(const char *dir)
{
	if (!dir || !step(STEP_SAME, "[ -d %s ] || mkdir %s", sh(dir), sh(dir)))
		return;
	if (mkdir(dir, 0755) == 0)
		undo_push(remove_dir, (void *)dir);
	else if (errno != EEXIST)
		die_errno("mkdir %s", dir);
}

static void
mount_overlay(const char *target)
{
	bool exact = true;
	/* The text of 400 layers takes longer than mounting them. */
	const char *command = step_explain || step_dry
				      ? overlay_command(&overlay, target, &exact) : "";
	int err;

	if (!step(exact ? STEP_SAME : STEP_CLOSE, "%s", command))
		return;
	overlay_refuse_in_use(&overlay);
	if (overlay_mount(&overlay, target) == 0)
		return;
	err = errno;
	complain_errno("mount overlay on %s", target);
	overlay_hint(&overlay, target, err);
	undo_run();
	exit(die_status);
}

static void
mount_single(const char *target)
{
	if (!step(STEP_SAME, "mount --bind -o ro %s %s", sh(overlay.lower[0]), sh(target)))
		return;
	if (overlay_bind(overlay.lower[0], target) < 0)
		die_errno_hint(errno == EPERM ? "mounting needs root, or a user namespace: "
						"unshare -rm, ns-exec --user --mount" : NULL,
			       "bind layer %s read-only on %s", overlay.lower[0], target);
}

/* Our kinds are an overlay, and a read-only mount of a part of a file system, of one that
 * itself is writable, or that is mounted elsewhere too: what a bind makes. */
static bool
is_ours(const struct mount_line *m)
{
	if (strcmp(m->type, "overlay") == 0)
		return true;
	return mounts_option(m->options, "ro") &&
	       (strcmp(m->root, "/") != 0 || mounts_option(m->super, "rw") ||
		mounts_elsewhere(m));
}

static void
unmount(const char *target)
{
	struct mount_line m;
	int found;

	if (step_dry) {
		step(STEP_SAME, "case $(findmnt -nro FSTYPE,OPTIONS -M %s | tail -n 1) in\n"
				"'overlay '*|*' ro'|*' ro,'*) umount %s ;;\nesac",
		     sh(target), sh(target));
		return;
	}
	found = mounts_at(target, &m);
	if (found < 0)
		die_errno("look up %s in the mount table", target);
	if (found == 0)
		return;
	if (!is_ours(&m))
		die("unmount %s: it is a mount of type %s, not an overlay", target, m.type);
	if (step(STEP_SAME, "umount %s", sh(target)) && umount2(target, 0) < 0)
		die_errno_hint(errno == EBUSY ? "fuser -vm TARGET shows who uses it" : NULL,
			       "unmount %s", target);
}

/* Steps 1 and 2. */
static void
stack(const char *target, bool make, const char *options)
{
	if (make) {
		make_dir(overlay.upper);
		make_dir(overlay.work);
		make_dir(target);
	}
	overlay_choose_options(&overlay, options);
	overlay_leave_out_hidden(&overlay);
	if (overlay.lowers == 1 && !overlay.upper)
		mount_single(target);
	else
		mount_overlay(target);
	if (!step_dry)
		undo_push(mounts_undo, (void *)target);
}

int
main(int argc, char **argv)
{
	bool delete = false, make = false, stay = false;
	const char *options = "";
	char *target, **program;
	int opt;

	die_status = EXIT_CHAIN;
	cli_start(argv);
	while ((opt = getopt_long(argc, argv, "+" CLI_SHORT "dl:L:mo:ru:w:", longopts, NULL)) != -1) {
		switch (opt) {
		case 'd': delete = true; break;
		case 'l': overlay_add_layer(&overlay, optarg); break;
		case 'L': overlay_add_layers(&overlay, optarg); break;
		case 'm': make = true; break;
		case 'o': options = text("%s%s%s", options, *options ? "," : "", optarg); break;
		case 'r': stay = true; break;
		case 'u': overlay.upper = optarg; break;
		case 'w': overlay.work = optarg; break;
		default: cli_common(opt, help);
		}
	}
	target = argv[optind];
	if (!target || !*target)
		usage("TARGET is missing");
	program = chain_rest(argv + optind + 1);
	if (delete) {
		if (*program || overlay.lowers || overlay.upper || stay)
			usage("-d takes TARGET and nothing else");
		unmount(target);
		return 0;
	}
	if (!overlay.lowers)
		usage("no layer: give -l DIR or -L FILE");
	if (!overlay.upper != !overlay.work)
		usage("-u UPPER and -w WORK go together");
	if (stay && !*program)
		usage("-r needs a PROGRAM to wait for");

	stack(target, make, options);
	if (stay)
		mounts_run(target, program);
	if (*program)
		chain(program);
	if (step_dry)
		printf("printf '%%s\\n' %s\n", sh(target));
	else
		puts(target);
	close_stdout();
	return 0;
}
