/* cgroup_make: create a cgroup, set its files, move processes in.  Each act is a step() with its undo; each dies with the reason that the
 * kernel's errno hides.  cgroups(7); Documentation/admin-guide/cgroup-v2.rst. */
#ifndef LONGSHORE_CGROUP_MAKE_H
#define LONGSHORE_CGROUP_MAKE_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"

/* mkdir what is missing of the path; true when something was.  Undone by rmdir, of what
 * was made only. */
bool cgroup_make(const struct cgroup *cg);

/* Write a value (in the kernel's form) to a file of cg.  Undone by writing what was
 * there before. */
void cgroup_set(const struct cgroup *cg, const char *file, const char *value);

/* Move process pid (0: the caller) into cg.  Undone by moving it back. */
void cgroup_move(const struct cgroup *cg, pid_t pid);

/* Die for a process that could not be put into cg, errno telling why: EBUSY is the rule
 * that inner cgroups hold no processes, EACCES the one that a move needs write access
 * to the common ancestor, ... */
_Noreturn void cgroup_die_place(const struct cgroup *cg, const char *what);

#endif
