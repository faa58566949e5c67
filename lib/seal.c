#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "die.h"
#include "seal.h"
#include "syscalls.h"

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

/* A file on a read-only mount is as good: the way that leads back to us, /proc/PID/exe,
 * leads through that same mount. */
static int
open_self(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fd = open((const char *)getauxval(AT_EXECFN), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die_errno("open our own binary");
	return fd;
}

static int
memory_file(void)
{
	/* Kernels before 6.3 do not know MFD_EXEC and give every memfd an x bit. */
	int fd = memfd_create("ns-exec", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("ns-exec", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

void
seal_binary(char **argv)
{
	int self = open_self(), seals = fcntl(self, F_GET_SEALS), copy;
	struct statvfs fs;
	struct stat st;

	/* -1, the answer for a file of a disk, has all bits set. */
	if ((seals >= 0 && (seals & SEALS) == SEALS) ||
	    (fstatvfs(self, &fs) == 0 && fs.f_flag & ST_RDONLY)) {
		close(self);
		return;
	}
	copy = memory_file();
	if (copy < 0 || fstat(self, &st) < 0)
		die_errno("make a copy of our own binary");
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sendfile(copy, self, NULL, left);

		if (n <= 0)
			die_errno("copy our own binary");
		left -= n;
	}
	if (fcntl(copy, F_ADD_SEALS, SEALS) < 0)
		die_errno("seal the copy of our own binary");
	syscall(SYS_execveat, copy, "", argv, environ, AT_EMPTY_PATH);
	die_errno_hint(errno == EACCES ? "sysctl vm.memfd_noexec forbids it; a binary on a "
					 "read-only mount does without"
				       : NULL,
		       "run a sealed copy of our own binary");
}

/* ENOSYS: a kernel without keys; EDQUOT: this user's number of keys is used up, which
 * another container of the same user can bring about: no reason to fail. */
void
seal_keyring(void)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		warn_errno("the caller's session keyring stays");
}

/* Dumpable comes back by itself with the exec of PROGRAM; prctl(2), PR_SET_DUMPABLE. */
void
seal_memory(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		die_errno("make our memory unreadable");
}

/* Marked, not closed: we use some until the last moment, and a mark cannot fail us. */
void
seal_descriptors(unsigned first)
{
	if (sys_close_range(first, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		die_errno("mark descriptors from %u up close-on-exec", first);
}

/* getcwd(2) of a directory that the root does not contain answers "(unreachable)/..."
 * or ENOENT: --workdir /proc/self/fd/7 of a leaked directory, CVE-2024-21626. */
void
seal_workdir(const char *dir, bool hostile)
{
	struct sys_open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = hostile ? SYS_RESOLVE_NO_MAGICLINKS : 0,
	};
	char path[PATH_MAX];

	if (dir) {
		int fd = sys_openat2(AT_FDCWD, dir, &how);

		if (fd < 0 || fchdir(fd) < 0)
			die_errno("enter the working directory %s", dir);
		close(fd);
	}
	if (syscall(SYS_getcwd, path, sizeof path) < 0)
		die_errno("the working directory %s", dir ? dir : "(the caller's)");
	if (path[0] != '/')
		die("the working directory %s is outside the root", dir ? dir : path);
}
