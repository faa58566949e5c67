/* cgroup_supervise: run a program in a cgroup, report how it ended, remove the cgroup. */
#ifndef LONGSHORE_CGROUP_SUPERVISE_H
#define LONGSHORE_CGROUP_SUPERVISE_H

#include <stdbool.h>

#include "cgroup.h"

/* No report of a run that no limit has struck. */
extern bool cgroup_supervise_terse;

/* Where the report goes as JSON: a file that is made now, so that a wrong path fails
 * before anything is done; "-" is stdout, NULL nowhere.  Dies. */
void cgroup_supervise_open(const char *json);

/* Start program inside cg, stay outside, forward signals, wait.  Then one line on stderr
 * (when terse or under -q only if a limit has struck), the JSON, and cg is removed with whatever
 * is left in it, and what the undo list has.  Exits with program's status.
 * Under -n: prints the script that does the same. */
_Noreturn void cgroup_supervise(const struct cgroup *cg, char **program);

#endif
