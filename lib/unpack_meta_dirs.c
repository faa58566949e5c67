#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "lower.h"
#include "unpack.h"
#include "unpack_meta.h"
#include "unpack_xattr.h"

struct dir_meta {
	char *path;
	dev_t dev;
	ino_t ino;
	bool noted; /* mtime is set */
	bool whole; /* all of it, from an entry; else mtime alone */
	bool found; /* existed before: what the entry does not say is to go */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct timespec mtime;
	struct tar_xattr *xattrs;
	size_t xattr_count;
};

/* The directory's record, found or made. */
static struct dir_meta *
record(struct unpack *u, const struct dir *dir, const char *path, size_t len)
{
	uint64_t key = id_hash(u->secret, dir->dev, dir->ino, "");
	struct dir_meta *m;
	uint32_t i;

	if (id_set_get(&u->meta_of, key, &i))
		return &u->metas[i];
	if (u->meta_count == u->meta_cap) {
		u->meta_cap = u->meta_cap ? 2 * u->meta_cap : 256;
		u->metas = reallocarray(u->metas, u->meta_cap, sizeof *u->metas);
		if (!u->metas)
			die("out of memory");
	}
	id_set_put(&u->meta_of, key, u->meta_count);
	m = &u->metas[u->meta_count++];
	*m = (struct dir_meta){.path = strndup(path, len), .dev = dir->dev, .ino = dir->ino};
	if (!m->path)
		die("out of memory");
	return m;
}

static struct tar_xattr *
copy_xattrs(const struct tar_xattr *from, size_t count)
{
	struct tar_xattr *to = count ? calloc(count, sizeof *to) : NULL;

	if (count && !to)
		die("out of memory");
	for (size_t i = 0; i < count; i++) {
		char *value = malloc(from[i].size + 1);

		to[i].name = strdup(from[i].name);
		if (!to[i].name || !value)
			die("out of memory");
		to[i].value = memcpy(value, from[i].value, from[i].size);
		to[i].size = from[i].size;
	}
	return to;
}

void
unpack_note_dir(struct unpack *u, const struct dir *dir, const char *path)
{
	struct dir_meta *m = record(u, dir, path, strlen(path));
	const struct tar_entry *e = u->entry;

	m->noted = m->whole = true;
	m->found = !dir->own;
	m->mode = e->mode;
	m->mtime = e->mtime;
	unpack_owner(u, &m->uid, &m->gid);
	m->xattrs = copy_xattrs(e->xattrs, e->xattr_count);
	m->xattr_count = e->xattr_count;
}

void
unpack_touch(struct unpack *u, struct dir *dir, const char *path)
{
	struct dir_meta *m;

	if (dir->own || dir->touched)
		return;
	m = record(u, dir, path, dir->end);
	if (!m->noted)
		m->mtime = dir->mtime;
	m->noted = true;
	dir->touched = true;
}

void
unpack_implied(struct unpack *u, const struct dir *dir, const char *name, const char *path)
{
	if (u->keep_owner && !u->plain && fchownat(dir->fd, name, 0, 0, AT_SYMLINK_NOFOLLOW) < 0)
		unpack_chown_failed(u->name.path, 0, 0);
	unpack_own(u, dir, name);
	if (u->lower_count)
		lower_note_dir(u, dir, name, path);
}

/* "." of a descriptor is never a symlink. */
static void
finish_dir(struct unpack *u, const struct dir_meta *m, const struct dir *dir)
{
	struct timespec times[2] = {m->mtime, m->mtime};

	if (m->whole) {
		if (!unpack_owned(u, m->uid, m->gid) && fchownat(dir->fd, ".", m->uid, m->gid, 0) < 0)
			unpack_chown_failed(m->path, m->uid, m->gid);
		if (m->found)
			unpack_drop_xattrs(u, dir, ".", m->xattrs, m->xattr_count);
		unpack_xattrs(u, -1, dir, ".", m->xattrs, m->xattr_count);
	}
	if (utimensat(dir->fd, ".", times, 0) < 0)
		die_errno("set the time of %s", m->path);
	/* Last: an ordinary user's mode 000 shuts us out, too. */
	if (m->whole && fchmodat(dir->fd, ".", m->mode, 0) < 0)
		die_errno("chmod %s", m->path);
}

/* Backwards, which puts a directory behind all that is below it. */
static int
by_path_backwards(const void *a, const void *b)
{
	return strcmp(((const struct dir_meta *)b)->path, ((const struct dir_meta *)a)->path);
}

static void
free_meta(struct dir_meta *m)
{
	for (size_t i = 0; i < m->xattr_count; i++) {
		free((char *)m->xattrs[i].name);
		free((void *)m->xattrs[i].value);
	}
	free(m->xattrs);
	free(m->path);
}

void
unpack_finish_dirs(struct unpack *u)
{
	if (u->meta_count > 0)
		qsort(u->metas, u->meta_count, sizeof *u->metas, by_path_backwards);
	for (size_t i = 0; i < u->meta_count; i++) {
		struct dir_meta *m = &u->metas[i];
		struct dir *dir = dirs_open(&u->dirs, m->path, strlen(m->path), false);

		/* Gone, or another one of the same name: the layer has replaced it later. */
		if (dir && dir->dev == m->dev && dir->ino == m->ino)
			finish_dir(u, m, dir);
		free_meta(m);
	}
	free(u->metas);
	u->metas = NULL;
	id_set_free(&u->meta_of);
}
