#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binds.h"
#include "chrooted.h"
#include "devices.h"
#include "die.h"
#include "inroot.h"
#include "masks.h"
#include "mountfd.h"
#include "rootfs.h"
#include "step.h"
#include "syscalls.h"

static const unsigned quiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/* A mapped root is nobody to the directories above: with a home of mode 0750 the root
 * file system below it is out of reach, and EACCES alone does not say where. */
static const char *
blocker(const char *dir)
{
	int err = errno;
	char *path = text("%s", dir);

	for (char *slash = path; err == EACCES && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		if (access(path, X_OK) < 0 && errno == EACCES)
			return text("%s cannot be searched by this user: chmod o+x or setfacl(1)",
				    path);
		*slash = '/';
	}
	errno = err;
	return NULL;
}

/* pivot_root(2) wants a mount point: the directory is mounted on itself, as a copy that
 * takes along what is mounted below.  The copy's descriptor is the root from here on. */
static int
attach_root(const char *dir)
{
	int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), root;

	if (at < 0)
		die_errno_hint(blocker(dir), "open the root %s", dir);
	root = mountfd_clone(at, "", true);
	if (root < 0 || mountfd_attach(root, at) < 0)
		die_errno("bind the root %s", dir);
	return root;
}

/* The mount point of /proc, /sys or /dev: made when missing, refused when the image
 * has a symlink or a file there. */
static int
plain_dir(int root, const char *dir, const char *path)
{
	int fd = inroot_open_plain(root, path);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		fd = mkdirat(root, path + 1, 0755) < 0 ? -1 : inroot_open_plain(root, path);
	if (fd < 0)
		die_errno_hint(errno == ELOOP	? "the image has a symlink there"
			       : errno == EROFS ? "the image lacks this directory; without it: "
						  "--no-proc, --no-sys, --no-dev"
						: NULL,
			       "open %s%s", dir, path);
	/* move_mount(2) would say no more than EINVAL. */
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		die("%s%s: the image has something there that is no directory", dir, path);
	return fd;
}

/* In a user namespace the kernel gives a fresh proc or sysfs only to who could see an
 * uncovered one before (mount_too_revealing() in fs/namespace.c), and a sysfs only to
 * the owner of the network namespace.  Then the caller's own is passed on, and that is
 * said: it may show more than the container has. */
static int
kernel_view(int root, const char *dir, const char *path, const char *fstype, unsigned attr)
{
	int at = plain_dir(root, dir, path), tree = mountfd_new(fstype, NULL, attr);

	if (tree < 0 && errno == EPERM) {
		warn("the kernel refuses a fresh %s here: %s is the caller's own", fstype, path);
		tree = mountfd_clone(AT_FDCWD, path, true);
		if (tree >= 0 && mountfd_restrict(tree, attr, true) < 0)
			die_errno("restrict %s%s", dir, path);
	}
	if (tree < 0 || mountfd_attach(tree, at) < 0)
		die_errno("mount %s on %s%s", fstype, dir, path);
	return tree;
}

/* The part of the tree that our cgroup namespace shows; absent where /sys has no place
 * for it or cgroup2 is not there. */
