#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "chrooted.h"

int
chrooted_leave(void)
{
	int ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), status, saved;

	if (ns < 0)
		return -1;
	status = setns(ns, CLONE_NEWNS);
	saved = errno;
	close(ns);
	errno = saved;
	return status;
}

int
chrooted_propagation(unsigned long flags)
{
	int root, cwd, status, saved;

	if (mount(NULL, "/", NULL, MS_REC | flags, NULL) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	/* The mounts above the chroot are still shared with the parent namespace: what is
	 * mounted below would show up there.  So the change starts at their root. */
	root = open("/", O_PATH | O_CLOEXEC);
	cwd = open(".", O_PATH | O_CLOEXEC);
	status = root < 0 || cwd < 0 || chrooted_leave() < 0 ||
		 mount(NULL, "/", NULL, MS_REC | flags, NULL) < 0;
	saved = errno;
	if (root >= 0 && cwd >= 0 &&
	    (fchdir(root) < 0 || chroot(".") < 0 || fchdir(cwd) < 0)) {
		status = 1;
		saved = errno;
	}
	close(root);
	close(cwd);
	errno = saved;
	return status ? -1 : 0;
}
