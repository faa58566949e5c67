#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps.h"
#include "die.h"
#include "init.h"
#include "io.h"
#include "step.h"
#include "supervise.h"
#include "syscalls.h"

static int delivered; /* the signal that init_forward() made good as SIGKILL */

/* The bit of a signal in a mask line of /proc/PID/status; proc(5). */
static bool
in_mask(const char *status, const char *key, int sig)
{
	const char *line = strstr(status, key);

	return line && strtoull(line + strlen(key), NULL, 16) >> (sig - 1) & 1;
}

/* Signals whose default action is not to end the process. */
static bool
ends_process(int sig)
{
	return sig != SIGCHLD && sig != SIGCONT && sig != SIGURG && sig != SIGWINCH &&
	       sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU && sig != SIGSTOP;
}

/* Inside sigwaitinfo(2) the signals waited for count as unblocked for that time. */
static bool
waits_for_signals(pid_t child)
{
	char *call = read_file_at(AT_FDCWD, text("/proc/%d/syscall", child));

	return !call || atoi(call) == SYS_rt_sigtimedwait;
}

/* Pid 1 stops for nothing but a SIGSTOP from outside, and init_stay() not by itself when
 * PROGRAM has stopped, as its parent would have to: without this Ctrl-Z would leave the
 * shell waiting for us. */
static void
stop(pid_t child, int sig, bool seen, const char *status)
{
	bool takes_it = in_mask(status, "\nSigBlk:\t", sig) || waits_for_signals(child);

	if (!seen)
		kill(child, sig);
	if (takes_it)
		kill(getpid(), SIGSTOP);
	else if (!in_mask(status, "\nSigCgt:\t", sig) && !in_mask(status, "\nSigIgn:\t", sig))
		kill(child, SIGSTOP); /* and supervise_reap() stops us */
}

void
init_forward(pid_t child, int sig, bool seen)
{
	char *status = read_file_at(AT_FDCWD, text("/proc/%d/status", child));

	if (status && (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)) {
		stop(child, sig, seen, status);
		return;
	}
	if (status && ends_process(sig) && !in_mask(status, "\nSigCgt:\t", sig) &&
	    !in_mask(status, "\nSigIgn:\t", sig) && !in_mask(status, "\nSigBlk:\t", sig) &&
	    !waits_for_signals(child)) {
		delivered = sig;
		sig = SIGKILL;
		seen = false;
	}
	if (!seen)
		kill(child, sig);
}

int
init_status(int status)
{
	return delivered && status == 128 + SIGKILL ? 128 + delivered : status;
}

/* Everybody that the kernel has made our child, the orphans of PROGRAM included. */
static void
kill_left_over(void)
{
	char *children, *path = text("/proc/self/task/%d/children", getpid());

	while (waitpid(-1, NULL, WNOHANG) >= 0) {
		children = read_file_at(AT_FDCWD, path);
		if (!children)
			return;
		for (char *p = strtok(children, " "); p; p = strtok(NULL, " "))
			kill(atoi(p), SIGKILL);
		free(children);
		waitpid(-1, NULL, 0);
	}
}

void
init_stay(bool pid_namespace)
{
	pid_t child;
	int status;

	if (!pid_namespace && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		die_errno("become the reaper of orphans");
	child = supervise_fork(-1);
	if (child == 0)
		return;
	/* This process stays in the container: all it needs is to send signals. */
	if (sys_close_range(3, ~0U, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die_errno("give up what init does not need");
	caps_set(UINT64_C(1) << CAP_KILL, 0);
	supervise_orphans = true;
	status = supervise_wait(child);
	/* The end of pid 1 kills the rest of its namespace; as a subreaper we do it. */
	if (!pid_namespace)
		kill_left_over();
	exit(status);
}
