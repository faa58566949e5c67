/* SPDX-License-Identifier: ISC */
/* ns-exec: run a program in namespaces, under a root and with rights of its own.
 *
 * 1. keep our own binary out of reach, before hostile things are near  memfd_create(2)
 * 2. join the namespaces that are there already                  setns(2)
 * 3. make new ones, in one call, in a child where it must be     clone(2), unshare(2)
 * 4. outside, write which ids the inside maps to                 user_namespaces(7)
 * 5. name the host, stop mounts from spreading                   sethostname(2), mount(2)
 * 6. build the new root and switch to it for good                move_mount(2), pivot_root(2)
 * 7. give up rights: user, groups, capabilities, system calls    capset(2), seccomp(2)
 * 8. become PROGRAM; the parent, if any, waits and passes signals and status on
 *
 * By hand: unshare --mount --pid --fork sh -c 'mount ... rootfs/proc; cd rootfs;
 * mount --move . /; exec chroot . setpriv --bounding-set ... PROGRAM' */
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "bind_map.h"
#include "birth.h"
#include "chrooted.h"
#include "cli.h"
#include "die.h"
#include "environment.h"
#include "init.h"
#include "jail.h"
#include "jail_script.h"
#include "label.h"
#include "landlock.h"
#include "own_exe.h"
#include "pty.h"
#include "seal.h"
#include "step.h"
#include "syscall_filter.h"

static const char help[] =
	"usage: ns-exec [options] [--] PROGRAM [ARG]...\n"
	"Run PROGRAM in namespaces, under a root and with rights of its own.\n"
	"new, =FILE joins: --mount --uts --ipc --pid --net --user --cgroup --time\n"
	"   --target PID [--all]  --persist DIR  --monotonic, --boottime SECONDS\n"
	"ids: --map-root --map-current --map-auto --map-users, --map-groups IN:OUT:COUNT\n"
	"files: --root DIR --read-only --propagation KIND --shm-size SIZE --workdir DIR\n"
	"   --bind, --ro-bind, --bind-map SRC:DST, --tmpfs DST[:SIZE] in this order\n"
	"   --no-proc --no-sys --no-dev --unmask --landlock-ro, --landlock-rw PATH\n"
	"names: --hostname H --domainname D --env K=V --unset-env K --clear-env\n"
	"rights: --user-id UID[:GID] --groups GID,.. --cap-add, --cap-drop, --cap-ambient\n"
	"   --confine --no-new-privs --allow-new-privs --seccomp default|none|FILE\n"
	"   --allow-tiocsti --keep-keyring --apparmor P --selinux L --preserve-fds N|all\n"
	"   --rlimit NAME=SOFT[:HARD] --oom-score-adj N\n"
	"process: -t, --tty --init --die-with-parent --pid-file FILE --info-fd FD\n"
	"   --ready-fd FD --start-fifo FIFO --args FILE\n"
	"-n, --dry-run  print a script instead      -x, --explain  say each act\n"
	"-q, --quiet    no warnings      -V, --version      -h, --help\n"
	"Status: 125 ns-exec failed, 126 and 127 as env(1), else PROGRAM's own.\n"
	"\n"
	"  ns-exec --user --map-root --pid --mount -- sh\n"
	"  ns-exec --pid --uts --ipc --root rootfs --hostname web -- /bin/sh\n";

static struct jail jail;
static char **program;

static void
name_host(void)
{
	if (jail.hostname && step(STEP_SAME, "hostname %s", sh(jail.hostname)) &&
	    sethostname(jail.hostname, strlen(jail.hostname)) < 0)
		die_errno("set the host name %s", jail.hostname);
	if (jail.domainname && step(STEP_SAME, "domainname %s", sh(jail.domainname)) &&
	    setdomainname(jail.domainname, strlen(jail.domainname)) < 0)
		die_errno("set the domain name %s", jail.domainname);
}

/* Acts 5 and 6.  We are where PROGRAM is to be: in all namespaces, as its process. */
static int
furnish(void)
{
	int pts = -1;

	if (jail.ns.create & CLONE_NEWNET)
		ns_loopback_up();
	name_host();
	if (jail.root.dir)
		pts = rootfs_enter(&jail.root);
	return pts;
}

/* Act 7.  The order is forced: limits are raised while that is allowed, the keyring is
 * left before its system call is, ids change while capabilities last, and all files that
 * are still needed are open when Landlock comes. */
