#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chain.h"
#include "die.h"
#include "io.h"
#include "step.h"
#include "undo.h"

static const char *const chain_tools[] = {"cg-place", "exit-hook", "layer-mount",
					  "net-plumb", "ns-exec", "ovl-mount"};

char **
chain_rest(char **argv)
{
	return *argv && strcmp(*argv, "--") == 0 ? argv + 1 : argv;
}

/* The file execvp(3) would take for a name without a slash; false if there is none. */
static bool
find_in_path(const char *name, char out[PATH_MAX])
{
	const char *dir = getenv("PATH");

	if (!dir)
		dir = "/usr/bin:/bin";
	for (; *dir; dir += *dir == ':') {
		size_t n = strcspn(dir, ":");

		snprintf(out, PATH_MAX, "%.*s%s%s", (int)n, dir, n ? "/" : "", name);
		if (access(out, X_OK) == 0)
			return true;
		dir += n;
	}
	return false;
}

/* -n never runs a foreign program: ours are the known names beside our own binary. */
static bool
is_ours(const char *name)
{
	char self[PATH_MAX], found[PATH_MAX], real[PATH_MAX];
	const char *base = strrchr(name, '/');
	bool known = false;
	ssize_t n;

	base = base ? base + 1 : name;
	for (size_t i = 0; i < sizeof chain_tools / sizeof chain_tools[0]; i++)
		known |= strcmp(base, chain_tools[i]) == 0;
	if (!known)
		return false;
	if (strchr(name, '/'))
		snprintf(found, sizeof found, "%s", name);
	else if (!find_in_path(name, found))
		return false;
	n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n < 0 || !realpath(found, real))
		return false;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	*strrchr(real, '/') = '\0';
	return strcmp(self, real) == 0;
}

/* argv with "-n" as its first option. */
static char **
with_dry_run(char **argv)
{
	static char flag[] = "-n";
	size_t n = 0;
	char **out;

	while (argv[n])
		n++;
	out = calloc(n + 2, sizeof *out);
	if (!out)
		die("out of memory");
	out[0] = argv[0];
	out[1] = flag;
	memcpy(out + 2, argv + 1, n * sizeof *out);
	return out;
}

void
chain_print(char **argv)
{
	int status;
	pid_t pid;

	if (!is_ours(argv[0])) {
		printf("exec %s\n", sh_words(argv));
		flush_stdout();
		return;
	}
	flush_stdout();
	errno = posix_spawnp(&pid, argv[0], NULL, NULL, with_dry_run(argv), environ);
	if (errno || waitpid(pid, &status, 0) < 0)
		die_errno("run %s -n", argv[0]);
	if (status != 0)
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_CHAIN);
}

void
chain(char **argv)
{
	if (step_dry) {
		chain_print(argv);
		exit(0);
	}
	fflush(stdout);
	execvp(argv[0], argv);
	/* A script whose #! interpreter is missing fails with ENOENT just like a missing
	 * file: say which one it is; execve(2). */
	if (errno == ENOENT && strchr(argv[0], '/') && access(argv[0], F_OK) == 0) {
		complain("exec %s: its interpreter (#! line or ELF loader) is not there", argv[0]);
		errno = ENOENT;
	} else {
		complain_errno("exec %s", argv[0]);
	}
	die_leave(errno == ENOENT ? EXIT_NO_PROGRAM : EXIT_NOT_EXECUTABLE);
	abort();
}
