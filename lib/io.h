/* io: the few reads and writes that must not be half done. */
#ifndef LONGSHORE_IO_H
#define LONGSHORE_IO_H

#include <stddef.h>
#include <sys/types.h>

/* Write all n bytes; 0, or -1 with errno.  EINTR and short writes are retried. */
int write_all(int fd, const void *buf, size_t n);

/* Read until n bytes or end of file; the count, or -1 with errno. */
ssize_t read_all(int fd, void *buf, size_t n);

/* Write a short text to an existing file, in ONE write(2): kernel files (uid_map,
 * memory.max, sysctls) take a value only whole.  path is relative to dirfd.
 * 0, or -1 with errno.  O_NOFOLLOW on the last component. */
int write_file_at(int dirfd, const char *path, const char *value);

/* Read a small file whole as a string, without its last newline.  Allocated.
 * NULL with errno; EFBIG when it is larger than 1 MiB. */
char *read_file_at(int dirfd, const char *path);

/* Flush stdout; dies when what was printed did not arrive.  For what is printed before
 * another program writes to the same place, and for each line of a -n script: a script
 * that a full disk cut off must not look whole. */
void flush_stdout(void);

/* Flush and close stdout; dies when what was printed did not arrive (full disk,
 * closed pipe).  A data tool's last act: return 0 is a promise that data is out. */
void close_stdout(void);

#endif
