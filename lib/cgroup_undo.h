/* cgroup_undo: what a step on cgroups takes back when it fails, the newest act first.
 * One entry of the general list (undo.h) stands for all of them: that list is short. */
#ifndef LONGSHORE_CGROUP_UNDO_H
#define LONGSHORE_CGROUP_UNDO_H

#include <stdbool.h>

/* Have the undo write value to file; value NULL: rmdir file.  Both stay the caller's and
 * must last. */
void cgroup_remember(const char *file, const char *value);

/* Whether the undo will rmdir path: this process made it. */
bool cgroup_will_unmake(const char *path);

#endif