static void
give_up_rights(void)
{
	rlimits_apply(&jail.rlimits);
	if (!jail.keep_keyring)
		seal_keyring();
	/* Without no_new_privs only a privileged process may install a filter: early then. */
	if (!jail.creds.no_new_privs)
		syscall_filter_install();
	creds_apply(&jail.creds);
	birth_tie();
	if (!jail.keep_fds_all)
		seal_descriptors(3 + jail.keep_fds, false);
	landlock_apply();
	environment_apply();
	notify_ready(&jail.notify);
	if (!jail.keep_fds_all && !own_exe_hops())
		seal_descriptors(3 + jail.keep_fds, true);
	if (jail.creds.no_new_privs)
		syscall_filter_install();
}

/* Acts 5 to 8. */
static void
inside(void)
{
	char *words = step_explain ? jail_inner_words(&jail) : NULL;
	int pts;

	if (jail.ns.create & CLONE_NEWUSER && jail.has_map)
		creds_become_root();
	label_apply(jail.apparmor, jail.selinux);
	rlimits_oom(&jail.rlimits);
	/* A new mount namespace is a copy whose mounts still tell the originals of all that
	 * happens below them, where these are shared (systemd shares /); mount_namespaces(7). */
	if (jail.ns.create & CLONE_NEWNS && jail.propagation &&
	    chrooted_propagation(jail.propagation) < 0)
		die_errno("set the propagation of mounts");
	pts = furnish();
	if (jail.tty)
		pty_make(pts, jail.creds.has_user ? jail.creds.uid : geteuid(), pts >= 0);
	if (pts >= 0)
		close(pts);
	seal_workdir(jail.workdir, jail_enters_root(&jail));
	if (jail_enters_root(&jail))
		seal_memory();
	if (jail.init)
		init_stay(jail.ns.create & CLONE_NEWPID);
	if (jail.tty)
		pty_become();
	if (words)
		step(*words ? STEP_CLOSE : STEP_SAME, "exec %s%s%s", words, *words ? " " : "",
		     sh_words(program));
	give_up_rights();
	own_exe_become(program);
}

/* -n: the inner acts go into a script of their own, for a shell in the namespaces. */
static void
print_script(void)
{
	ns_join_cgroup(&jail.ns);
	if (jail.ns.persist)
		ns_persist(&jail.ns, 0);
	jail_script_begin();
	rlimits_oom(&jail.rlimits);
	if (jail.ns.create & CLONE_NEWNS && jail.propagation == MS_UNBINDABLE)
		step(STEP_SAME, "mount --make-runbindable /");
	furnish();
	if (jail.tty)
		step(STEP_NONE, "give PROGRAM a terminal of its own, as script(1) does; pty(7)");
	rlimits_apply(&jail.rlimits);
	if (jail.root.dir && jail.creds.has_user && jail.creds.ambient)
		step(STEP_NONE, "keep %s, which chroot(8) loses; capabilities(7)",
		     caps_words(jail.creds.ambient));
	if (!jail.keep_keyring)
		seal_keyring();
	landlock_apply();
	notify_ready(&jail.notify);
	syscall_filter_install();
	jail_script_end(&jail, program);
}

int
main(int argc, char **argv)
{
	die_status = EXIT_CHAIN;
	cli_start(argv);
	/* getopt has dropped the one "--": there is no fixed operand that it could follow. */
	program = jail_parse(&jail, argc, &argv, help);
	if (!*program)
		usage("no PROGRAM given");
	if (jail_enters_root(&jail) && !step_dry)
		own_exe_guard(argv, jail_stays(&jail));
	syscall_filter_prepare(jail.seccomp, jail.creds.keep, !jail.allow_tiocsti);
	if (step_dry) {
		print_script();
		return 0;
	}
	notify_open(&jail.notify);
	if (jail.die_with_parent)
		birth_tie_to_caller();
	bind_map_prepare(&jail.binds, &jail.map);
	ns_join_cgroup(&jail.ns);
	if (step_explain && *jail_outer_words(&jail))
		step(STEP_SAME, "%s", jail_outer_words(&jail));
	ns_join(&jail.ns);
	if (ns_needs_fork(&jail.ns) || jail.tty)
		birth_child(&jail, inside);
	birth_here(&jail);
	inside();
}
