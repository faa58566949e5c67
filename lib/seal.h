/* seal: nothing of ours must reach the container: not our memory, not our descriptors, not
 * a working directory outside.  Our binary: own_exe.h. */
#ifndef LONGSHORE_SEAL_H
#define LONGSHORE_SEAL_H

#include <stdbool.h>

/* A session keyring of its own: ours may hold keys of the caller; keyrings(7). */
void seal_keyring(void);

/* Until execve(2) no process of the container may look into /proc/PID of ours. */
void seal_memory(void);

/* Descriptors from first up do not survive an exec: marked so, as some are still in use,
 * or closed now.  A mark works only once the exec can no longer fail, and that is after
 * PROGRAM has been looked up: "/proc/self/fd/7/bin/sh" is found through a directory that
 * is merely marked (CVE-2024-21626, attack 4). */
void seal_descriptors(unsigned first, bool now);

/* Enter the working directory, NULL: stay, and refuse one that is outside the root.  In a
 * root that others may have prepared, /proc's magic links are not followed. */
void seal_workdir(const char *dir, bool hostile);

#endif
