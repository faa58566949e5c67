#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "argfile.h"
#include "die.h"
#include "io.h"

enum {
	ARGFILE_MAX = 1 << 21, /* more would not fit into an exec either; execve(2) */
	FILES_MAX = 64,	       /* a file may name others, but a circle has no end */
};

static char *
slurp(const char *file, size_t *len)
{
	int fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	char *buf = malloc(ARGFILE_MAX + 1);
	ssize_t n;

	if (!buf)
		die("out of memory");
	if (fd < 0)
		die_errno("open %s", file);
	n = read_all(fd, buf, ARGFILE_MAX + 1);
	if (n < 0)
		die_errno("read %s", file);
	if (n > ARGFILE_MAX)
		die("%s: more than %d bytes of arguments", file, ARGFILE_MAX);
	if (n > 0 && buf[n - 1] != '\0')
		die("%s: the last argument is not ended by a NUL byte", file);
	if (fd != STDIN_FILENO)
		close(fd);
	*len = n;
	return buf;
}

char **
argfile_expand(int *argc, char **argv, const char *file)
{
	/* "--args FILE" is two words, "--args=FILE" one. */
	int first = optind - (argv[optind - 1] == file ? 2 : 1), words = 0, n;
	static int files;
	size_t len;
	char *buf, **out;

	if (++files > FILES_MAX)
		die("--args %s: more than %d files; does one name itself?", file, FILES_MAX);
	buf = slurp(file, &len);
	for (size_t i = 0; i < len; i++)
		words += buf[i] == '\0';
	out = calloc(*argc + words + 1, sizeof *out);
	if (!out)
		die("out of memory");
	memcpy(out, argv, first * sizeof *out);
	n = first;
	for (char *p = buf; p < buf + len; p += strlen(p) + 1)
		out[n++] = p;
	memcpy(out + n, argv + optind, (*argc - optind + 1) * sizeof *out);
	*argc = n + *argc - optind;
	optind = first;
	return out;
}
