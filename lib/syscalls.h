/* syscalls: thin names for system calls that musl 1.2.3 and glibc 2.36 lack or name
 * differently.  Each is the bare call: -1 and errno on failure, descriptors
 * close-on-exec where the call has a flag for it and the caller passes it. */
#ifndef LONGSHORE_SYSCALLS_H
#define LONGSHORE_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* From <linux/mount.h>, which cannot be included beside glibc's <sys/mount.h>. */
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef OPEN_TREE_CLOEXEC
#define OPEN_TREE_CLOEXEC 02000000
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 0x04
#define MOVE_MOUNT_T_EMPTY_PATH 0x40
#endif
#ifndef FSMOUNT_CLOEXEC
#define FSMOUNT_CLOEXEC 1
#define FSOPEN_CLOEXEC 1
#endif
#ifndef MOUNT_ATTR_RDONLY
#define MOUNT_ATTR_RDONLY 0x01
#define MOUNT_ATTR_NOSUID 0x02
#define MOUNT_ATTR_NODEV 0x04
#define MOUNT_ATTR_NOEXEC 0x08
#define MOUNT_ATTR_NOATIME 0x10
#define MOUNT_ATTR_IDMAP 0x00100000
#endif

/* fsconfig(2) commands, under names of our own: glibc has them as an enum. */
enum sys_fsconfig_cmd {
	SYS_FSCONFIG_FLAG = 0,
	SYS_FSCONFIG_STRING = 1,
	SYS_FSCONFIG_FD = 5,
	SYS_FSCONFIG_CREATE = 6,
};

/* struct mount_attr of mount_setattr(2). */
struct sys_mount_attr {
	uint64_t attr_set;
	uint64_t attr_clr;
	uint64_t propagation;
	uint64_t userns_fd;
};

/* struct open_how of openat2(2); the RESOLVE_ flags are in <linux/openat2.h>. */
struct sys_open_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};
enum sys_resolve {
	SYS_RESOLVE_NO_XDEV = 0x01,
	SYS_RESOLVE_NO_MAGICLINKS = 0x02,
	SYS_RESOLVE_NO_SYMLINKS = 0x04,
	SYS_RESOLVE_BENEATH = 0x08,
	SYS_RESOLVE_IN_ROOT = 0x10,
};

int sys_fsopen(const char *fstype, unsigned flags);
int sys_fsconfig(int fd, unsigned cmd, const char *key, const void *value, int aux);
int sys_fsmount(int fd, unsigned flags, unsigned attr);
int sys_open_tree(int dirfd, const char *path, unsigned flags);
int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int sys_mount_setattr(int dirfd, const char *path, unsigned flags,
		      const struct sys_mount_attr *attr);
int sys_pivot_root(const char *new_root, const char *put_old);

/* openat2(2).  EAGAIN (a rename raced with RESOLVE_IN_ROOT) is retried. */
int sys_openat2(int dirfd, const char *path, const struct sys_open_how *how);

int sys_pidfd_open(pid_t pid, unsigned flags);

/* The number of the mount that fd is on, as in /proc/self/mountinfo; statx(2).  0: unknown,
 * before Linux 5.8.  AT_STATX_DONT_SYNC: no file system is asked. */
uint64_t sys_mount_id(int fd);
int sys_pidfd_send_signal(int pidfd, int sig);
int sys_close_range(unsigned first, unsigned last, unsigned flags);

#endif
