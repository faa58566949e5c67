#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "remove_tree.h"
#include "step.h"
#include "unpack.h"
#include "unpack_meta.h"
#include "unpack_overlay.h"
#include "unpack_whiteout.h"

/* Directories still to be swept, as paths, and the id_hash() of those that were. */
struct sweep {
	char **path;
	size_t count, cap;
	struct id_set swept;
};

static void
later(struct sweep *s, const char *parent, const char *name)
{
	if (s->count == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->path = reallocarray(s->path, s->cap, sizeof *s->path);
		if (!s->path)
			die("out of memory");
	}
	s->path[s->count++] = text("%s%s%s", parent, *parent && *name ? "/" : "", name);
}

/* Remove the lower layers' entries of one directory; what the layer has passed through
 * stays, to be swept in its turn. */
static void
sweep_one(struct unpack *u, struct sweep *s, const char *path)
{
	struct dir *dir = dirs_open(&u->dirs, path, strlen(path), false);
	struct dirent *d;
	struct stat st;
	DIR *list;
	int fd;

	if (!dir || dir->own)
		return;
	unpack_touch(u, dir, path);
	fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list = fd < 0 ? NULL : fdopendir(fd);
	if (!list)
		die_errno("list %s", *path ? path : "/");
	while ((errno = 0, d = readdir(list))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (!unpack_made(u, dir, d->d_name)) {
			unpack_clear(u, dir, d->d_name);
		} else if (fstatat(dir->fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			   S_ISDIR(st.st_mode)) {
			later(s, path, d->d_name);
		}
	}
	if (errno)
		die_errno("list %s", *path ? path : "/");
	closedir(list);
	id_set_put(&s->swept, id_hash(u->secret, dir->dev, dir->ino, ""), 0);
}

static void
sweep(struct unpack *u, const char *path, const char *name)
{
	struct sweep s = {0};

	for (later(&s, path, name); s.count > 0;) {
		char *next = s.path[--s.count];

		sweep_one(u, &s, next);
		free(next);
	}
	free(s.path);
	/* Not before all are done: what is below the layer's own counts as its own. */
	for (size_t i = 0; i < s.swept.cap; i++)
		if (s.swept.keys[i])
			id_set_put(&u->own, s.swept.keys[i], 0);
	id_set_free(&s.swept);
	dirs_reown(&u->dirs);
}

/* Overlay form: what the layer itself has under this name hides the lower one already,
 * unless both are directories, which would be merged. */
static void
keep_whiteout(struct unpack *u, struct dir *dir, const char *name)
{
	struct stat st;

	if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		unpack_put_whiteout(u, dir, name);
	else if (S_ISDIR(st.st_mode))
		unpack_set_opaque(u, dir, name);
}

void
unpack_whiteout(struct unpack *u)
{
	const char *name = u->name.name;
	/* Flat: where there is no directory, there is nothing to hide. */
	struct dir *dir = dirs_open(&u->dirs, u->name.path, u->name.parent_len, u->overlay);
	struct stat st;

	if (!dir)
		return;
	if (u->overlay) {
		keep_whiteout(u, dir, name);
	} else if (unpack_made(u, dir, name)) {
		if (!dir->own && fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(st.st_mode)) {
			char *parent = strndup(u->name.path, u->name.parent_len);

			if (!parent)
				die("out of memory");
			sweep(u, parent, name);
			free(parent);
		}
	} else {
		unpack_touch(u, dir, u->name.path);
		unpack_clear(u, dir, name);
	}
}

void
unpack_opaque(struct unpack *u)
{
	size_t len = u->name.parent_len;
	char *path = strndup(u->name.path, len), *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct dir *dir;
	struct stat st;

	/* Only a directory can be opaque: a symlink of a lower layer is not followed but
	 * gives way, as to an entry of the directory itself. */
	if (len > 0) {
		dir = dirs_open(&u->dirs, path, name == path ? 0 : (size_t)(slash - path), true);
		if (strcmp(name, "..") != 0 &&
		    fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode) &&
		    !unpack_made(u, dir, name))
			unpack_clear(u, dir, name);
	}
	dir = dirs_open(&u->dirs, path, len, true);
	if (u->overlay)
		unpack_set_opaque(u, dir, ".");
	else
		sweep(u, path, "");
	free(path);
}
