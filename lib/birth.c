#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "creds.h"
#include "die.h"
#include "init.h"
#include "jail.h"
#include "own_exe.h"
#include "pty.h"
#include "birth.h"
#include "supervise.h"
#include "syscalls.h"

/* A single id of one's own can be mapped from inside, everything else only by who was
 * there before; user_namespaces(7). */
static bool
needs_outside(const struct jail *j)
{
	return (j->has_map && !j->map_own) || j->ns.persist;
}

static void
outside(const struct jail *j, pid_t pid)
{
	if (j->has_map && !j->map_own)
		idmap_write(&j->map, pid);
	if (j->ns.persist)
		ns_persist(&j->ns, pid);
}

/* Outside is where we were before unshare(2): a helper stays there, waits for a byte,
 * does the outer acts for its parent, and is gone. */
static pid_t
start_helper(const struct jail *j, int *go)
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
			outside(j, getppid());
		_exit(0);
	}
	close(ends[0]);
	*go = ends[1];
	return child;
}

void
birth_here(const struct jail *j)
{
	int go = -1, status = 0;
	pid_t helper = needs_outside(j) ? start_helper(j, &go) : 0;

	if (j->ns.create && unshare(j->ns.create) < 0)
		ns_die_refused(j->ns.create);
	if (helper) {
		if (write(go, "", 1) < 0 || close(go) < 0 || waitpid(helper, &status, 0) < 0)
			die_errno("wait for the id map");
		if (status)
			exit(die_status);
	}
	if (j->has_map && j->map_own)
		idmap_write(&j->map, 0);
	notify_pid(&j->notify, getpid());
}

/* The clocks are set by who made the namespace, before anyone is in it, and with power
 * over it: so with a user namespace, that comes first and around ourselves. */
static void
make_clocks(struct jail *j)
{
	unsigned all = j->ns.create;

	if (all & CLONE_NEWUSER) {
		j->ns.create = CLONE_NEWUSER;
		birth_here(j);
		creds_become_root();
		j->has_map = false;
	}
	ns_make_time(&j->ns);
	j->ns.create = all & ~(CLONE_NEWUSER | CLONE_NEWTIME);
}

static int outer = -1; /* pidfd of the waiting parent; readable when it is dead */

/* The kernel forgets the wish when credentials change, and does not act on a death that
 * came before it was uttered: hence again, and the look at the pidfd.  getppid(2) would
 * say 0 in a new pid namespace whoever lives.  PR_SET_PDEATHSIG of prctl(2). */
void
birth_tie(void)
{
	struct pollfd p = {.fd = outer, .events = POLLIN};

	if (outer < 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (poll(&p, 1, 0) > 0)
		_exit(128 + SIGKILL);
}

void
birth_tie_to_caller(void)
{
	pid_t parent = getppid();
	int fd = sys_pidfd_open(parent, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (fd < 0 || getppid() != parent)
		_exit(128 + SIGKILL);
	if (outer < 0)
		outer = fd; /* no parent of ours in between: PROGRAM itself is tied to it */
}

/* What the two of them share until the exec: PR_SET_DUMPABLE, hence this parent's memory
 * stays unreadable to others.  Not for a child that waits for what we do, or stays, nor
 * where somebody looks for the pid before PROGRAM runs.  A new time namespace takes no
 * one who shares memory with a process outside (EINVAL); time_namespaces(7). */
static bool
can_borrow(const struct jail *j)
{
	const struct notify *n = &j->notify;

#ifdef __SANITIZE_ADDRESS__
	return false; /* ASan takes the borrowed stack for an overflow of ours */
#endif
	return own_exe_hops() && !j->tty && !j->init && !needs_outside(j) && !n->pid_file &&
	       !n->start_fifo && n->info_fd < 0 && n->ready_fd < 0 && !j->ns.target &&
	       !j->ns.file[NS_TIME] && !(j->ns.create & CLONE_NEWTIME);
}

static const struct jail *borrower;
static void (*borrower_inside)(void);

static void
borrowing(void)
{
	birth_tie();
	if (borrower->has_map && borrower->map_own)
		idmap_write(&borrower->map, 0);
	borrower_inside();
}

static _Noreturn void
borrow(const struct jail *j, void (*inside)(void))
{
	pid_t child;

	borrower = j;
	borrower_inside = inside;
	child = supervise_borrow(j->ns.create, borrowing);
	if (child < 0)
		ns_die_refused(j->ns.create);
	if (j->ns.create & CLONE_NEWPID)
		supervise_forward = init_forward;
	exit(init_status(supervise_wait(child)));
}

_Noreturn void
birth_child(struct jail *j, void (*inside)(void))
{
	int go[2] = {-1, -1};
	pid_t child;
	char c;

	if (j->ns.monotonic || j->ns.boottime)
		make_clocks(j);
	if (needs_outside(j) && pipe2(go, O_CLOEXEC) < 0)
		die_errno("make a pipe");
	if (j->tty)
		pty_prepare();
	outer = sys_pidfd_open(getpid(), 0);
	if (can_borrow(j))
		borrow(j, inside);
	/* One call for all: user, pid and mount namespace belong to each other only so. */
	child = supervise_clone(j->ns.create, -1);
	if (child < 0)
		ns_die_refused(j->ns.create);
	if (child == 0) {
		birth_tie();
		if (go[0] >= 0) {
			close(go[1]);
			if (read(go[0], &c, 1) != 1)
				_exit(die_status); /* the parent has said why */
			close(go[0]);
		}
		if (j->has_map && j->map_own)
			idmap_write(&j->map, 0);
		inside();
	}
	if (go[1] >= 0) {
		outside(j, child);
		if (write(go[1], "", 1) != 1)
			die_errno("start the child");
	}
	notify_pid(&j->notify, child);
	if (j->ns.create & CLONE_NEWPID)
		supervise_forward = init_forward;
	exit(init_status(j->tty ? pty_proxy(child) : supervise_wait(child)));
}
