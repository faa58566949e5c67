/* ustar: write a layer's bytes, entry by entry; pure, the caller says where they go.
 *
 * The format is ustar with pax records (pax(1), "pax Interchange Format"): each entry
 * is a 512-byte header, then its data padded to 512 bytes.  What ustar's fields cannot
 * hold (long names, big ids and sizes, fractions of a second, extended attributes)
 * goes into an entry of type x before it, as records "LENGTH KEY=VALUE\n", where LENGTH
 * counts itself.  Keys come in one fixed order: the same entry, the same bytes.
 * Two zero blocks end the archive.  Used by layer-pack. */
#ifndef LONGSHORE_USTAR_H
#define LONGSHORE_USTAR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum ustar_type {
	USTAR_FILE = '0',
	USTAR_HARD_LINK = '1',
	USTAR_SYMLINK = '2',
	USTAR_CHAR = '3',
	USTAR_BLOCK = '4',
	USTAR_DIR = '5',
	USTAR_FIFO = '6',
};

struct ustar_xattr {
	char *name;
	char *value;
	size_t size;
};

/* One stretch of a sparse file that holds data. */
struct ustar_extent {
	off_t offset, length;
};

struct ustar_entry {
	enum ustar_type type;
	const char *path;         /* directories end in a slash */
	const char *link;         /* of links; else NULL */
	mode_t mode;              /* permission bits */
	uint64_t uid, gid;
	struct timespec mtime;
	off_t size;               /* of files, else 0 */
	unsigned major, minor;    /* of devices */
	const struct ustar_xattr *xattrs; /* in the order they are to be written */
	size_t xattr_count;
	const struct ustar_extent *extents; /* NULL: not sparse */
	size_t extent_count;
};

/* Where the bytes go.  put() takes them all or dies. */
struct ustar_sink {
	void (*put)(void *arg, const void *data, size_t n);
	void *arg;
};

/* Write everything of an entry that comes before its data.  Of a sparse file the
 * data are its extents, one after the other. */
void ustar_header(const struct ustar_sink *to, const struct ustar_entry *e);

/* Zeros up to the next block, behind n bytes of data. */
void ustar_pad(const struct ustar_sink *to, off_t n);

/* The end of the archive. */
void ustar_end(const struct ustar_sink *to);

#endif
