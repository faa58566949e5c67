/* SPDX-License-Identifier: ISC */
/* ns-exec: run a program in namespaces, under a root and with rights of its own.
 *
 * 1. seal our own binary before anything hostile is near         memfd_create(2)
 * 2. join the namespaces that are there already                  setns(2)
 * 3. make new ones, in one call, in a child where it must be     clone3(2), unshare(2)
 * 4. outside, write which ids the inside maps to                 user_namespaces(7)
 * 5. name the host, stop mounts from spreading                   sethostname(2), mount(2)
 * 6. build the new root and switch to it for good                move_mount(2), pivot_root(2)
 * 7. give up rights: user, groups, capabilities, system calls    capset(2), seccomp(2)
 * 8. become PROGRAM; the parent, if any, waits and passes signals and status on
 *
 * By hand: unshare --mount --pid --fork sh -c 'mount ... rootfs/proc; cd rootfs;
 * mount --move . /; exec chroot . setpriv --bounding-set ... PROGRAM' */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chain.h"
#include "chrooted.h"
#include "cli.h"
#include "die.h"
#include "environment.h"
#include "init.h"
#include "io.h"
#include "jail.h"
#include "jail_script.h"
#include "pty.h"
#include "seal.h"
#include "syscall_filter.h"
#include "step.h"
#include "supervise.h"
#include "syscalls.h"

static const char help[] =
	"usage: ns-exec [options] [--] PROGRAM [ARG]...\n"
	"Run PROGRAM in namespaces, under a root and with rights of its own.\n"
	"  --mount --uts --ipc --pid --net --user --cgroup --time   new namespaces;\n"
	"                  =FILE joins an existing one (--net=NAME: /run/netns/NAME)\n"
	"  --target PID [--all]   those of a process   --monotonic, --boottime SECONDS\n"
	"  --map-root  --map-current  --map-auto  --map-users, --map-groups IN:OUT:COUNT\n"
	"  --root DIR      a container's root: own /proc /sys /dev, docker's limits\n"
	"  --bind, --ro-bind SRC:DST  --tmpfs DST[:SIZE]  --read-only  --shm-size SIZE\n"
	"  --no-proc --no-sys --no-dev --unmask --propagation KIND  leave these out\n"
	"  --hostname H  --domainname D  --workdir DIR\n"
	"  --env K=V  --unset-env K  --clear-env  --args FILE  --preserve-fds N|all\n"
	"  --user-id UID[:GID]  --groups GID,...  --cap-add, --cap-drop, --cap-ambient CAP\n"
	"  --confine  --no-new-privs  --allow-new-privs  --seccomp default|none|FILE\n"
	"  --allow-tiocsti  -t, --tty  --init  --die-with-parent  --pid-file FILE\n"
	"  -n, --dry-run   print a script instead    -x, --explain  say each act\n"
	"  -q, --quiet     no warnings    -V, --version    -h, --help\n"
	"Status: 125 ns-exec failed, 126 and 127 as env(1), else PROGRAM's own.\n"
	"\n"
	"  ns-exec --user --map-root --pid --mount -- sh\n"
	"  ns-exec --pid --uts --ipc --root rootfs --hostname web -- /bin/sh\n";

static struct jail jail;
static char **program;
static int outer = -1; /* pidfd of the waiting parent; readable when it is dead */

/* A container dies with the one who waits for it.  The kernel forgets the wish when
 * credentials change, and does not act on a death that came before it was uttered:
 * hence again at the end, and the look at the pidfd.  PR_SET_PDEATHSIG of prctl(2). */
