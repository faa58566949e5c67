/* cgroup_end: kill what is in a cgroup, wait for it, freeze it, remove it.
 *
 * All waiting is on cgroup.events, which the kernel marks readable (POLLPRI) whenever it
 * changes: no polling interval, no race with short-lived processes. */
#ifndef LONGSHORE_CGROUP_END_H
#define LONGSHORE_CGROUP_END_H

#include <stdbool.h>

#include "cgroup.h"

/* Wait until KEY of cgroup.events is value ("populated" 0: no process in cg or below);
 * false after ms milliseconds, or at once with ENOENT when cg is gone. */
bool cgroup_wait(const struct cgroup *cg, const char *key, int value, int ms);

/* Kill everything in cg and below (cgroup.kill), and wait until it is empty.  Dies when
 * processes are still there after 30 s, naming one: it hangs in the kernel. */
void cgroup_kill(const struct cgroup *cg);

/* Kill, wait, and rmdir it and all below it, children first.  No error when it is not
 * there or goes meanwhile.  Dies when it can't. */
void cgroup_remove(const struct cgroup *cg);

/* Stop (or let go on) everything in cg and below, and wait until that is so. */
void cgroup_freeze(const struct cgroup *cg, bool freeze);

/* Die unless cg may be ended by hand: not the mount itself, not around ourselves or
 * pid 1, not a unit of systemd's, which is stopped by systemctl(1). */
void cgroup_guard(const struct cgroup *cg, const char *verb);

#endif