static void
cgroup_view(int sys, const char *dir)
{
	int tree, at;

	if (!step(STEP_SAME, "mount -t cgroup2 -o ro,nosuid,nodev,noexec cgroup2 %s || :",
		  sh(text("%s/sys/fs/cgroup", dir))))
		return;
	tree = mountfd_new("cgroup2", NULL, quiet | MOUNT_ATTR_RDONLY);
	if (tree < 0)
		return;
	at = openat(sys, "fs/cgroup", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (at >= 0 && mountfd_attach(tree, at) < 0)
		die_errno("mount cgroup2 on %s/sys/fs/cgroup", dir);
	close(tree);
}

/* What is below the new root is looked up by descriptor before the switch, so neither
 * the image nor the old root can be confused for the other. */
static int
fill(const struct rootfs *r, int root)
{
	const char *dir = strcmp(r->dir, "/") == 0 ? "" : r->dir;
	const char *null_name = r->no_dev ? "/dev/null" : text("%s/dev/null", dir);
	int proc = -1, sys = -1, dev = -1, pts = -1, null;

	char *p = sh(text("%s/proc", dir)), *y = sh(text("%s/sys", dir));

	if (!r->no_proc && step(STEP_SAME, "mount --mkdir -t proc -o nosuid,nodev,noexec proc %s "
					   "|| mount --rbind /proc %s", p, p))
		proc = kernel_view(root, dir, "/proc", "proc", quiet);
	if (!r->no_sys && step(STEP_SAME, "mount --mkdir -t sysfs -o ro,nosuid,nodev,noexec "
					  "sysfs %s || { mount --rbind /sys %s; %s; }",
			     y, y, mountfd_restrict_words(y, "ro,nosuid,nodev,noexec")))
		sys = kernel_view(root, dir, "/sys", "sysfs", quiet | MOUNT_ATTR_RDONLY);
	if (!r->no_sys && r->cgroup_view)
		cgroup_view(sys, dir);
	if (!r->no_dev) {
		if (step(STEP_SAME, "mount --mkdir -t tmpfs -o nosuid,mode=755,size=64m tmpfs %s",
			 sh(text("%s/dev", dir)))) {
			int at = plain_dir(root, dir, "/dev");

			dev = mountfd_new("tmpfs", "mode=0755,size=64m", MOUNT_ATTR_NOSUID);
			if (dev < 0 || mountfd_attach(dev, at) < 0)
				die_errno("mount tmpfs on %s/dev", dir);
		}
		pts = devices_fill(dev, text("%s/dev", dir), r->shm_size);
	}
	binds_do(r->binds, root, r->dir);
	null = r->no_dev ? open("/dev/null", O_PATH | O_CLOEXEC)
			 : openat(dev, "null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (!r->unmask && !r->no_proc)
		masks_proc(proc, null, null_name, text("%s/proc", dir));
	if (!r->unmask && !r->no_sys)
		masks_sys(sys, null, null_name, text("%s/sys", dir));
	close(null);
	close(proc);
	close(sys);
	close(dev);
	return pts;
}

/* pivot_root(".", ".") stacks the old root on the new one, where the next lookup of "."
 * finds it; the lazy unmount then takes it away with all its submounts, out of this
 * namespace only, since nothing here is shared with the parent.  pivot_root(2), NOTES. */
static void
switch_root(int root, const struct rootfs *r, bool in_chroot)
{
	bool spread;

	if (r->read_only && step(STEP_SAME, "mount -o remount,bind,ro %s", sh(r->dir)) &&
	    mountfd_restrict(root, MOUNT_ATTR_RDONLY, false) < 0)
		die_errno("make the root %s read-only", r->dir);
	/* Printed here, done last: pivot_root(2) refuses a shared root with EINVAL. */
	spread = r->propagation && step(STEP_SAME, "mount --make-r%s %s",
					r->propagation == MS_SHARED ? "shared" : "unbindable",
					sh(r->dir));
	if (!step(STEP_CLOSE, "cd %s; mount -n --move . /", sh(r->dir)))
		return;
	/* From a chroot it is the namespace's own root that must go, or a second chroot in
	 * there finds it; chrooted.h. */
	if ((in_chroot && chrooted_leave() < 0) || fchdir(root) < 0 ||
	    sys_pivot_root(".", ".") < 0)
		die_errno_hint(errno == EINVAL ? "the root of an initramfs cannot be moved; "
						 "switch_root(8) out of it first"
					       : NULL,
			       "pivot to the root %s", r->dir);
	if (umount2(".", MNT_DETACH) < 0)
		die_errno("detach the old root");
	if (chdir("/") < 0)
		die_errno("enter the new root");
	if (spread && mount(NULL, "/", NULL, MS_REC | r->propagation, NULL) < 0)
		die_errno("set the propagation of mounts");
}

int
rootfs_enter(const struct rootfs *r)
{
	int root = -1, in_chroot = 0, pts;

	if (step(STEP_SAME, "mount --rbind %s %s", sh(r->dir), sh(r->dir))) {
		/* Asked now: with --root / the new root is about to cover the old one. */
		in_chroot = chrooted();
		if (in_chroot < 0)
			die_errno("look for the root of the mount namespace");
		root = attach_root(r->dir);
	}
	pts = fill(r, root);
	switch_root(root, r, in_chroot);
	close(root);
	return pts;
}
