/* xattrs: all extended attributes of one file, sorted by name; xattr(7).
 * Used by layer-pack. */
#ifndef LONGSHORE_XATTRS_H
#define LONGSHORE_XATTRS_H

#include <stddef.h>

#include "ustar.h"

/* Read them from fd; or, where fd is -1, from path without following a last symbolic
 * link.  *list is allocated, its count returned; -1 with errno.  A file system without
 * attributes has none. */
ssize_t xattrs_read(int fd, const char *path, struct ustar_xattr **list);

void xattrs_free(struct ustar_xattr *list, size_t count);

#endif
