/* cgroup_controller: hand a controller (memory, pids, cpu, io, ...) down to a cgroup, or
 * say who keeps it.  cgroups(7), "Cgroups v2 controllers". */
#ifndef LONGSHORE_CGROUP_CONTROLLER_H
#define LONGSHORE_CGROUP_CONTROLLER_H

#include <stdbool.h>

#include "cgroup.h"

/* Turn a controller on in every cgroup from the mount down to cg's parent, where it is
 * not on yet.  Not undone: another's cgroup may count on it by now, and turning it off
 * would silently drop that one's limits.
 * move_first: when the only process in the way is the caller, move it into cg and retry.
 * Dies, naming who holds the controller or what is in the way. */
void cgroup_enable(const struct cgroup *cg, const char *controller, bool move_first);

/* Whether a controller can be handed down to cg: the mount offers it. */
bool cgroup_offers(const struct cgroup *cg, const char *controller);

/* Die, with who holds it, where the mount does not offer it; under -n only tell: the
 * script teaches all the same. */
void cgroup_check_offered(const struct cgroup *cg, const char *controller);

/* Who has a controller that cgroup2 lacks: "cgroup v1 holds it at /sys/fs/cgroup/memory".
 * Allocated; *fix gets the way out, for a hint. */
char *cgroup_holder(const struct cgroup *cg, const char *controller, const char **fix);

#endif
