#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "syscall_filter.h"
#include "step.h"

struct seccomp_part {
	int cap;
	const struct sock_filter *code;
	unsigned size; /* bytes */
};

#include "seccomp_default.h" /* made from seccomp-default.json by the Makefile */

static struct sock_filter code[BPF_MAXINSNS];
static unsigned count;

/* Behind what is there: a part that has no answer falls out of its end into the next. */
static void
append(const struct sock_filter *part, unsigned size)
{
	unsigned n = size / sizeof *part;

	if (n > BPF_MAXINSNS - count)
		die("the seccomp filter has more than %d instructions", BPF_MAXINSNS);
	memcpy(code + count, part, size);
	count += n;
}

static void
append_file(const char *path)
{
	static struct sock_filter program[BPF_MAXINSNS + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		die_errno("open the seccomp filter %s", path);
	n = read_all(fd, program, sizeof program);
	if (n < 0)
		die_errno("read the seccomp filter %s", path);
	close(fd);
	if (n > 0 && *(char *)program == '{') {
		complain("%s is a profile, not a filter", path);
		hint("seccomp-compile %s > FILE makes one", path);
		_exit(die_status);
	}
	if (n == 0 || n % sizeof program[0])
		die("%s is not a seccomp filter: %zd bytes", path, n);
	append(program, n);
}

void
syscall_filter_prepare(const char *which, uint64_t caps, bool terminal)
{
	if (terminal)
		append(seccomp_terminal, sizeof seccomp_terminal);
	if (strcmp(which, "default") == 0) {
		for (size_t i = 0; i < sizeof seccomp_parts / sizeof seccomp_parts[0]; i++)
			if (caps >> seccomp_parts[i].cap & 1)
				append(seccomp_parts[i].code, seccomp_parts[i].size);
		append(seccomp_base, sizeof seccomp_base);
	} else if (strcmp(which, "none") != 0) {
		append_file(which);
	} else if (count) {
		static const struct sock_filter allow =
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
		append(&allow, sizeof allow);
	}
}

void
syscall_filter_install(void)
{
	struct sock_fprog program = {count, code};

	if (!count || !step(STEP_NONE, "install a seccomp filter of %u instructions; seccomp(2)",
			    count))
		return;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		die_errno_hint(errno == EINVAL ? "the kernel does not accept this program"
			       : errno == EACCES
				       ? "without --no-new-privs it needs CAP_SYS_ADMIN"
				       : NULL,
			       "install the seccomp filter");
}
