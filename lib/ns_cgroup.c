#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "cgroup.h"
#include "die.h"
#include "io.h"
#include "ns.h"
#include "step.h"

/* "0" is who writes, whatever pid that has where cgroup2 was mounted. */
void
ns_join_cgroup(const struct ns_set *set)
{
	struct cgroup cg, there;
	char *name, *own;

	/* Hosts with cgroup v1 alone have nothing to join. */
	if (!set->target || !set->target_all || !cgroup_top(&cg))
		return;
	name = cgroup_of(&cg, set->target);
	own = cgroup_of(&cg, 0);
	/* Of a process that is not there, ns_join() speaks. */
	if (!name && kill(set->target, 0) < 0 && errno == ESRCH)
		return;
	if (!name) {
		warn("the cgroup of process %d is out of sight: staying in our own", set->target);
		return;
	}
	if (own && !strcmp(own, name))
		return;
	there = cgroup_sibling(&cg, name);
	if (step(STEP_SAME, "echo 0 >%s || :", sh(text("%s/cgroup.procs", there.path))) &&
	    write_file_at(AT_FDCWD, text("%s/cgroup.procs", there.path), "0") < 0)
		warn_errno("enter the cgroup %s", there.path);
}
