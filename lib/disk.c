#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "die.h"
#include "disk.h"
#include "io.h"
#include "step.h"

/* btrfs, and overlay too, number their files with an anonymous device (major 0): what
 * lies below is known by the mount's source only.  The longest mount point that path
 * begins with is the mount it is on; a later line covers an earlier one. */
static char *
mount_source(const char *path, char **type)
{
	char *real = realpath(path, NULL), *source = NULL;
	FILE *f = setmntent("/proc/self/mounts", "r");
	size_t best = 0;
	struct mntent *m;

	while (real && f && (m = getmntent(f))) {
		size_t n = strlen(m->mnt_dir);

		n -= n == 1; /* "/" is a prefix of everything */
		if (n < best || strncmp(real, m->mnt_dir, n) || (real[n] && real[n] != '/'))
			continue;
		best = n;
		source = text("%s", m->mnt_fsname);
		*type = text("%s", m->mnt_type);
	}
	if (f)
		endmntent(f);
	return source;
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
	char *type = text("unknown"), *source;
	struct stat st, node;

	if (stat(path, &st) < 0) {
		warn_errno("find the disk of %s", path);
		return NULL;
	}
	if (S_ISBLK(st.st_mode))
		return whole_disk(st.st_rdev);
	if (major(st.st_dev) != 0)
		return whole_disk(st.st_dev);
	source = mount_source(path, &type);
	if (source && *source == '/' && stat(source, &node) == 0 && S_ISBLK(node.st_mode))
		return whole_disk(node.st_rdev);
	warn("find the disk of %s: it is on %s (%s), not on a disk", path, type,
	     source ? source : "no source");
	return NULL;
}
