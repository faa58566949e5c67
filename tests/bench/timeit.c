/* timeit N COMMAND...: run COMMAND N times, one after the other, and print the median
 * wall time of one run in microseconds, then the minimum, the CPU microseconds of one
 * run on average, and the largest child's peak memory in kB.  An argument "{}" becomes
 * the number of the run, from $FIRST (0) up.  The smallest harness there is: vfork, exec,
 * wait.  (Small matters: a child's peak starts at its parent's size, which vfork(2) lends.)
 * What COMMAND prints on stdout is thrown away.
 * SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
run_once(char **argv, int number, int null)
{
	char text[16], *words[256];
	int status, n = 0;
	pid_t pid;

	snprintf(text, sizeof text, "%d", number);
	for (; argv[n] && n < 255; n++)
		words[n] = strcmp(argv[n], "{}") == 0 ? text : argv[n];
	words[n] = NULL;
	pid = vfork();
	if (pid == 0) {
		dup2(null, 1);
		execvp(words[0], words);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "timeit: run %d of %s: status %#x\n", number, words[0], status);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[1]) : 0, null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	double *took = calloc(n + 1, sizeof *took);
	int first = getenv("FIRST") ? atoi(getenv("FIRST")) : 0;
	struct rusage use;

	if (n < 1 || !took || null < 0) {
		fprintf(stderr, "usage: timeit N COMMAND...\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		double start = now_us();

		run_once(argv + 2, first + i, null);
		took[i] = now_us() - start;
	}
	qsort(took, n, sizeof *took, ascending);
	getrusage(RUSAGE_CHILDREN, &use);
	printf("%.0f %.0f %.0f %ld\n", took[n / 2], took[0],
	       ((use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 + use.ru_utime.tv_usec +
		use.ru_stime.tv_usec) / n, use.ru_maxrss);
	return 0;
}
