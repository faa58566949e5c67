/* cgroup_controller: hand a controller (memory, pids, cpu, io, ...) down to a cgroup, or
 * say who keeps it.  cgroups(7), "Cgroups v2 controllers". */
#ifndef LONGSHORE_CGROUP_CONTROLLER_H
#define LONGSHORE_CGROUP_CONTROLLER_H

#include <stdbool.h>

#include "cgroup.h"

/* Turn a controller on in every cgroup from the mount down to cg's parent, where it is
 * not on yet.  Not undone: another's cgroup may count on it by now, and turning it off
 * would silently drop that one's limits.
 *
 * cg's parent may not hold processes then.  If the caller is the only one there, it goes
 * into refuge (made if need be) and this is undone too; refuge NULL: it stays.
 * Dies, naming who holds the controller or what is in the way. */
void cgroup_enable(const struct cgroup *cg, const char *controller,
		   const struct cgroup *refuge);

/* Whether a controller can be handed down to cg: the mount offers it. */
bool cgroup_offers(const struct cgroup *cg, const char *controller);

/* Die, with who holds it, where the mount does not offer it; under -n only tell: the
 * script teaches all the same. */
void cgroup_check_offered(const struct cgroup *cg, const char *controller);

/* Who has a controller that cgroup2 lacks: "cgroup v1 holds it at /sys/fs/cgroup/memory".
 * Allocated; *fix gets the way out, for a hint. */
char *cgroup_holder(const struct cgroup *cg, const char *controller, const char **fix);

#endif
