/* unpack_meta: owner, mode, times; at once for files, at the very end for directories.
 *
 * A directory's mtime changes with each entry made in it, and a read-only one would lock
 * its unprivileged owner out; so directories are finished last, innermost first.  One
 * that is only passed through gets back the mtime that it had.
 *
 * unpack_meta.c is for files, unpack_meta_dirs.c for directories. */
#ifndef LONGSHORE_UNPACK_META_H
#define LONGSHORE_UNPACK_META_H

#include <stdbool.h>
#include <sys/types.h>

struct dir;
struct unpack;

/* The owner that the entry gets; dies when it is none that a file could have. */
void unpack_owner(struct unpack *u, uid_t *uid, gid_t *gid);

/* Is it what a new file has anyhow?  In a directory of our own making that is 0:0. */
bool unpack_owned(const struct unpack *u, uid_t uid, gid_t gid);

/* Die of a chown(2) that failed with errno, with the hint that goes with it. */
_Noreturn void unpack_chown_failed(const char *path, uid_t uid, gid_t gid);

/* Finish an open regular file that holds its data. */
void unpack_finish_file(struct unpack *u, int fd);

/* The same for name in dir: a symlink, device or FIFO, never followed. */
void unpack_finish_special(struct unpack *u, const struct dir *dir, const char *name);

/* Note what the entry at hand says about its directory, whose path is path. */
void unpack_note_dir(struct unpack *u, const struct dir *dir, const char *path);

/* Something is about to change in dir, whose path path begins with: note its mtime, unless
 * it is noted already. */
void unpack_touch(struct unpack *u, struct dir *dir, const char *path);

/* The directory path, name in dir, has been made as the parent of an entry. */
void unpack_implied(struct unpack *u, const struct dir *dir, const char *name,
		    const char *path);

/* Finish all directories that were noted. */
void unpack_finish_dirs(struct unpack *u);

#endif
