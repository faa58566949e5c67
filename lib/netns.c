#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "netns.h"

static char *
path_of(const char *name, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, NETNS_DIR "/%s", name);
	return out;
}

int
netns_dir(void)
{
	if (mkdir(NETNS_DIR, 0755) < 0 && errno != EEXIST)
		return -1;
	/* Sharing works only on a mount point (EINVAL otherwise): make it one first.
	 * Not MS_REC on this, the usual way: it would visit every namespace below. */
	if (mount("", NETNS_DIR, "none", MS_SHARED, NULL) == 0)
		return 0;
	if (errno != EINVAL ||
	    mount(NETNS_DIR, NETNS_DIR, "none", MS_BIND | MS_REC, NULL) < 0)
		return -1;
	return mount("", NETNS_DIR, "none", MS_SHARED | MS_REC, NULL);
}

int
netns_self(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

int
netns_open(const char *name)
{
	char path[PATH_MAX];
	struct statfs fs;
	int fd = open(path_of(name, path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

bool
netns_taken(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	return lstat(path_of(name, path), &st) == 0;
}

void
netns_each(void (*each)(const char *name, void *arg), void *arg)
{
	DIR *d = opendir(NETNS_DIR);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			each(e->d_name, arg);
	if (d)
		closedir(d);
}

int
netns_bind(const char *name)
{
	char path[PATH_MAX];
	int fd = open(path_of(name, path), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	int saved;

	if (fd < 0)
		return -1;
	close(fd);
	if (mount("/proc/self/ns/net", path, "none", MS_BIND, NULL) == 0)
		return 0;
	saved = errno;
	unlink(path);
	errno = saved;
	return -1;
}

int
netns_unbind(const char *name)
{
	char path[PATH_MAX];

	/* Detach rather than plain unmount: that fails with EBUSY while somebody has the
	 * file open.  EINVAL: no mount there, a file left by a killed process. */
	if (umount2(path_of(name, path), MNT_DETACH | UMOUNT_NOFOLLOW) < 0 &&
	    errno != EINVAL && errno != ENOENT)
		return -1;
	return unlink(path) < 0 && errno != ENOENT ? -1 : 0;
}
