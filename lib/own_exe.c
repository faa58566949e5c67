#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "chain.h"
#include "die.h"
#include "io.h"
#include "own_exe.h"

static const unsigned char last_hop[] = {
#include "last_hop.h" /* lib/last_hop.c, compiled and linked, as bytes */
};

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

static int hop = -1; /* the small program; -1: not needed */

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

/* A file on a read-only mount is as good as a sealed one: the way that leads back to us,
 * /proc/PID/exe, leads through that same mount. */
static bool
is_safe(int self)
{
	int seals = fcntl(self, F_GET_SEALS);
	struct statvfs fs;

	/* -1, the answer for a file of a disk, has all bits set. */
	return (seals >= 0 && (seals & SEALS) == SEALS) ||
	       (fstatvfs(self, &fs) == 0 && fs.f_flag & ST_RDONLY);
}

static int
memory_file(void)
{
	/* Kernels before 6.3 do not know MFD_EXEC and give every memfd an x bit. */
	int fd = memfd_create("ns-exec", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("ns-exec", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		die_errno("make a file in memory");
	return fd;
}

static void
close_for_writing(int fd)
{
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		die_errno("seal the copy of our own binary");
}

static _Noreturn void
run(int fd, char **argv)
{
	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	die_errno_hint(errno == EACCES ? "sysctl vm.memfd_noexec forbids it; a binary on a "
					 "read-only mount does without"
				       : NULL,
		       "run a sealed file in memory");
}

static void
copy_all(int self, int copy)
{
	struct stat st;

	if (fstat(self, &st) < 0)
		die_errno("copy our own binary");
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sendfile(copy, self, NULL, left);

		if (n <= 0)
			die_errno("copy our own binary");
		left -= n;
	}
}

void
own_exe_guard(char **argv, bool stays)
{
	int self = open_self(), fd;

	if (is_safe(self)) {
		close(self);
		return;
	}
	fd = memory_file();
	if (stays)
		copy_all(self, fd);
	else if (write_all(fd, last_hop, sizeof last_hop) < 0)
		die_errno("write a file in memory");
	close(self);
	close_for_writing(fd);
	if (stays)
		run(fd, argv);
	hop = fd;
}

bool
own_exe_hops(void)
{
	return hop >= 0;
}

void
own_exe_become(char **argv)
{
	char **words;
	size_t n = 0;

	if (hop < 0)
		chain(argv);
	while (argv[n])
		n++;
	words = malloc((n + 2) * sizeof *words);
	if (!words)
		die("out of memory");
	words[0] = program_invocation_short_name;
	memcpy(words + 1, argv, (n + 1) * sizeof *words);
	run(hop, words);
}
