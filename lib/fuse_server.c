#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "die.h"
#include "fuse_server.h"
#include "layer_fuse.h"
#include "mounts.h"
#include "syscalls.h"
#include "undo.h"

/* Who waits for our caller's pipes must not wait for the server. */
static void
close_all_but(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (low > 3)
		sys_close_range(3, low - 1, 0);
	if (high > low + 1)
		sys_close_range(low + 1, high - 1, 0);
	sys_close_range(high + 1, ~0U, 0);
}

/* In a session of its own: Ctrl-C is for PROGRAM. */
void
fuse_server_start(struct fuse_session *se, int spool)
{
	int fd = layer_fuse_fd(se);
	pid_t pid = fork();

	if (pid < 0)
		die_errno("fork");
	if (pid > 0) {
		close(fd);
		return;
	}
	undo_forget();
	setsid();
	close_all_but(fd, spool);
	if (chdir("/") < 0)
		_exit(1);
	layer_fuse_serve(se);
	_exit(0);
}

/* umount2(2) is root's; whoever mounted by fusermount3(1) unmounts by it. */
int
fuse_unmount(const char *dir)
{
	const char *helper[] = {"fusermount3", "-u", "--", dir, NULL};
	int status = -1;
	pid_t pid;

	if (umount2(dir, 0) == 0)
		return 0;
	if (errno != EPERM)
		return -1;
	if (posix_spawnp(&pid, helper[0], NULL, NULL, (char **)helper, environ) == 0)
		waitpid(pid, &status, 0);
	errno = EPERM;
	return status == 0 ? 0 : -1;
}

void
fuse_unmount_undo(void *dir)
{
	if (geteuid() == 0)
		mounts_undo(dir);
	else if (fuse_unmount(dir) < 0)
		warn_errno("unmount %s", (char *)dir);
}

void
fuse_check(void)
{
	if (access("/dev/fuse", R_OK | W_OK) == 0)
		return;
	die_errno_hint(errno == ENOENT ? "load the module: modprobe fuse; in a container, pass "
					 "the device in: --device /dev/fuse"
				       : "it is mode 0666 on most systems: chmod 666 /dev/fuse",
		       "open /dev/fuse");
}
