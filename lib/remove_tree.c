#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "remove_tree.h"

/* The directories above the one being emptied, outermost first. */
struct level {
	dev_t dev;
	ino_t ino;
	char *name; /* of the directory, in the one above */
};

struct climb {
	struct level *level;
	size_t depth, cap;
	int fd; /* of the innermost */
};

/* Only its owner may list a directory of mode 000, and after chmod alone.  Its name may
 * be a symlink by now, and "." cannot be looked up in it; its descriptor's magic link
 * can be, and leads to nothing else; proc_pid_fd(5). */
static int
open_closed(int dirfd, const char *name)
{
	int path_fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), fd = -1;
	char link[40];

	snprintf(link, sizeof link, "/proc/self/fd/%d", path_fd);
	if (path_fd >= 0 && chmod(link, S_IRWXU) == 0)
		fd = openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (path_fd >= 0)
		close(path_fd);
	return fd;
}

/* Descend into name; the directory above is closed: ".." leads back. */
static int
descend(struct climb *c, const char *name)
{
	int fd = openat(c->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == EACCES)
		fd = open_closed(c->fd, name);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0) {
		close(fd);
		return -1;
	}
	/* Emptying it needs write permission, which an ordinary owner can give himself. */
	if ((st.st_mode & S_IRWXU) != S_IRWXU)
		fchmod(fd, S_IRWXU);
	if (c->depth == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 64;
		c->level = reallocarray(c->level, c->cap, sizeof *c->level);
		if (!c->level)
			die("out of memory");
	}
	c->level[c->depth].dev = st.st_dev;
	c->level[c->depth].ino = st.st_ino;
	c->level[c->depth].name = strdup(name);
	if (!c->level[c->depth++].name)
		die("out of memory");
	if (c->depth > 1)
		close(c->fd);
	c->fd = fd;
	return 0;
}

/* Back to the directory above, if ".." is still it, and remove the emptied one. */
static int
ascend(struct climb *c)
{
	struct level *left = &c->level[c->depth - 1], *up = left - 1;
	int fd = openat(c->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	close(c->fd);
	c->fd = fd;
	c->depth--;
	if (fstat(fd, &st) < 0)
		return -1;
	if (st.st_dev != up->dev || st.st_ino != up->ino) {
		errno = EXDEV; /* somebody has moved the directory elsewhere */
		return -1;
	}
	if (unlinkat(fd, left->name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -1;
	free(left->name);
	return 0;
}

/* Unlink all that is no directory with contents: 1 when such a one was met and entered,
 * 0 when the directory is empty now. */
static int
empty(struct climb *c)
{
	int copy = openat(c->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *d;

	if (!dir)
		return -1;
	while (r == 0 && (errno = 0, d = readdir(dir))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (unlinkat(c->fd, d->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			r = -1;
		else if (unlinkat(c->fd, d->d_name, AT_REMOVEDIR) < 0)
			r = errno == ENOTEMPTY && descend(c, d->d_name) == 0 ? 1 : -1;
	}
	if (r == 0 && errno)
		r = -1;
	copy = errno;
	closedir(dir);
	errno = copy;
	return r;
}

int
remove_tree(int dirfd, const char *name)
{
	struct climb c = {.fd = dirfd};
	int r, saved;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if ((errno != ENOTEMPTY && errno != EEXIST) || descend(&c, name) < 0)
		return -1;
	for (;;) {
		r = empty(&c);
		if (r == 0 && c.depth > 1)
			r = ascend(&c) < 0 ? -1 : 1;
		if (r <= 0)
			break;
	}
	saved = errno;
	close(c.fd);
	while (c.depth > 0)
		free(c.level[--c.depth].name);
	free(c.level);
	errno = saved;
	return r < 0 ? -1 : unlinkat(dirfd, name, AT_REMOVEDIR);
}
