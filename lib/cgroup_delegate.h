/* cgroup_delegate: give a part of the cgroup tree to a user; cgroups(7), "Cgroup
 * delegation". */
#ifndef LONGSHORE_CGROUP_DELEGATE_H
#define LONGSHORE_CGROUP_DELEGATE_H

#include "cgroup.h"

/* Hand cpu, cpuset, io, memory and pids down to cg, as far as there are, and chown its
 * directory and the files that the kernel lists, so that user (a name of passwd(5) or a
 * number) can make cgroups below it but not raise its limits.  Each act is a step. */
void cgroup_delegate(const struct cgroup *cg, const char *user);

#endif
