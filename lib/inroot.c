#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inroot.h"
#include "syscalls.h"

enum { LINKS_MAX = 40 }; /* as in path_resolution(7) */

static int
open_with(int root, const char *path, uint64_t flags, uint64_t resolve)
{
	struct sys_open_how how = {
		.flags = O_PATH | O_CLOEXEC | flags,
		.resolve = SYS_RESOLVE_IN_ROOT | SYS_RESOLVE_NO_MAGICLINKS | resolve,
	};

	return sys_openat2(root, path, &how);
}

int
inroot_open(int root, const char *path)
{
	return open_with(root, path, 0, 0);
}

int
inroot_open_plain(int root, const char *path)
{
	return open_with(root, path, 0, SYS_RESOLVE_NO_SYMLINKS);
}

/* Put the target of the symlink that path[0..end) names in its place: an absolute one
 * replaces the whole, a relative one the last component. */
static int
follow(int dir, const char *name, char *path, size_t start, size_t end)
{
	char link[PATH_MAX], whole[PATH_MAX];
	ssize_t n = readlinkat(dir, name, link, sizeof link - 1);

	if (n < 0)
		return -1;
	link[n] = '\0';
	if (snprintf(whole, sizeof whole, "%.*s%s%s", link[0] == '/' ? 0 : (int)start, path,
		     link, path + end) >= (int)sizeof whole) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(path, whole);
	return 0;
}

/* Make the one component path[start..end) in its parent, which exists.  1: made;
 * 0: a symlink was there and path is now what it points to; -1 with errno. */
static int
make_component(int root, char *path, size_t start, size_t end, bool directory)
{
	char parent[PATH_MAX], name[NAME_MAX + 1];
	int dir, fd, r;

	if (end - start > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(parent, sizeof parent, "%.*s", (int)start, path);
	snprintf(name, sizeof name, "%.*s", (int)(end - start), path + start);
	dir = open_with(root, start ? parent : ".", O_DIRECTORY, 0);
	if (dir < 0)
		return -1;
	if (directory) {
		r = mkdirat(dir, name, 0755);
	} else {
		fd = openat(dir, name, O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		r = fd < 0 ? -1 : close(fd);
	}
	if (r == 0)
		r = 1;
	else if (errno == EEXIST)
		r = follow(dir, name, path, start, end);
	close(dir);
	return r;
}

/* The walk restarts at the root after each change: a few more calls on the rare first
 * use of an image, none at all when everything is there. */
static int
make_missing(int root, char *path, bool directory)
{
	size_t start, end = 0;

	for (;;) {
		char prefix[PATH_MAX];
		bool last;
		int fd;

		start = end + strspn(path + end, "/");
		end = start + strcspn(path + start, "/");
		if (start == end)
			return 1;
		last = path[end + strspn(path + end, "/")] == '\0';
		snprintf(prefix, sizeof prefix, "%.*s", (int)end, path);
		fd = inroot_open(root, prefix);
		if (fd >= 0) {
			close(fd);
			continue;
		}
		if (errno != ENOENT)
			return -1;
		return make_component(root, path, start, end, !last || directory);
	}
}

int
inroot_target(int root, const char *path, bool directory)
{
	char work[PATH_MAX];
	int links = 0, fd;
	struct stat st;

	if (strlen(path) >= sizeof work) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(work, *path ? path : "/");
	while ((fd = inroot_open(root, work)) < 0) {
		int made = errno == ENOENT ? make_missing(root, work, directory) : -1;

		if (made < 0)
			return -1;
		if (made == 0 && ++links > LINKS_MAX) {
			errno = ELOOP;
			return -1;
		}
	}
	if (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode) == !directory)
		return fd;
	close(fd);
	errno = directory ? ENOTDIR : EISDIR;
	return -1;
}
