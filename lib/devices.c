#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "devices.h"
#include "die.h"
#include "mountfd.h"
#include "step.h"
#include "syscalls.h"

static const struct {
	const char *name;
	unsigned major, minor;
} nodes[] = {
	{"null", 1, 3},	  {"zero", 1, 5},    {"full", 1, 7},
	{"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
};

static const struct {
	const char *target, *name;
} links[] = {
	{"/proc/self/fd", "fd"},       {"/proc/self/fd/0", "stdin"},
	{"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
	{"/proc/kcore", "core"},       {"pts/ptmx", "ptmx"},
};

/* mknod(2) is refused in a user namespace, and would be useless: a file system mounted
 * there opens no devices (SB_I_NODEV).  A bind of the caller's own node works.  That it
 * is the real one is asked of the descriptor that is mounted. */
static void
bind_node(int dev, const char *name, unsigned major, unsigned minor)
{
	char *host = text("/dev/%s", name);
	int tree = mountfd_clone(AT_FDCWD, host, false), at;
	struct stat st;

	if (tree < 0 || fstat(tree, &st) < 0)
		die_errno("open %s", host);
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(major, minor))
		die("%s is not the character device %u:%u", host, major, minor);
	at = openat(dev, name, O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (at < 0 || mountfd_attach(tree, at) < 0)
		die_errno("bind %s", host);
	close(tree);
}

static void
make_nodes(int dev, const char *name)
{
	bool may_mknod = true;

	for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
		const char *n = nodes[i].name;

		char *at = sh(text("%s/%s", name, n));

		if (!step(STEP_SAME, "mknod -m 666 %s c %u %u 2> /dev/null || "
				     "{ : > %s; mount --bind /dev/%s %s; }",
			  at, nodes[i].major, nodes[i].minor, at, n, at))
			continue;
		if (may_mknod && mknodat(dev, n, S_IFCHR | 0666,
					 makedev(nodes[i].major, nodes[i].minor)) == 0)
			continue;
		if (may_mknod && errno != EPERM)
			die_errno("make %s/%s", name, n);
		may_mknod = false;
		bind_node(dev, n, nodes[i].major, nodes[i].minor);
	}
	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
		if (step(STEP_SAME, "ln -s %s %s", links[i].target,
			 sh(text("%s/%s", name, links[i].name))) &&
		    symlinkat(links[i].target, dev, links[i].name) < 0)
			die_errno("link %s/%s", name, links[i].name);
}

/* A file system on a directory of its own in dev; returns the mount's descriptor. */
static int
submount(int dev, const char *name, const char *sub, const char *fstype, const char *opts,
	 unsigned attr)
{
	int tree, at;

	if (mkdirat(dev, sub, 0755) < 0)
		die_errno("make %s/%s", name, sub);
	tree = mountfd_new(fstype, opts, attr);
	at = openat(dev, sub, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (tree < 0 || at < 0 || mountfd_attach(tree, at) < 0) {
		/* A kernel without POSIX queues is no reason to fail, nor is an IPC namespace
		 * that belongs to another user namespace than ours (EPERM). */
		if (tree < 0 && (errno == ENODEV || errno == EPERM)) {
			unlinkat(dev, sub, AT_REMOVEDIR);
			return -1;
		}
		die_errno("mount %s on %s/%s", fstype, name, sub);
	}
	return tree;
}

int
devices_fill(int dev, const char *name, const char *shm_size)
{
	const unsigned quiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	mode_t mask = umask(0); /* or it would take bits from the nodes */
	char *shm = text("mode=1777,size=%s", shm_size), *n = sh(name);
	int pts = -1;

	make_nodes(dev, name);
	/* Group 5 is tty; where it is not mapped, devpts takes the opener's group. */
	if (step(STEP_SAME, "mount --mkdir -t devpts -o nosuid,noexec,newinstance,ptmxmode=666,"
			    "mode=620,gid=5 devpts %s/pts || mount -t devpts -o nosuid,noexec,"
			    "newinstance,ptmxmode=666,mode=620 devpts %s/pts", n, n))
		pts = submount(dev, name, "pts", "devpts",
			       "newinstance,ptmxmode=0666,mode=0620,?gid=5",
			       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (step(STEP_SAME, "mount --mkdir -t tmpfs -o nosuid,nodev,noexec,%s shm %s/shm", shm, n))
		close(submount(dev, name, "shm", "tmpfs", shm, quiet));
	if (step(STEP_SAME, "mount --mkdir -t mqueue -o nosuid,nodev,noexec mqueue %s/mqueue "
			    "|| rmdir %s/mqueue", n, n) &&
	    submount(dev, name, "mqueue", "mqueue", NULL, quiet) < 0)
		warn("no %s/mqueue: the kernel refuses it here (with --user, --ipc is needed)", name);
	umask(mask);
	return pts;
}
