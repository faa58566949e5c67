#include <stdio.h>
#include <stdlib.h>

#include "chain.h"
#include "io.h"
#include "mounts.h"
#include "step.h"
#include "supervise.h"
#include "undo.h"

void
mounts_run(const char *path, char **program)
{
	int status;
	pid_t child;

	if (step_dry) {
		/* In a subshell, so that the undo follows whatever it does. */
		puts("set +e\n(\nset -e");
		chain_print(program);
		printf(")\nstatus=$?\numount %s\nexit $status\n", sh(path));
		close_stdout();
		exit(0);
	}
	child = supervise_fork(-1);
	if (child == 0)
		chain(program);
	status = supervise_wait(child);
	if (step(STEP_SAME, "umount %s", sh(path)))
		undo_run();
	exit(status);
}