static void
die_with_outer(void)
{
	struct pollfd p = {.fd = outer, .events = POLLIN};

	if (outer < 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (poll(&p, 1, 0) > 0)
		_exit(128 + SIGKILL);
}

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

/* Acts 5 to 8. */
static _Noreturn void
inside(void)
{
	char *words = step_explain ? jail_inner_words(&jail) : NULL;
	int pts;

	if (jail.ns.create & CLONE_NEWUSER && jail.has_map)
		creds_become_root();
	/* A new mount namespace is a copy whose mounts still tell the originals of all that
	 * happens below them, where these are shared (systemd shares /); mount_namespaces(7). */
	if (jail.ns.create & CLONE_NEWNS && jail.propagation &&
	    chrooted_propagation(jail.propagation) < 0)
		die_errno("set the propagation of mounts");
	pts = furnish();
	if (jail.tty)
		pty_make(pts, jail.creds.has_user ? jail.creds.uid : geteuid(), pts >= 0);
	seal_workdir(jail.workdir);
	if (jail.init)
		init_stay(jail.ns.create & CLONE_NEWPID);
	if (jail.tty)
		pty_become();
	if (words)
		step(*words ? STEP_CLOSE : STEP_SAME, "exec %s%s%s", words, *words ? " " : "", sh_words(program));
	/* Without no_new_privs only a privileged process may install a filter: first then. */
	if (!jail.creds.no_new_privs)
		syscall_filter_install();
	creds_apply(&jail.creds);
	if (!jail.keep_fds_all)
		seal_descriptors(3 + jail.keep_fds);
	die_with_outer();
	environment_apply();
	if (jail.creds.no_new_privs)
		syscall_filter_install();
	chain(program);
}

/* The map must come from outside, and outside is where we were before unshare(2): a
 * helper stays there, waits for a byte, writes the map of its parent, and is gone. */
static pid_t
start_mapper(int *go)
{
	int ends[2];
	pid_t child;
	char c;

	if (pipe2(ends, O_CLOEXEC) < 0)
		die_errno("make a pipe");
	child = fork();
	if (child < 0)
		die_errno("fork");
	if (child == 0) {
		close(ends[1]);
		if (read(ends[0], &c, 1) == 1)
			idmap_write(&jail.map, getppid());
		_exit(0);
	}
	close(ends[0]);
	*go = ends[1];
	return child;
}

static void
unshare_here(bool own_map)
{
	int go = -1, status = 0;
	pid_t mapper = jail.has_map && !own_map ? start_mapper(&go) : 0;

	if (jail.ns.create && unshare(jail.ns.create) < 0)
		ns_die_refused(jail.ns.create);
	if (mapper) {
		if (write(go, "", 1) < 0 || close(go) < 0 || waitpid(mapper, &status, 0) < 0)
			die_errno("wait for the id map");
		if (status)
			exit(EXIT_CHAIN);
	} else if (jail.has_map) {
		idmap_write(&jail.map, 0);
	}
}

/* As unshare_here(), but born into the new namespaces: user, pid and mount namespace
 * belong to each other only when one call makes them. */
static _Noreturn void
fork_into(bool own_map)
{
	unsigned flags = jail.ns.create;
	int go[2] = {-1, -1};
	pid_t child;
	char c;

	if (jail.ns.monotonic || jail.ns.boottime) {
		/* The clocks are set by who made the namespace, before anyone is in it. */
		if (flags & CLONE_NEWUSER) {
			jail.ns.create &= CLONE_NEWUSER;
			unshare_here(own_map);
			creds_become_root();
			jail.ns.create = flags &= ~CLONE_NEWUSER;
			jail.has_map = false;
		}
		ns_make_time(&jail.ns);
		flags &= ~ns_types[NS_TIME].flag;
	}
	if (jail.has_map && !own_map && pipe2(go, O_CLOEXEC) < 0)
		die_errno("make a pipe");
	if (jail.tty)
		pty_prepare();
	outer = sys_pidfd_open(getpid(), 0);
	child = supervise_clone(flags, -1);
	if (child < 0)
		ns_die_refused(flags);
	if (child == 0) {
		die_with_outer();
		if (go[0] >= 0) {
			close(go[1]);
			if (read(go[0], &c, 1) != 1)
				_exit(EXIT_CHAIN);
		} else if (jail.has_map) {
			idmap_write(&jail.map, 0);
		}
		inside();
	}
	if (go[1] >= 0) {
		idmap_write(&jail.map, child);
		if (write(go[1], "", 1) != 1)
			die_errno("start the child");
	}
	if (flags & CLONE_NEWPID)
		supervise_forward = init_forward;
	exit(init_status(jail.tty ? pty_proxy(child) : supervise_wait(child)));
}

/* -n: the inner acts go into a script of their own, for a shell in the namespaces. */
static void
print_script(void)
{
	jail_script_begin();
	furnish();
	syscall_filter_install();
	jail_script_end(&jail, program);
}

int
main(int argc, char **argv)
{
	bool own_map;

	die_status = EXIT_CHAIN;
	cli_start(argv);
	program = chain_rest(jail_parse(&jail, argc, &argv, help));
	if (!*program)
		usage("no PROGRAM given");
	own_map = jail.has_map && idmap_is_own(&jail.map);
	if (jail_enters_root(&jail) && !step_dry)
		seal_binary(argv);
	syscall_filter_prepare(jail.seccomp, jail.creds.keep, !jail.allow_tiocsti);
	if (step_dry) {
		print_script();
		return 0;
	}
	if (step_explain && *jail_outer_words(&jail))
		step(STEP_SAME, "%s", jail_outer_words(&jail));
	ns_join(&jail.ns);
	if (ns_needs_fork(&jail.ns) || jail.tty)
		fork_into(own_map);
	unshare_here(own_map);
	inside();
}
