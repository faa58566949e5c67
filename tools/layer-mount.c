/* SPDX-License-Identifier: ISC */
/* layer-mount: see the files of an image layer without extracting it.
 *
 * 1. Read LAYER once: decompress it, keep the names in memory and the files' contents
 *    in a spool, a file without a name: open(2) O_TMPFILE or memfd_create(2).
 * 2. Mount DIR through /dev/fuse; fuse(4).
 * 3. Leave a child behind that answers the kernel's questions until DIR is unmounted,
 *    and print DIR; or run PROGRAM, and unmount when it ends: umount2(2).
 *
 * By hand: archivemount -o readonly LAYER DIR
 * (which reads the archive again from its start for each file that is opened).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chain.h"
#include "cli.h"
#include "die.h"
#include "fuse_server.h"
#include "io.h"
#include "layer_fuse.h"
#include "layer_index.h"
#include "layer_spool.h"
#include "layer_mount_command.h"
#include "layer_stream.h"
#include "mounts.h"
#include "overlay.h"
#include "step.h"
#include "undo.h"

static const char help[] =
	"Usage: layer-mount [-O] [-D DIGEST] [-I DIFF_ID] [-s WHERE] LAYER DIR\n"
	"                   [[--] PROGRAM [ARG]...]\n"
	"       layer-mount -d DIR\n"
	"Show the files of an image layer in DIR, read-only, without extracting it.\n"
	"\n"
	"  -D, --digest DIGEST   what LAYER's bytes must add up to\n"
	"  -d, --delete          unmount DIR; nothing to do is success\n"
	"  -I, --diff-id DIGEST  the same, of the tar inside\n"
	"  -O, --overlay         show whiteouts as overlayfs wants them, not hide them\n"
	"  -s, --spool WHERE     keep contents in the directory WHERE, or in memory\n"
	"  --max-bytes N  --max-entries N  give up beyond (0: no limit)\n"
	"  -n, --dry-run  -x, --explain  -q, --quiet  -h, --help  -V, --version\n"
	"\n"
	"Without PROGRAM, mount and print DIR; with it, unmount when it ends.\n"
	"\n"
	"Examples:\n"
	"  layer-mount layer.tar.gz dir -- find dir -perm -4000\n"
	"  layer-mount -O app.tgz app && ovl-mount -l base -l app root\n";

enum { OPT_MAX_BYTES = 256, OPT_MAX_ENTRIES };

static const struct option longopts[] = {
	CLI_LONG,
	{"delete", no_argument, NULL, 'd'},
	{"diff-id", required_argument, NULL, 'I'},
	{"digest", required_argument, NULL, 'D'},
	{"max-bytes", required_argument, NULL, OPT_MAX_BYTES},
	{"max-entries", required_argument, NULL, OPT_MAX_ENTRIES},
	{"overlay", no_argument, NULL, 'O'},
	{"spool", required_argument, NULL, 's'},
	{NULL, 0, NULL, 0},
};

static struct layer_index layer = {.spool = -1, .max_entries = 4000000};
static const char *spool_place, *digest, *diff_id;
static uint64_t max_bytes = (uint64_t)64 << 30;

static uint64_t
number(const char *option, const char *s)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno || *end || *s < '0' || *s > '9')
		usage("%s: not a number: %s", option, s);
	return n;
}

static const char *
checked_digest(const char *option, const char *s)
{
	if (!digest_valid(s))
		usage("%s: not a digest: %s", option, s);
	return s;
}

static void
check_digest(const char *file, const char *what, const char *want, const char *got)
{
	if (want && strcmp(want, got) != 0)
		die("%s: %s is %s, not %s", file, what, got, want);
}

/* Step 1.  The stream is read to its end: only there are cuts and damage noticed. */
static void
read_layer(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct tar_reader *tar;
	char got[DIGEST_MAX];
	const char *error;

	if (fd < 0)
		die_errno("open %s", file);
	if (!spool_place && (!(spool_place = getenv("TMPDIR")) || !*spool_place))
		spool_place = "/var/tmp";
	layer.spool = layer_spool(spool_place);
	layer.opaque = overlay_needs_userxattr() ? "user.overlay.opaque" : "trusted.overlay.opaque";
	layer.stream = layer_stream_new();
	layer_stream_begin(layer.stream, fd, digest, diff_id, max_bytes);
	tar = tar_open(layer_stream_next, layer.stream);
	layer_index_read(&layer, tar);
	tar_close(tar);
	layer_stream_drain(layer.stream);
	error = layer_stream_error(layer.stream);
	if (error)
		die("read %s: %s", file, error);
	if (digest)
		check_digest(file, "digest", digest, layer_stream_digest(layer.stream, got));
	if (diff_id)
		check_digest(file, "diff_id", diff_id, layer_stream_diff_id(layer.stream, got));
	close(fd);
}

