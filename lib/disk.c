#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "die.h"
#include "disk.h"
#include "io.h"
#include "mounts.h"
#include "step.h"

struct nearest {
	char *path; /* resolved */
	size_t len; /* of the longest mount point so far that path begins with */
	char *source, *type;
};

/* A later line of the same length covers an earlier one. */
static bool
is_nearer(const struct mount_line *m, void *arg)
{
	struct nearest *near = arg;
	size_t n = strcmp(m->point, "/") ? strlen(m->point) : 0;

	if (n >= near->len && !strncmp(near->path, m->point, n) &&
	    (!near->path[n] || near->path[n] == '/')) {
		near->len = n;
		near->source = text("%s", m->source);
		near->type = text("%s", m->type);
	}
	return false;
}

/* A partition's directory in sysfs lies inside its disk's. */
static char *
whole_disk(dev_t dev)
{
	char *dir = text("/sys/dev/block/%u:%u", major(dev), minor(dev)), *parent;
	struct stat st;

	if (stat(text("%s/partition", dir), &st) < 0)
		return text("%u:%u", major(dev), minor(dev));
	parent = read_file_at(AT_FDCWD, text("%s/../dev", dir));
	return parent ? parent : text("%u:%u", major(dev), minor(dev));
}

char *
disk_of(const char *path)
{
	struct nearest near = {0};
	struct stat st, node;

	if (stat(path, &st) < 0) {
		complain_errno("find the disk of %s", path);
		return NULL;
	}
	if (S_ISBLK(st.st_mode))
		return whole_disk(st.st_rdev);
	if (major(st.st_dev) != 0)
		return whole_disk(st.st_dev);
	/* btrfs, and overlay too, number their files with an anonymous device (major 0):
	 * what lies below is known by the mount's source only. */
	near.path = realpath(path, NULL);
	if (near.path)
		mounts_each(is_nearer, &near);
	if (near.source && stat(near.source, &node) == 0 && S_ISBLK(node.st_mode))
		return whole_disk(node.st_rdev);
	complain("find the disk of %s: it is on %s (%s), not on a disk", path,
	     near.type ? near.type : "nothing", near.source ? near.source : "no source");
	return NULL;
}
