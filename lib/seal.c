#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "die.h"
#include "seal.h"
#include "step.h"
#include "syscalls.h"

/* ENOSYS: a kernel without keys; EDQUOT: this user's number of keys is used up, which
 * another container of the same user can bring about: no reason to fail. */
void
seal_keyring(void)
{
	if (step(STEP_NONE, "join a session keyring of its own; keyctl(2)") &&
	    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		warn_errno("the caller's session keyring stays");
}

/* Dumpable comes back by itself with the exec of PROGRAM; prctl(2), PR_SET_DUMPABLE. */
void
seal_memory(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		die_errno("make our memory unreadable");
}

void
seal_descriptors(unsigned first, bool now)
{
	if (sys_close_range(first, ~0U, now ? 0 : CLOSE_RANGE_CLOEXEC) < 0)
		die_errno("close descriptors from %u up", first);
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
