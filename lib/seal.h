/* seal: nothing of ours must reach the container: not our binary, not our memory, not
 * our descriptors, not a working directory outside. */
#ifndef LONGSHORE_SEAL_H
#define LONGSHORE_SEAL_H

#include <stdbool.h>

/* Run from a sealed copy in memory, where the binary could be written to: a program in
 * the container that is "/proc/self/exe" runs *us*, and somebody beside it may then open
 * our file for writing (CVE-2019-5736).  Returns when that is so already; else executes
 * argv again.  Dies on failure. */
void seal_binary(char **argv);

/* A session keyring of its own: ours may hold keys of the caller; keyrings(7). */
void seal_keyring(void);

/* Until execve(2) no process of the container may look into /proc/PID of ours. */
void seal_memory(void);

/* Descriptors from first up do not survive the exec. */
void seal_descriptors(unsigned first);

/* Enter the working directory, NULL: stay, and refuse one that is outside the root.  In a
 * root that others may have prepared, /proc's magic links are not followed. */
void seal_workdir(const char *dir, bool hostile);

#endif
