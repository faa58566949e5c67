/* pack_xattrs: which of a file's extended attributes go into a layer.  Used by pack_entry. */
#ifndef LONGSHORE_PACK_XATTRS_H
#define LONGSHORE_PACK_XATTRS_H

#include <stdbool.h>

#include "ustar.h"

/* Read the attributes of fd, or of path where fd is -1, into e, without overlayfs's own
 * and the host's.  A file that is a nested whiteout becomes the device it stands for.
 * True when the directory is opaque.  Dies on what no layer can say. */
bool pack_xattrs(struct ustar_entry *e, int fd, const char *path);

#endif
