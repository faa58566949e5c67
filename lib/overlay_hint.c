#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "die.h"
#include "mounts.h"
#include "overlay.h"
#include "step.h"

enum {
	OVERLAY_MAGIC = 0x794c7630,
	NFS_MAGIC = 0x6969,
	FUSE_MAGIC = 0x65735546,
	MSDOS_MAGIC = 0x4d44,
	V9FS_MAGIC = 0x01021997,
};

static const struct {
	unsigned long magic;
	const char *name;
} poor_uppers[] = {
	{OVERLAY_MAGIC, "an overlay"}, {NFS_MAGIC, "NFS"},  {FUSE_MAGIC, "FUSE"},
	{MSDOS_MAGIC, "FAT"},          {V9FS_MAGIC, "9p"},
};

static bool
is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool
same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* Value of key= in a mountinfo option list; \054 stands for a comma there, so the list
 * can be cut before it is unescaped.  Allocated, NULL if it is not there. */
static char *
option_value(const char *list, const char *key)
{
	char *value;

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (strncmp(list, key, strlen(key)) != 0 || list[strlen(key)] != '=')
			continue;
		list += strlen(key) + 1;
		value = text("%.*s", (int)strcspn(list, ","), list);
		mounts_unescape(value);
		return value;
	}
	return NULL;
}

static bool
holds_upper(const struct mount_line *m, void *arg)
{
	const struct overlay *o = arg;
	char *upper, *work;

	if (strcmp(m->type, "overlay") != 0)
		return false;
	upper = option_value(m->super, "upperdir");
	work = option_value(m->super, "workdir");
	if (upper && same_file(upper, o->upper))
		die("upper directory %s is in use by the overlay on %s", o->upper, m->point);
	if (work && same_file(work, o->work))
		die("work directory %s is in use by the overlay on %s", o->work, m->point);
	return false;
}

void
overlay_refuse_in_use(const struct overlay *o)
{
	if (o->upper)
		mounts_each(holds_upper, (void *)o);
}

/* Layers that are, or lie inside, one another: ELOOP, "Too many levels of symbolic
 * links", has nothing to do with links here. */
static bool
hint_overlap(const struct overlay *o)
{
	char **dirs = calloc(o->lowers + 2, sizeof *dirs);
	size_t n = 0;

	if (!dirs)
		return false;
	for (; n < o->lowers; n++)
		dirs[n] = realpath(o->lower[n], NULL);
	if (o->upper) {
		dirs[n++] = realpath(o->upper, NULL);
		dirs[n++] = realpath(o->work, NULL);
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			if (i == j || !dirs[i] || !dirs[j] || !is_below(dirs[i], dirs[j]))
				continue;
			if (strcmp(dirs[i], dirs[j]) == 0)
				hint("overlay directories may not overlap, %s is given twice",
				     dirs[i]);
			else if (i >= o->lowers && j < o->lowers)
				continue; /* an upper inside a layer is allowed */
			else
				hint("overlay directories may not overlap, %s is inside %s",
				     dirs[i], dirs[j]);
			return true;
		}
	}
	return false;
}

/* Which rule about the upper or work directory is broken; false when none seems to. */
static bool
hint_upper(const struct overlay *o)
{
	struct stat up, wk;
	struct statfs fs;

	if (stat(o->upper, &up) == 0 && stat(o->work, &wk) == 0 && up.st_dev != wk.st_dev) {
		hint("upper and work directory must be on one file system: put %s beside %s",
		     o->work, o->upper);
		return true;
	}
	/* The kernel compares mounts, not devices: two bind mounts of one file system do
	 * not do. */
	if (mounts_id(o->upper) != mounts_id(o->work)) {
		hint("upper and work directory must be below one mount point: put %s beside %s",
		     o->work, o->upper);
		return true;
	}
	if (statfs(o->upper, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof poor_uppers / sizeof poor_uppers[0]; i++) {
		if ((unsigned long)fs.f_type == poor_uppers[i].magic) {
			hint("%s lies on %s, which can't hold an upper directory: use ext4, xfs, btrfs or tmpfs",
			     o->upper, poor_uppers[i].name);
			return true;
		}
	}
	if (fs.f_flags & ST_RDONLY)
		hint("the file system of upper directory %s is mounted read-only", o->upper);
	return fs.f_flags & ST_RDONLY;
}

/* Repeat the mount with the kernel log open, and pass on what the kernel says then.
 * Rights to read it are the exception in a container; then the probes must do. */
static void
hint_from_log(const struct overlay *o, const char *target)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[2048], *words;
	ssize_t n;

	if (fd < 0)
		return;
	lseek(fd, 0, SEEK_END);
	if (overlay_mount(o, target) == 0) {
		hint("a second try has succeeded, and was undone");
		mounts_undo((void *)target);
	}
	/* One record per read(2), "6,1234,5678,-;overlayfs: ..."; dev-kmsg in the kernel's
	 * ABI/testing.  EAGAIN at the end. */
	while ((n = read(fd, record, sizeof record - 1)) > 0) {
		record[n] = '\0';
		record[strcspn(record, "\n")] = '\0';
		words = strchr(record, ';');
		if (words && strncmp(words + 1, "overlayfs: ", 11) == 0)
			hint("the kernel log says: %s", words + 1);
	}
	close(fd);
}

void
overlay_hint(const struct overlay *o, const char *target, int err)
{
	const char *said = overlay_reason();
	struct stat st;

	/* EINVAL, ENOENT or ENOTDIR alike, depending on the interface. */
	if (stat(target, &st) < 0 || !S_ISDIR(st.st_mode)) {
		hint("the mount point must be a directory that exists: mkdir %s, or use -m", target);
		return;
	}
	if (said)
		hint("the kernel says: %s", said);
	if (err == ENODEV)
		hint("this kernel has no overlayfs: modprobe overlay");
	else if (err == EPERM)
		hint("mounting needs root, or a user namespace: unshare -rm, ns-exec --user --mount");
	else if (err == ESTALE)
		hint("%s was used with other layers before (index=on remembers them): use the same ones, or an empty upper directory",
		     o->upper ? o->upper : target);
	else if (err == EBUSY && o->upper)
		hint("%s or %s is in use by another overlay, perhaps of another mount namespace",
		     o->upper, o->work);
	if (err != ELOOP && err != EINVAL && err != ESTALE && err != EBUSY)
		return;
	if ((err == ELOOP || err == EINVAL) &&
	    (hint_overlap(o) || (o->upper && hint_upper(o))))
		return;
	hint_from_log(o, target);
}
