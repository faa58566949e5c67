#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "die.h"
#include "lower.h"
#include "step.h"
#include "unpack.h"
#include "unpack_file.h"
#include "unpack_meta.h"

enum { LINKS_MAX = 40 }; /* as path_resolution(7) */

enum look { ABSENT, HIDDEN, FOUND };

static bool
is_opaque(int dir)
{
	char value = 0;

	return fchdir(dir) == 0 &&
	       ((getxattr(".", "trusted.overlay.opaque", &value, 1) == 1 && value == 'y') ||
		(getxattr(".", "user.overlay.opaque", &value, 1) == 1 && value == 'y'));
}

/* Walk path, which has no "..", in one layer.  HIDDEN: neither here nor to be looked for
 * further below; *opaque: not to be looked for further below at any rate.  On FOUND
 * *parent is a descriptor of the last component's directory. */
static enum look
look(int layer, const char *path, size_t parent_len, int *parent, bool *opaque)
{
	int dir = openat(layer, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), next;
	const char *p = path, *end = path + parent_len;
	struct stat st;

	*opaque = is_opaque(dir);
	for (; p < end; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");
		char *name = strndup(p, n);

		next = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		free(name);
		if (next < 0)
			break;
		close(dir);
		dir = next;
		*opaque |= is_opaque(dir);
		p += n;
	}
	/* ENOTDIR: a whiteout, or something else that is no directory any more. */
	if (p < end || fstatat(dir, path + parent_len + (parent_len > 0), &st, AT_SYMLINK_NOFOLLOW) < 0) {
		*opaque |= errno == ENOTDIR;
		close(dir);
		return *opaque ? HIDDEN : ABSENT;
	}
	*parent = dir;
	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0) ? HIDDEN : FOUND;
}

/* All of them, topmost first: the descriptor of path's directory, or -1. */
static int
look_below(struct unpack *u, const char *path, size_t parent_len)
{
	enum look found = ABSENT;
	int parent = -1;
	bool opaque;

	for (size_t i = u->lower_count; i-- > 0 && found == ABSENT;)
		found = look(u->lower[i], path, parent_len, &parent, &opaque);
	if (found != FOUND && parent >= 0) {
		close(parent);
		parent = -1;
	}
	return parent;
}

/* The text of the symlink path, in the layer itself or else below it; NULL: none. */
static char *
symlink_at(struct unpack *u, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t parent_len = slash ? (size_t)(slash - path) : 0;
	char target[PATH_MAX];
	int parent = -1;
	bool opaque;
	ssize_t n;

	if (look(u->root, path, parent_len, &parent, &opaque) == ABSENT)
		parent = look_below(u, path, parent_len);
	if (parent < 0)
		return NULL;
	n = readlinkat(parent, name, target, sizeof target - 1); /* EINVAL: no symlink */
	close(parent);
	return n < 0 ? NULL : text("%.*s", (int)n, target);
}

/* Take the last component from a path. */
static void
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	*(slash ? slash : path) = '\0';
}

/* As a chroot would, but in text: path without "..", and without symlinks on the way.
 * Allocated. */
static char *
follow(struct unpack *u, const char *path)
{
	char *done = text("%s", ""), *rest = text("%s", path), *target, *from;
	unsigned links = 0;

	for (char *p = rest; *p;) {
		size_t n = strcspn(p, "/"), len = strlen(done);

		if (n == 2 && strncmp(p, "..", 2) == 0) {
			go_up(done);
			p += n + (p[n] == '/');
			continue;
		}
		from = done;
		done = text("%s%s%.*s", from, len ? "/" : "", (int)n, p);
		free(from);
		p += n + (p[n] == '/');
		target = symlink_at(u, done);
		if (!target)
			continue;
		if (++links > LINKS_MAX) {
			errno = ELOOP;
			die_errno("follow %s", path);
		}
		go_up(done);
		if (*target == '/')
			*done = '\0';
		from = rest;
		rest = text("%s/%s", target + strspn(target, "/"), p);
		free(from);
		free(target);
		p = rest;
	}
	free(rest);
	return done;
}

/* The same for all but the last component, which stays. */
static void
follow_parent(struct unpack *u, struct entry_name *name)
{
	char *parent = text("%.*s", (int)name->parent_len, name->path);
	char *way = follow(u, parent), *whole = text("%s/%s", way, name->path + name->parent_len);

	entry_name_parse(name, whole);
	free(parent);
	free(way);
	free(whole);
}

void
lower_follow(struct unpack *u)
{
	if (u->name.parent_len > 0)
		follow_parent(u, &u->name);
}

bool
lower_copy(struct unpack *u, struct dir *dir, const char *name, const char *target)
{
	struct entry_name to = {0};
	int parent = -1;

	entry_name_parse(&to, target);
	follow_parent(u, &to);
	if (to.kind == ENTRY_PLAIN && strcmp(to.name, "..") != 0)
		parent = look_below(u, to.path, to.parent_len);
	if (parent >= 0) {
		unpack_clear(u, dir, name);
		unpack_copy(u, dir, name, parent, to.name);
		close(parent);
	}
	free(to.path);
	return parent >= 0;
}

/* Does the layer itself hide what is below path, a directory of its own? */
static bool
hidden_by_own(struct unpack *u, const char *path)
{
	size_t len = strlen(path);
	char *inside = text("%s%s.", path, len ? "/" : "");
	int parent = -1;
	bool opaque;

	look(u->root, inside, len, &parent, &opaque);
	free(inside);
	if (parent >= 0)
		close(parent);
	return opaque;
}

bool
lower_note_dir(struct unpack *u, const struct dir *dir, const char *name, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : *path ? path : ".";
	struct tar_entry as = {.type = TAR_DIR}, *entry = u->entry;
	struct dir made = {.fd = -1, .own = true};
	struct stat st;
	int parent = -1, fd = -1;

	if (!hidden_by_own(u, path))
		parent = look_below(u, *path ? path : ".", slash ? slash - path : 0);
	if (parent >= 0) {
		fd = openat(parent, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(parent);
	}
	if (fd < 0 || fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	made.dev = st.st_dev;
	made.ino = st.st_ino;
	unpack_read_meta(u, fd, &as);
	u->entry = &as;
	unpack_note_dir(u, &made, path);
	u->entry = entry;
	unpack_free_meta(&as);
	close(fd);
	return true;
}
