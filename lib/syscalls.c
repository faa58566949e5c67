#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syscalls.h"

int
sys_fsopen(const char *fstype, unsigned flags)
{
	return syscall(SYS_fsopen, fstype, flags);
}

int
sys_fsconfig(int fd, unsigned cmd, const char *key, const void *value, int aux)
{
	return syscall(SYS_fsconfig, fd, cmd, key, value, aux);
}

int
sys_fsmount(int fd, unsigned flags, unsigned attr)
{
	return syscall(SYS_fsmount, fd, flags, attr);
}

int
sys_open_tree(int dirfd, const char *path, unsigned flags)
{
	return syscall(SYS_open_tree, dirfd, path, flags);
}

int
sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	return syscall(SYS_move_mount, from_fd, from, to_fd, to, flags);
}

int
sys_mount_setattr(int dirfd, const char *path, unsigned flags,
		  const struct sys_mount_attr *attr)
{
	return syscall(SYS_mount_setattr, dirfd, path, flags, attr, sizeof *attr);
}

int
sys_pivot_root(const char *new_root, const char *put_old)
{
	return syscall(SYS_pivot_root, new_root, put_old);
}

int
sys_openat2(int dirfd, const char *path, const struct sys_open_how *how)
{
	int fd, tries = 0;

	/* With RESOLVE_IN_ROOT the kernel gives up with EAGAIN when any rename or mount
	 * happened meanwhile and ".." was walked; openat2(2), ERRORS. */
	do {
		fd = syscall(SYS_openat2, dirfd, path, how, sizeof *how);
	} while (fd < 0 && errno == EAGAIN && ++tries < 1000);
	return fd;
}

int
sys_pidfd_open(pid_t pid, unsigned flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

int
sys_pidfd_send_signal(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

int
sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return syscall(SYS_close_range, first, last, flags);
}

uint64_t
sys_mount_id(int fd)
{
	struct statx st = {0};

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &st) < 0)
		return 0;
	return st.stx_mnt_id;
}
