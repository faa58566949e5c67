#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "masks.h"
#include "mountfd.h"
#include "step.h"
#include "syscalls.h"

/* The default lists of moby's oci/defaults.go. */
static const char *const proc_hidden[] = {
	"acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "sched_debug", "scsi",
	"timer_list", "timer_stats", NULL};
static const char *const proc_readonly[] = {"bus", "fs", "irq", "sys", "sysrq-trigger", NULL};
static const char *const sys_hidden[] = {"firmware", "devices/virtual/powercap", NULL};

/* ENOENT is the usual answer: most of these depend on the kernel's configuration. */
static int
open_beneath(int dir, const char *path)
{
	struct sys_open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = SYS_RESOLVE_BENEATH | SYS_RESOLVE_NO_SYMLINKS,
	};

	return sys_openat2(dir, path, &how);
}

/* All hidden directories show the same empty read-only tmpfs, all files /dev/null. */
static void
hide(int dir, const char *path, int null)
{
	static int empty = -1; /* one for /proc and /sys: a file system costs more than a mount */
	int at = open_beneath(dir, path), tree;
	struct stat st;

	if (at < 0 && (errno == ENOENT || errno == EACCES))
		return;
	if (at < 0 || fstat(at, &st) < 0)
		die_errno("hide %s", path);
	if (!S_ISDIR(st.st_mode)) {
		tree = mountfd_clone(null, "", false);
	} else {
		/* Only what is attached can be cloned before Linux 6.15 (EINVAL). */
		if (empty < 0)
			tree = empty = mountfd_new("tmpfs", "mode=0555,nr_inodes=1",
						   MOUNT_ATTR_RDONLY);
		else
			tree = mountfd_clone(empty, "", false);
	}
	if (tree < 0 || mountfd_attach(tree, at) < 0)
		die_errno("hide %s", path);
	if (tree != empty)
		close(tree);
}

static char *
joined(const char *const *paths)
{
	char *s = text("%s", *paths);

	while (*++paths)
		s = text("%s %s", s, *paths);
	return s;
}

static void
hide_all(int dir, const char *const *paths, int null, const char *null_name, const char *name)
{
	if (step(STEP_SAME, "for f in %s; do f=%s/$f; if [ -d \"$f\" ]; then "
			    "mount -t tmpfs -o ro,mode=555,nr_inodes=1 tmpfs \"$f\"; elif [ -e "
			    "\"$f\" ]; then mount --bind %s \"$f\"; fi; done",
		 joined(paths), sh(name), sh(null_name)))
		for (; *paths; paths++)
			hide(dir, *paths, null);
}

static void
freeze(int dir, const char *path)
{
	int at = open_beneath(dir, path), tree;

	if (at < 0 && errno == ENOENT)
		return;
	tree = at < 0 ? -1 : mountfd_clone(at, "", true);
	if (tree < 0 || mountfd_restrict(tree, MOUNT_ATTR_RDONLY, true) < 0 ||
	    mountfd_attach(tree, at) < 0)
		die_errno("make /proc/%s read-only", path);
	close(tree);
}

static void
freeze_all(int proc, const char *name)
{
	if (step(STEP_SAME, "for f in %s; do f=%s/$f; if [ -e \"$f\" ]; then "
			    "mount --bind \"$f\" \"$f\"; mount -o "
			    "remount,bind,ro,nosuid,nodev,noexec \"$f\"; fi; done",
		 joined(proc_readonly), sh(name)))
		for (const char *const *p = proc_readonly; *p; p++)
			freeze(proc, *p);
}

void
masks_proc(int proc, int null, const char *null_name, const char *name)
{
	hide_all(proc, proc_hidden, null, null_name, name);
	freeze_all(proc, name);
}

void
masks_sys(int sys, int null, const char *null_name, const char *name)
{
	hide_all(sys, sys_hidden, null, null_name, name);
}
