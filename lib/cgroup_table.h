/* cgroup_table: a cgroup's limits and usage, for people. */
#ifndef LONGSHORE_CGROUP_TABLE_H
#define LONGSHORE_CGROUP_TABLE_H

#include "cgroup.h"

/* Print one of its files to stdout, as it is.  Dies where there is none, naming the
 * controller that is off and who has it. */
void cgroup_print_file(const struct cgroup *cg, const char *file);

/* Print a table to stdout: a line per resource whose controller is on, with limit,
 * current and peak usage, pressure (the share of the last 10 s in which something had to
 * wait; PSI), and events. */
void cgroup_table(const struct cgroup *cg);

#endif
