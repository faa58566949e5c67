#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "die.h"
#include "file_data.h"
#include "pack_entry.h"
#include "pack_xattrs.h"
#include "step.h"
#include "xattrs.h"

static struct ustar_entry
entry(const struct pack *p, enum ustar_type type, const char *path, const struct stat *st)
{
	struct ustar_entry e = {
		.type = type,
		.path = path,
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mtime = st->st_mtim,
	};

	if (p->latest >= 0 && e.mtime.tv_sec >= p->latest)
		e.mtime = (struct timespec){.tv_sec = p->latest};
	return e;
}

/* Markers are all alike: their owner, mode and time mean nothing. */
void
pack_marker(const struct pack *p, const struct pack_place *at, const char *name)
{
	struct ustar_entry e = {.type = USTAR_FILE};
	char *path = text("%s%s", at->path, name);

	e.path = path;
	ustar_header(&p->out, &e);
	free(path);
}

/* A second name of a file that is already in the layer. */
struct link {
	dev_t dev;
	ino_t ino;
	char *path;
};

static int
by_inode(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static bool
put_as_link(const struct pack *p, const char *path, const struct stat *st)
{
	static void *links; /* tsearch(3) tree */
	struct link *key = calloc(1, sizeof *key), *found;
	struct ustar_entry e = entry(p, USTAR_HARD_LINK, path, st);
	void **node;

	if (!key)
		die("out of memory");
	*key = (struct link){st->st_dev, st->st_ino, text("%s", path)};
	node = tsearch(key, &links, by_inode);
	if (!node)
		die("out of memory");
	found = *node;
	if (found == key)
		return false;
	e.link = found->path;
	ustar_header(&p->out, &e);
	free(key->path);
	free(key);
	return true;
}

/* Has anything happened to the file since st was taken?  ctime cannot be set back. */
static bool
has_changed(const struct stat *st, const struct stat *now)
{
	return st->st_dev != now->st_dev || st->st_ino != now->st_ino ||
	       st->st_size != now->st_size || st->st_ctim.tv_sec != now->st_ctim.tv_sec ||
	       st->st_ctim.tv_nsec != now->st_ctim.tv_nsec;
}

void
pack_check(int fd, const struct stat *st, const char *path)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		die_errno("stat %s", path);
	if (has_changed(st, &now))
		die("%s changed while it was read", *path ? path : ".");
}

/* Our reading should not show in the tree, where we may say so: O_NOATIME is the owner's
 * right; open(2). */
int
pack_open(int dirfd, const char *name, int flags, const char *path)
{
	int fd;

	flags |= O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	fd = openat(dirfd, name, flags | O_NOATIME);
	if (fd < 0 && errno == EPERM)
		fd = openat(dirfd, name, flags);
	if (fd < 0)
		die_errno("open %s", path);
	return fd;
}

static void
put_file(const struct pack *p, const struct pack_place *at, const char *name,
	 const struct stat *st, const char *path)
{
	int fd = pack_open(at->fd, name, 0, path);
	struct ustar_entry e = entry(p, USTAR_FILE, path, st);
	struct ustar_extent *extents, whole = {0, st->st_size};
	off_t stored = 0;

	pack_check(fd, st, path);
	pack_xattrs(&e, fd, NULL);
	e.size = e.type == USTAR_FILE ? st->st_size : 0;
	whole.length = e.size;
	if (e.size > 0 && file_data_extents(fd, st, path, &extents, &e.extent_count))
		e.extents = extents;
	ustar_header(&p->out, &e);
	for (size_t i = 0; i < (e.extents ? e.extent_count : 1); i++) {
		const struct ustar_extent *x = e.extents ? &extents[i] : &whole;

		file_data_copy(fd, x->offset, x->length, path, &p->out);
		stored += x->length;
	}
	ustar_pad(&p->out, stored);
	pack_check(fd, st, path);
	close(fd);
	if (e.extents)
		free(extents);
	xattrs_free((struct ustar_xattr *)e.xattrs, e.xattr_count);
}

static char *
read_link(const struct pack_place *at, const char *name, size_t size, const char *path)
{
	char *target = malloc(size + 2);
	ssize_t n = target ? readlinkat(at->fd, name, target, size + 1) : -1;

	if (n < 0)
		die_errno("read link %s", path);
	if (n != (ssize_t)size)
		die("%s changed while it was read", path);
	target[n] = '\0';
	return target;
}

/* What has no content to open: by name, in the directory held open. */
static void
put_special(const struct pack *p, const struct pack_place *at, const char *name,
	    const struct stat *st, const char *path)
{
	struct ustar_entry e = entry(p, USTAR_FIFO, path, st);
	char *via = text("/proc/self/fd/%d/%s", at->fd, name);

	switch (st->st_mode & S_IFMT) {
	case S_IFLNK:
		e.type = USTAR_SYMLINK;
		e.link = read_link(at, name, st->st_size, path);
		break;
	case S_IFCHR:
	case S_IFBLK:
		e.type = S_ISCHR(st->st_mode) ? USTAR_CHAR : USTAR_BLOCK;
		e.major = major(st->st_rdev);
		e.minor = minor(st->st_rdev);
	}
	pack_xattrs(&e, -1, via);
	ustar_header(&p->out, &e);
	xattrs_free((struct ustar_xattr *)e.xattrs, e.xattr_count);
	free((char *)e.link);
	free(via);
}

bool
pack_dir(const struct pack *p, const struct pack_place *at, const struct stat *st)
{
	struct ustar_entry e = entry(p, USTAR_DIR, *at->path ? at->path : "./", st);
	bool opaque = pack_xattrs(&e, at->fd, NULL);

	ustar_header(&p->out, &e);
	xattrs_free((struct ustar_xattr *)e.xattrs, e.xattr_count);
	return opaque;
}

void
pack_other(const struct pack *p, const struct pack_place *at, const char *name,
	   const struct stat *st)
{
	char *path = text("%s%s", at->path, name);

	if (S_ISSOCK(st->st_mode))
		warn("%s: a socket, left out: a layer cannot hold one", path);
	else if (st->st_nlink > 1 && put_as_link(p, path, st))
		;
	else if (S_ISREG(st->st_mode))
		put_file(p, at, name, st, path);
	else
		put_special(p, at, name, st, path);
	free(path);
}
