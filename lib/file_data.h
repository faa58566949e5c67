/* file_data: a file's content for an archive, holes found; lseek(2), SEEK_DATA.
 * Used by layer-pack. */
#ifndef LONGSHORE_FILE_DATA_H
#define LONGSHORE_FILE_DATA_H

#include <stdbool.h>
#include <sys/stat.h>

#include "ustar.h"

/* The extents that hold data, when the file has holes worth keeping: true, *list
 * allocated.  False: take it as a plain file.  Dies when the file cannot be read;
 * name is for the message. */
bool file_data_extents(int fd, const struct stat *st, const char *name,
		       struct ustar_extent **list, size_t *count);

/* Copy length bytes from offset on.  Dies when they are not there (any more). */
void file_data_copy(int fd, off_t offset, off_t length, const char *name,
		    const struct ustar_sink *to);

#endif
