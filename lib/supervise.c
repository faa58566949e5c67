#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "die.h"
#include "supervise.h"
#include "undo.h"

static sigset_t found_mask;
static struct sigaction found_chld;
static bool held; /* what was found is in these two */

static void
forward_unseen(pid_t child, int sig, bool seen)
{
	if (!seen)
		kill(child, sig);
}

void (*supervise_forward)(pid_t child, int sig, bool seen) = forward_unseen;

/* A caller that ignores SIGCHLD hands that down, and then the kernel reaps our child
 * unseen: waitpid(2) fails with ECHILD and the status is lost. */
static void
hold_signals(void)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t all;

	if (held)
		return;
	held = true;
	sigaction(SIGCHLD, &dfl, &found_chld);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &found_mask);
}

static void
signals_as_found(void)
{
	int saved = errno;

	held = false;
	sigaction(SIGCHLD, &found_chld, NULL);
	sigprocmask(SIG_SETMASK, &found_mask, NULL);
	errno = saved;
}

pid_t
supervise_clone(uint64_t flags, int cgroup_fd)
{
	struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
	pid_t child;

	hold_signals();
	if (cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = cgroup_fd;
	}
	fflush(stdout);
	/* clone3(2) has no libc wrapper; fork's semantics but for the flags. */
	child = syscall(SYS_clone3, &args, sizeof args);
	if (child < 0 && errno == ENOSYS && args.flags == 0)
		child = fork(); /* container engines' filters hide clone3(2) */
	if (child == 0)
		undo_forget();
	if (child <= 0)
		signals_as_found();
	return child;
}

static int
run_borrowing(void *arg)
{
	void (**run)(void) = arg;

	signals_as_found(); /* mask and dispositions are each process's own */
	(*run)();
	return die_status;
}

/* The child's stack: ours lies still below the frame that waits, and glibc and musl give
 * clone(2) only to who brings one. */
enum { BORROWER_STACK = 256 * 1024 };

pid_t
supervise_borrow(unsigned flags, void (*run)(void))
{
	static _Alignas(64) char stack[BORROWER_STACK];
	void (*leave)(int) = die_leave;
	pid_t child;

	hold_signals();
	fflush(stdout);
	die_leave = _exit;
	child = clone(run_borrowing, stack + sizeof stack,
		      flags | CLONE_VM | CLONE_VFORK | SIGCHLD, &run);
	die_leave = leave;
	if (child < 0)
		signals_as_found();
	return child;
}

pid_t
supervise_fork(int cgroup_fd)
{
	pid_t child = supervise_clone(0, cgroup_fd);

	if (child < 0 && cgroup_fd < 0)
		die_errno("fork");
	return child;
}

bool supervise_orphans;

int
supervise_reap(pid_t child)
{
	int status;
	pid_t who;

	/* One SIGCHLD may stand for many deaths: it is not queued; signal(7). */
	while ((who = waitpid(supervise_orphans ? -1 : child, &status, WNOHANG | WUNTRACED)) > 0) {
		if (who != child)
			continue;
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		/* The child was stopped (Ctrl-Z): the shell waits for us, so stop too. */
		kill(getpid(), SIGSTOP);
	}
	return -1;
}

int
supervise_wait(pid_t child)
{
	siginfo_t info;
	sigset_t all;
	int status;

	sigfillset(&all);
	for (;;) {
		int sig = sigwaitinfo(&all, &info);

		if (sig < 0)
			continue; /* EINTR after SIGSTOP and SIGCONT; signal(7) */
		if (sig == SIGCHLD) {
			status = supervise_reap(child);
			if (status >= 0)
				return status;
			continue;
		}
		/* The terminal has sent Ctrl-C to the whole foreground group, the child
		 * included (si_code SI_KERNEL): forwarding it would deliver it twice. */
		supervise_forward(child, sig, info.si_code > 0 && sig != SIGCONT);
	}
}
