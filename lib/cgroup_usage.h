/* cgroup_usage: what a cgroup has used, and whose limit killed in it.
 *
 * Read from memory.events, memory.peak, cpu.stat, pids.events and the like;
 * Documentation/admin-guide/cgroup-v2.rst of the kernel. */
#ifndef LONGSHORE_CGROUP_USAGE_H
#define LONGSHORE_CGROUP_USAGE_H

#include "cgroup.h"

/* -1: the kernel or a missing controller does not say. */
struct cgroup_usage {
	long long memory_peak; /* bytes; Linux 5.19 */
	long long cpu_usec, user_usec, system_usec;
	long long periods, throttled, throttled_usec; /* of cpu.max */
	long long pids_peak;                          /* Linux 6.6 */
	long long pids_refused;                       /* forks that failed at pids.max */
	long long oom_kills;                          /* processes killed, in cg and below */
	char *oom_cgroup; /* full path of the one whose limit did it; NULL: the machine's end */
	char *oom_limit;  /* its memory.max as the kernel shows it; NULL: it is gone */
};

/* Remember the out-of-memory counts above cg, which are other programs' too: only what
 * comes after this counts for cgroup_usage(). */
void cgroup_usage_begin(const struct cgroup *cg);

/* Read it all.  cg must still be there, and the cgroups below it too: a removed one
 * leaves its counts, but not its name. */
struct cgroup_usage cgroup_usage(const struct cgroup *cg);

#endif
