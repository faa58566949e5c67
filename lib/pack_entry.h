/* pack_entry: one file of a directory becomes one entry of a layer.  The walk that
 * calls these is in layer-pack. */
#ifndef LONGSHORE_PACK_ENTRY_H
#define LONGSHORE_PACK_ENTRY_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "ustar.h"

/* Where the walk is: an open directory and its name in the layer, "" or "a/b/". */
struct pack_place {
	int fd;
	const char *path;
};

struct pack {
	struct ustar_sink out;
	time_t latest; /* no entry is newer; -1: as it is */
};

/* Open name in dirfd for reading, leaving its access time alone where that is allowed.
 * Never follows a link, never waits.  path is for the message.  Dies. */
int pack_open(int dirfd, const char *name, int flags, const char *path);

/* Die unless fd is still what st says it was when the walk saw it. */
void pack_check(int fd, const struct stat *st, const char *path);

/* Write a directory's own entry; true when overlayfs has marked it opaque. */
bool pack_dir(const struct pack *p, const struct pack_place *at, const struct stat *st);

/* Write the entry of anything else.  A second name of a file that is in the layer
 * already becomes a hard link; a socket only a warning. */
void pack_other(const struct pack *p, const struct pack_place *at, const char *name,
		const struct stat *st);

/* Write an empty file that is a whiteout or an opaque marker. */
void pack_marker(const struct pack *p, const struct pack_place *at, const char *name);

/* Does overlayfs take this file for a whiteout? */
bool pack_is_whiteout(const struct pack_place *at, const char *name, const struct stat *st);

#endif
