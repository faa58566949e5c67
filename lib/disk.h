/* disk: the whole block device below a path, as the io controller wants it. */
#ifndef LONGSHORE_DISK_H
#define LONGSHORE_DISK_H

/* path is a device node, or any file or directory on the file system in question.
 * A partition is resolved to its disk: the kernel throttles whole request queues and
 * answers ENODEV for a partition.  Allocated "MAJOR:MINOR"; NULL after a warning that
 * says what the path lies on instead (tmpfs, overlay, a network).  Dies never. */
char *disk_of(const char *path);

#endif
