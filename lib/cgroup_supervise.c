#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup_end.h"
#include "cgroup_make.h"
#include "cgroup_report.h"
#include "cgroup_supervise.h"
#include "cgroup_usage.h"
#include "chain.h"
#include "die.h"
#include "io.h"
#include "step.h"
#include "supervise.h"
#include "undo.h"

bool cgroup_supervise_terse;
static FILE *json;

void
cgroup_supervise_open(const char *file)
{
	if (!file || step_dry)
		return;
	json = strcmp(file, "-") ? fopen(file, "we") : stdout;
	if (!json)
		die_errno("open %s", file);
}

/* A script's form of the same: a subshell goes in, the outer shell stays. */
static _Noreturn void
print_script(const struct cgroup *cg, char **program)
{
	printf("set +e\n(\nset -e\n");
	cgroup_move(cg, 0);
	chain_print(program);
	printf(")\nstatus=$?\nset -e\n");
	cgroup_remove(cg);
	printf("exit $status\n");
	close_stdout();
	exit(0);
}

/* The kernel (since 6.14, and its stable branches) kills a child that is born inside a
 * cgroup where cgroup.kill was once used and its parent's was not: it takes the kill for
 * one that came while it was forking.  So the child says that it lives. */
static bool
is_alive(int from, pid_t child)
{
	siginfo_t end;
	char word;

	/* End of file instead: it is dying, and waitid(2) leaves it for supervise_wait(). */
	if (read_all(from, &word, 1) == 1 ||
	    waitid(P_PID, child, &end, WEXITED | WNOWAIT) < 0 || end.si_status != SIGKILL ||
	    end.si_code != CLD_KILLED)
		return true;
	waitpid(child, NULL, 0);
	return false;
}

/* The child is born inside the cgroup: moving it there would cost a grace period of the
 * kernel's, tens of milliseconds on a busy machine.  Where a seccomp filter hides clone3
 * (old container engines answer ENOSYS), it moves itself. */
static pid_t
start_inside(const struct cgroup *cg, char **program)
{
	int fd = cgroup_open(cg), life[2];
	bool born_inside = true;
	pid_t child;

	if (fd < 0)
		die_errno("open %s", cg->path);
	if (pipe2(life, O_CLOEXEC) < 0)
		die_errno("open a pipe");
	step(STEP_NONE, "clone3 with CLONE_INTO_CGROUP: start %s inside; clone(2)", *program);
	child = supervise_fork(fd);
	if (child != 0)
		close(life[1]);
	if ((child < 0 && errno == ENOSYS) || (child > 0 && !is_alive(life[0], child))) {
		born_inside = false;
		child = supervise_fork(-1);
	}
	if (child < 0)
		cgroup_die_place(cg, "the new process");
	if (child == 0) {
		if (!born_inside)
			cgroup_move(cg, 0);
		else if (write(life[1], "", 1) != 1)
			die_errno("write to a pipe");
		chain(program);
	}
	close(life[0]);
	return child;
}

void
cgroup_supervise(const struct cgroup *cg, char **program)
{
	struct cgroup_usage usage;
	int status;

	if (step_dry)
		print_script(cg, program);
	cgroup_usage_begin(cg);
	status = supervise_wait(start_inside(cg, program));
	usage = cgroup_usage(cg);
	/* Not quiet about a limit that struck: 137 or a failed fork(2) alone does not say
	 * whose it was. */
	if (usage.oom_kills > 0 || usage.pids_refused > 0)
		die_quiet = cgroup_supervise_terse = false;
	if (!cgroup_supervise_terse)
		warn("%s: %s", cg->name, cgroup_report_line(&usage, status));
	if (json && (fprintf(json, "%s\n", cgroup_report_json(cg, &usage, status)) < 0 ||
		     fclose(json) != 0))
		warn_errno("write the report");
	cgroup_remove(cg);
	undo_run(); /* the parents that we made, if nobody else is in them */
	exit(status);
}
