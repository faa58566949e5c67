/* tar_reader: the entries of a tar stream, as plain structs.
 *
 * libarchive knows the formats (v7, ustar, PAX, GNU long names, every form of sparse
 * file); this hides the rest of it.  Names are bytes: nothing is converted to any
 * character set.  It stops at the end-of-archive marker and cannot tell a tar that was
 * cut between two entries from a whole one; only a digest of all bytes can.  tar(5) */
#ifndef LONGSHORE_TAR_READER_H
#define LONGSHORE_TAR_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct tar_reader;

enum tar_type {
	TAR_FILE,
	TAR_DIR,
	TAR_SYMLINK,
	TAR_HARDLINK,
	TAR_CHAR,
	TAR_BLOCK,
	TAR_FIFO,
};

struct tar_entry {
	enum tar_type type;
	const char *path; /* as the archive has it; never NULL, may be "" */
	const char *link; /* TAR_SYMLINK's text, TAR_HARDLINK's target; never NULL */
	mode_t mode;      /* 07777 */
	int64_t uid, gid; /* not checked: the archive may say anything */
	int64_t size;     /* of a file, holes counted; a hard link may carry data too */
	struct timespec mtime;
	unsigned major, minor;
	struct tar_xattr *xattrs; /* xattr_count of them */
	size_t xattr_count;
};

struct tar_xattr {
	const char *name;
	const void *value;
	size_t size;
};

/* The next piece of the plain tar: its size, *buf valid until the next call; 0 at the
 * end; -1 on failure. */
typedef ssize_t tar_source(void *arg, const void **buf);

/* Read a tar from source(arg).  Allocated; dies when memory is short. */
struct tar_reader *tar_open(tar_source *source, void *arg);

/* The next entry: 1; 0 behind the last; -1 on failure.  What *entry points to is valid
 * until the next call.  Unread data of the entry before is skipped. */
int tar_next(struct tar_reader *t, struct tar_entry *entry);

/* The next piece of the entry's data and its offset in the file: 1; 0 behind the last
 * piece; -1 on failure.  Gaps between pieces, and up to the entry's size, are holes. */
int tar_data(struct tar_reader *t, const void **buf, size_t *n, int64_t *offset);

/* What went wrong. */
const char *tar_error(const struct tar_reader *t);

void tar_close(struct tar_reader *t);

#endif
