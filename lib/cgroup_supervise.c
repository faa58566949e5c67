#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static int life = -1; /* gives a byte once the child born inside has come to life */

/* The child is born inside the cgroup: moving it there would cost a grace period of the
 * kernel's, tens of milliseconds on a busy machine.  Not where it would be born frozen,
 * which we could not tell from dead; nor where a seccomp filter hides clone3 (old
 * container engines answer ENOSYS): there it moves itself. */
static pid_t
start(const struct cgroup *cg, bool inside, char **program)
{
	int fd = cgroup_open(cg), ends[2] = {-1, -1};
	pid_t child;

	if (fd < 0)
		die_errno("open %s", cg->path);
	if (inside && pipe2(ends, O_CLOEXEC) < 0)
		die_errno("open a pipe");
	if (inside)
		step(STEP_NONE, "clone3 with CLONE_INTO_CGROUP: start %s inside; clone(2)",
		     *program);
	child = supervise_fork(inside ? fd : -1);
	if (child < 0 && errno == ENOSYS) {
		inside = false;
		child = supervise_fork(-1);
	}
	if (child < 0)
		cgroup_die_place(cg, "the new process");
	if (child == 0) {
		if (!inside)
			cgroup_move(cg, 0);
		else if (write(ends[1], "", 1) != 1)
			die_errno("write to a pipe");
		chain(program);
	}
	close(fd);
	close(ends[1]);
	life = ends[0];
	return child;
}

/* Whether a child that does nothing is killed as well. */
static bool
kills_the_newborn(const struct cgroup *cg)
{
	int fd = cgroup_open(cg);
	pid_t child = fd < 0 ? -1 : supervise_fork(fd);

	if (child == 0)
		_exit(0);
	return child > 0 && supervise_wait(child) == 128 + SIGKILL;
}

/* The kernel (since 6.14, and its stable branches) kills a child that is born inside a
 * cgroup where cgroup.kill was once used and its parent's was not: it takes the kill for
 * one that came while it was forking.  Everybody else's kill must not start PROGRAM again:
 * the out-of-memory killer's is counted, and anyone's with power over us does not strike
 * a second child.  (That one would hang in a frozen cgroup, so there nobody asks.) */
static bool
never_lived(const struct cgroup *cg, int status)
{
	char word;

	return status == 128 + SIGKILL && life >= 0 && read_all(life, &word, 1) != 1 &&
	       cgroup_usage(cg).oom_kills <= 0 && !cgroup_wait(cg, "frozen", 1, 0) &&
	       kills_the_newborn(cg);
}

/* Signals are taken and passed on from the first moment, whether the child lives yet or
 * not: a frozen one still obeys SIGKILL. */
static int
run_inside(const struct cgroup *cg, char **program)
{
	int status = supervise_wait(start(cg, !cgroup_wait(cg, "frozen", 1, 0), program));

	if (never_lived(cg, status))
		status = supervise_wait(start(cg, false, program));
	return status;
}

void
cgroup_supervise(const struct cgroup *cg, char **program)
{
	struct cgroup_usage usage;
	int status;

	if (step_dry)
		print_script(cg, program);
	cgroup_usage_begin(cg);
	status = run_inside(cg, program);
	usage = cgroup_usage(cg);
	/* Not quiet about a limit that struck: 137 or a failed fork(2) alone does not say
	 * whose it was. */
	if (usage.oom_kills > 0 || usage.pids_refused > 0)
		die_quiet = cgroup_supervise_terse = false;
	if (!cgroup_supervise_terse)
		warn("%s: %s", cg->name, cgroup_report_line(&usage, status));
	if (json && (fprintf(json, "%s\n", cgroup_report_json(cg, &usage, status)) < 0 ||
		     fclose(json) != 0))
		complain_errno("write the report");
	cgroup_remove(cg);
	undo_run(); /* the parents that we made, if nobody else is in them */
	exit(status);
}
