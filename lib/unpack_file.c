#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "die.h"
#include "overlay_marks.h"
#include "unpack.h"
#include "unpack_file.h"
#include "unpack_meta.h"
#include "unpack_xattr.h"

static int
create(struct unpack *u, struct dir *dir, const char *name, mode_t mode)
{
	/* O_EXCL: a new file, never what somebody has put there, symlinks included; hence
	 * also never a write into a file that has other names. */
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, fd;

	/* Where it may be open to others before chown(2), it is closed to them until then. */
	mode = u->plain ? mode & 0777 : 0600;
	fd = openat(dir->fd, name, flags, mode);
	if (fd < 0 && errno == EEXIST) {
		unpack_clear(u, dir, name);
		fd = openat(dir->fd, name, flags, mode);
	}
	if (fd < 0)
		unpack_die(u, "create");
	return fd;
}

/* close(2) is where NFS and FUSE report a full disk or quota. */
static void
finish(struct unpack *u, int fd)
{
	unpack_finish_file(u, fd);
	if (close(fd) < 0)
		unpack_die(u, "write");
}

static void
write_at(struct unpack *u, int fd, const void *buf, size_t n, int64_t at)
{
	while (n > 0) {
		ssize_t w = pwrite(fd, buf, n, at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			unpack_die(u, "write");
		buf = (const char *)buf + w;
		n -= w;
		at += w;
	}
}

/* What no piece of data covers stays a hole. */
static int64_t
write_data(struct unpack *u, int fd)
{
	const void *buf;
	int64_t at, end = 0;
	size_t n;
	int r;

	while ((r = tar_data(u->tar, &buf, &n, &at)) > 0) {
		if (at < end || (uint64_t)at + n > (uint64_t)u->entry->size)
			die("read %s: damaged sparse map", u->name.path);
		write_at(u, fd, buf, n, at);
		end = at + n;
	}
	if (r < 0)
		u->broken();
	return end;
}

void
unpack_file(struct unpack *u, struct dir *dir, const char *name)
{
	int fd = create(u, dir, name, u->entry->mode);
	int64_t size = u->entry->size;

	if (size > 0 && write_data(u, fd) < size && ftruncate(fd, size) < 0)
		unpack_die(u, "extend");
	finish(u, fd);
}

/* Data only where there is data: lseek(2), SEEK_DATA. */
static void
copy_data(struct unpack *u, int from, int to, off_t size)
{
	off_t at = 0, hole;

	while (at < size && (at = lseek(from, at, SEEK_DATA)) >= 0) {
		hole = lseek(from, at, SEEK_HOLE);
		if (hole < 0 || lseek(to, at, SEEK_SET) < 0)
			unpack_die(u, "copy");
		while (at < hole) {
			ssize_t n = copy_file_range(from, &at, to, NULL, hole - at, 0);

			if (n < 0)
				unpack_die(u, "copy");
			if (n == 0)
				return; /* it has become shorter meanwhile */
		}
	}
	if (at < 0 && errno != ENXIO) /* ENXIO: nothing but a hole up to the end */
		unpack_die(u, "copy");
}

/* The attributes of an open file as an entry would have them: overlayfs' own stay out,
 * and the escaped ones of an image's overlay get their names back. */
static void
read_xattrs(struct unpack *u, int fd, struct tar_entry *e)
{
	static char list[XATTR_LIST_MAX];
	ssize_t len = flistxattr(fd, list, sizeof list);

	e->xattrs = calloc(XATTR_LIST_MAX / 8, sizeof *e->xattrs);
	if (!e->xattrs)
		die("out of memory");
	for (char *p = list; len > 0 && p < list + len; p += strlen(p) + 1) {
		char *value = malloc(XATTR_SIZE_MAX);
		ssize_t n = value ? fgetxattr(fd, p, value, XATTR_SIZE_MAX) : -1;
		enum overlay_mark mark;

		if (n < 0)
			die_errno("read extended attribute %s of %s", p, u->name.path);
		mark = overlay_mark(p, value, n);
		if (mark == OVERLAY_MARK_NONE || mark == OVERLAY_MARK_ESCAPED ||
		    mark == OVERLAY_MARK_NESTED)
			e->xattrs[e->xattr_count++] = (struct tar_xattr){
				mark == OVERLAY_MARK_NONE ? p : overlay_unescape(p), value, n};
		else
			free(value);
	}
}

void
unpack_read_meta(struct unpack *u, int fd, struct tar_entry *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		unpack_die(u, "read the metadata for");
	e->mode = st.st_mode & 07777;
	e->uid = st.st_uid;
	e->gid = st.st_gid;
	e->size = st.st_size;
	e->mtime = st.st_mtim;
	read_xattrs(u, fd, e);
}

void
unpack_free_meta(struct tar_entry *e)
{
	for (size_t i = 0; i < e->xattr_count; i++)
		free((void *)e->xattrs[i].value);
	free(e->xattrs);
}

void
unpack_copy(struct unpack *u, struct dir *dir, const char *name, int from_dir, const char *from)
{
	struct tar_entry copy = {.type = TAR_FILE}, *entry = u->entry;
	/* O_NONBLOCK: should it be a FIFO by now, this does not wait for a writer. */
	int in = openat(from_dir, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), out;
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		unpack_die(u, "open the target of link");
	if (!S_ISREG(st.st_mode))
		die("link %s: only regular files can be copied", u->name.path);
	unpack_read_meta(u, in, &copy);
	u->entry = &copy;
	out = create(u, dir, name, copy.mode);
	if (ftruncate(out, st.st_size) < 0)
		unpack_die(u, "extend");
	copy_data(u, in, out, st.st_size);
	finish(u, out);
	close(in);
	unpack_free_meta(&copy);
	u->entry = entry;
}
