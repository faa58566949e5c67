/* unpack_file: regular files with their holes, and the copies that stand in for links. */
#ifndef LONGSHORE_UNPACK_FILE_H
#define LONGSHORE_UNPACK_FILE_H

struct dir;
struct unpack;

/* Make name in dir from the entry at hand and its data. */
void unpack_file(struct unpack *u, struct dir *dir, const char *name);

/* Make name in dir a copy of `from` in from_dir, metadata included: a regular file, or
 * what mknod(2) and symlink(2) make.  For links that cannot be. */
void unpack_copy(struct unpack *u, struct dir *dir, const char *name, int from_dir,
		 const char *from);

/* Make *e say what an open file or directory is: mode, owner, size, mtime, attributes; the
 * latter are allocated, and valid until the next call. */
struct tar_entry;
void unpack_read_meta(struct unpack *u, int fd, struct tar_entry *e);
void unpack_free_meta(struct tar_entry *e);

#endif