/* Step 2. */
static void
mount_layer(const char *file, char *dir)
{
	char *source = realpath(file, NULL);
	struct stat st;

	if (stat(dir, &st) < 0)
		die_errno("mount point %s", dir);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		die_errno("mount point %s", dir);
	}
	fuse_server_start(layer_fuse_mount(&layer, source ? source : file, dir), layer.spool);
	undo_push(fuse_unmount_undo, dir);
	/* The first answer comes when the server is up: DIR is ready, or will never be. */
	if (stat(dir, &st) < 0)
		die_errno("first look at %s", dir);
}

static void
unmount(char *dir)
{
	struct mount_line m;
	int found;

	if (step_dry) {
		step(STEP_SAME, "case $(findmnt -nro FSTYPE,SOURCE -M %s | tail -n 1) in\n"
				"'fuse.layer-mount '*|'tmpfs layer-mount') umount %s ;;\nesac",
		     sh(dir), sh(dir));
		return;
	}
	found = mounts_at(dir, &m);
	if (found < 0)
		die_errno("look up %s in the mount table", dir);
	if (found == 0)
		return;
	if (strcmp(m.type, "fuse.layer-mount") != 0)
		die("unmount %s: it is a mount of type %s, not layer-mount's", dir, m.type);
	if (step(STEP_SAME, "umount %s", sh(dir)) && fuse_unmount(dir) < 0)
		die_errno_hint(errno == EBUSY ? "fuser -vm DIR shows who uses it" : NULL,
			       "unmount %s", dir);
}

int
main(int argc, char **argv)
{
	bool delete = false;
	char *file, *dir, **program;
	int opt;

	die_status = EXIT_CHAIN;
	cli_start(argv);
	while ((opt = getopt_long(argc, argv, "+" CLI_SHORT "D:dI:Os:", longopts, NULL)) != -1) {
		switch (opt) {
		case 'D': digest = checked_digest("-D", optarg); break;
		case 'd': delete = true; break;
		case 'I': diff_id = checked_digest("-I", optarg); break;
		case 'O': layer.overlay = true; break;
		case 's': spool_place = optarg; break;
		case OPT_MAX_BYTES: max_bytes = number("--max-bytes", optarg); break;
		case OPT_MAX_ENTRIES: layer.max_entries = number("--max-entries", optarg); break;
		default: cli_common(opt, help);
		}
	}
	argv += optind;
	if (delete) {
		if (!argv[0] || argv[1])
			usage("-d takes DIR and nothing else");
		unmount(argv[0]);
		return 0;
	}
	if (!argv[0] || !argv[1] || !*argv[1])
		usage("LAYER and DIR are wanted");
	file = argv[0];
	dir = argv[1];
	program = chain_rest(argv + 2);

	if (step(STEP_CLOSE, "%s", layer_mount_command(file, dir, layer.overlay))) {
		fuse_check();
		read_layer(file);
		mount_layer(file, dir);
	}
	if (*program) /* nobody else would unmount */
		mounts_run(dir, program);
	if (step_dry)
		printf("printf '%%s\\n' %s\n", sh(dir));
	else
		puts(dir);
	close_stdout();
	return 0;
}
