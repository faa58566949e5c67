/* cgroup_report: how a program ended in its cgroup, for people and as JSON.  Pure. */
#ifndef LONGSHORE_CGROUP_REPORT_H
#define LONGSHORE_CGROUP_REPORT_H

#include "cgroup_usage.h"

/* One line: "status 137 (SIGKILL), out of memory: ...".  What is unknown is left out.
 * Allocated. */
char *cgroup_report_line(const struct cgroup_usage *u, int status);

/* One JSON object in one line; unknown numbers are null.  Allocated. */
char *cgroup_report_json(const struct cgroup *cg, const struct cgroup_usage *u, int status);

#endif
