/* landlock: PROGRAM may reach only the files below the paths named; landlock(7).  Unlike
 * mounts it needs no privilege, and unlike permissions root obeys it too. */
#ifndef LONGSHORE_LANDLOCK_H
#define LONGSHORE_LANDLOCK_H

#include <stdbool.h>

/* Remember a path, as PROGRAM sees it; -1 when there are too many. */
int landlock_add(const char *path, bool writable);

/* Restrict this process and what it starts to the remembered paths, if there are any.
 * After this no mount can be made.  Dies on failure, also where the kernel lacks it. */
void landlock_apply(void);

#endif
