/* cgroup_value: what people write ("50%", "1.5", "128MiB", "/var:rbps=1M") as what the
 * kernel's cgroup files take.  Pure, but for the disk lookup that the caller passes in.
 *
 * A value that the kernel understands by itself ("128M", "max") stays as it was written.
 * Documentation/admin-guide/cgroup-v2.rst of the kernel, "Interface Files". */
#ifndef LONGSHORE_CGROUP_VALUE_H
#define LONGSHORE_CGROUP_VALUE_H

#include <stdbool.h>

/* Finds the whole disk below a path: allocated "MAJOR:MINOR", or NULL (it has told). */
typedef char *cgroup_disk_fn(const char *path);

/* The value for FILE, allocated.  NULL when it can be none: *why then says what the
 * file takes, to go behind "FILE=VALUE: ". */
char *cgroup_value(const char *file, const char *value, cgroup_disk_fn *disk,
		   const char **why);

/* The controller that must be on for FILE to exist, "memory" for memory.max: allocated.
 * NULL for a file that every cgroup has (cgroup.*, *.pressure, cpu.stat). */
char *cgroup_controller_of(const char *file);

/* Bytes as people write them: 134217728 is "128M", 1000 is "1000", 1536 "1.5K".
 * Allocated. */
char *cgroup_human(unsigned long long bytes);

#endif
