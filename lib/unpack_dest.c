#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "remove_tree.h"
#include "step.h"
#include "undo.h"
#include "unpack_dest.h"

static struct {
	const char *path; /* as given */
	int parent;
	const char *name; /* last component, the final one */
	char temp[NAME_MAX + 1];
	bool published;
} dest = {.parent = -1};

/* Half a root file system must not be taken for a whole. */
static void
say_incomplete(void *arg)
{
	(void)arg;
	complain("%s is incomplete", dest.path);
}

int
dest_open(const char *path, bool *empty)
{
	int fd = -1;
	struct dirent *d;
	DIR *list;

	dest.path = path;
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die_errno("mkdir %s", path);
	list = opendir(path);
	if (!list)
		die_errno("open directory %s", path);
	for (*empty = true; *empty && (d = readdir(list));)
		*empty = strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0;
	fd = openat(dirfd(list), ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die_errno("open directory %s", path);
	closedir(list);
	undo_push(say_incomplete, NULL);
	return fd;
}

static void
remove_it(void *arg)
{
	const char *name = dest.published ? dest.name : dest.temp;

	(void)arg;
	if (remove_tree(dest.parent, name) < 0)
		warn_errno("left behind: %s beside %s", name, dest.path);
}

/* Split into parent, opened, and last component. */
static void
split(const char *path)
{
	char *copy = text("%s", path), *slash;
	size_t n = strlen(copy);

	while (n > 1 && copy[n - 1] == '/')
		copy[--n] = '\0';
	slash = strrchr(copy, '/');
	if (dest.parent >= 0)
		close(dest.parent);
	dest.published = false;
	dest.path = path;
	dest.name = slash ? slash + 1 : copy;
	if (slash)
		*slash = '\0';
	if (!*dest.name || strcmp(dest.name, ".") == 0 || strcmp(dest.name, "..") == 0)
		die("make %s: File exists", path);
	dest.parent = open(!slash ? "." : *copy ? copy : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dest.parent < 0)
		die_errno("open the parent directory of %s", path);
}

int
dest_begin(const char *path)
{
	struct stat st;
	unsigned random;
	int fd, r;

	split(path);
	/* ENAMETOOLONG, say, is known now and not when all is unpacked. */
	if (fstatat(dest.parent, dest.name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		errno = EEXIST;
	if (errno != ENOENT)
		die_errno("make %s", path);
	do {
		if (getrandom(&random, sizeof random, 0) != sizeof random)
			die_errno("get random bytes");
		snprintf(dest.temp, sizeof dest.temp, ".%.200s.%08x.part", dest.name, random);
		r = mkdirat(dest.parent, dest.temp, 0700);
	} while (r < 0 && errno == EEXIST);
	fd = r < 0 ? -1 : openat(dest.parent, dest.temp, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		die_errno("make a directory beside %s", path);
	undo_push(remove_it, NULL);
	/* What it has inherited from its parent: set-group-ID here, ACLs below. */
	if (fchmodat(fd, ".", 0700, 0) < 0)
		die_errno("chmod %s", dest.temp);
	return fd;
}

void
dest_publish(void)
{
	/* An empty directory, which rename(2) would replace, has been made by somebody
	 * since: it is theirs.  EINVAL: the file system has no such flag. */
	int r = renameat2(dest.parent, dest.temp, dest.parent, dest.name, RENAME_NOREPLACE);

	if (r < 0 && errno == EINVAL)
		r = renameat(dest.parent, dest.temp, dest.parent, dest.name);
	if (r < 0)
		die_errno("make %s", dest.path);
	dest.published = true;
}
