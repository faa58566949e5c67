#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chrooted.h"
#include "syscalls.h"

/* By pidfd: /proc/self/ns/mnt would do, but a chroot may well have no /proc. */
int
chrooted_leave(void)
{
	int self = sys_pidfd_open(getpid(), 0), status, saved;

	if (self < 0)
		return -1;
	status = setns(self, CLONE_NEWNS);
	saved = errno;
	close(self);
	errno = saved;
	return status;
}

/* The caller's root and directory, while we are at the namespace's root. */
struct place {
	int root, cwd;
};

static void
forget(const struct place *p)
{
	int saved = errno;

	close(p->root);
	close(p->cwd);
	errno = saved;
}

static int
go_out(struct place *p)
{
	p->root = open("/", O_PATH | O_CLOEXEC);
	p->cwd = open(".", O_PATH | O_CLOEXEC);
	if (p->root >= 0 && p->cwd >= 0 && chrooted_leave() == 0)
		return 0;
	forget(p);
	return -1;
}

static int
come_back(const struct place *p)
{
	int status = fchdir(p->root) < 0 || chroot(".") < 0 || fchdir(p->cwd) < 0 ? -1 : 0;

	forget(p);
	return status;
}

/* A directory is one place on a mount: either alone does for a bind mount, or a plain
 * chroot, of the root file system. */
static bool
same_place(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev && sys_mount_id(a) == sys_mount_id(b);
}

int
chrooted(void)
{
	struct place was;
	bool elsewhere;
	int now;

	if (go_out(&was) < 0)
		return errno == EPERM ? 0 : -1;
	now = open("/", O_PATH | O_CLOEXEC);
	elsewhere = !same_place(now, was.root);
	close(now);
	return come_back(&was) < 0 ? -1 : elsewhere;
}

int
chrooted_propagation(unsigned long flags)
{
	struct place was;
	int status, saved;

	if (go_out(&was) < 0)
		return errno == EPERM ? mount(NULL, "/", NULL, MS_REC | flags, NULL) : -1;
	status = mount(NULL, "/", NULL, MS_REC | flags, NULL);
	saved = errno;
	if (come_back(&was) < 0)
		return -1;
	errno = saved;
	return status;
}
