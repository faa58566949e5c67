#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
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

static void
forward_unseen(pid_t child, int sig, bool seen)
{
	if (!seen)
		kill(child, sig);
}

void (*supervise_forward)(pid_t child, int sig, bool seen) = forward_unseen;

pid_t
supervise_clone(uint64_t flags, int cgroup_fd)
{
	struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t all;
	pid_t child;
	int saved;

	/* A caller that ignores SIGCHLD hands that down, and then the kernel reaps our
	 * child unseen: waitpid(2) fails with ECHILD and the status is lost. */
	sigaction(SIGCHLD, &dfl, &found_chld);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &found_mask);
	if (cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = cgroup_fd;
	}
	fflush(stdout);
	/* clone3(2) has no libc wrapper; fork's semantics but for the flags. */
	child = syscall(SYS_clone3, &args, sizeof args);
	if (child < 0 && errno == ENOSYS && args.flags == 0)
		child = fork(); /* container engines' filters hide clone3(2) */
	if (child > 0)
		return child;
	saved = errno;
	if (child == 0)
		undo_forget();
	sigaction(SIGCHLD, &found_chld, NULL);
	sigprocmask(SIG_SETMASK, &found_mask, NULL);
	errno = saved;
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

int
supervise_reap(pid_t child)
{
	int status;

	if (waitpid(child, &status, WNOHANG | WUNTRACED) != child)
		return -1;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	/* The child was stopped (Ctrl-Z): the shell waits for us, so stop too. */
	kill(getpid(), SIGSTOP);
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
