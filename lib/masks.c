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
hide(int dir, const char *path, int null, int *empty)
{
	int at = open_beneath(dir, path), tree;
	struct stat st;

	if (at < 0 && (errno == ENOENT || errno == EACCES))
		return;
	if (at < 0 || fstat(at, &st) < 0)
		die_errno("hide %s", path);
	if (!S_ISDIR(st.st_mode)) {
		tree = mountfd_clone(null, "", false);
	} else {
		if (*empty < 0)
			*empty = mountfd_new("tmpfs", "mode=0555,nr_inodes=1", MOUNT_ATTR_RDONLY);
		tree = *empty < 0 ? -1 : mountfd_clone(*empty, "", false);
	}
	if (tree < 0 || mountfd_attach(tree, at) < 0)
		die_errno("hide %s", path);
	close(tree);
}

static void
hide_all(int dir, const char *const *paths, int null, int *empty, const char *name)
{
	for (; *paths; paths++) {
		char *at = sh(text("%s/%s", name, *paths));

		if (step(STEP_SAME, "if [ -d %s ]; then mount -t tmpfs -o ro,mode=555 tmpfs %s; "
				    "elif [ -e %s ]; then mount --bind /dev/null %s; fi",
			 at, at, at, at))
			hide(dir, *paths, null, empty);
	}
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

void
masks_apply(int proc, int sys, int null, const char *root)
{
	char *proc_name = text("%s/proc", root), *sys_name = text("%s/sys", root);
	int empty = -1;

	hide_all(proc, proc_hidden, null, &empty, proc_name);
	for (const char *const *p = proc_readonly; *p; p++) {
		char *at = sh(text("%s/%s", proc_name, *p));

		if (step(STEP_SAME, "if [ -e %s ]; then mount --bind %s %s; mount -o "
				    "remount,bind,ro %s; fi",
			 at, at, at, at))
			freeze(proc, *p);
	}
	hide_all(sys, sys_hidden, null, &empty, sys_name);
	if (empty >= 0)
		close(empty);
}
