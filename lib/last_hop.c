/* SPDX-License-Identifier: ISC */
/* last_hop: a program of one act, which stands between ns-exec and PROGRAM.
 *
 * At the moment of an execve(2) the kernel looks up PROGRAM, the interpreter behind its
 * "#!" and its ELF loader, and every one of these may be "/proc/self/exe": whoever makes
 * that call offers its own binary.  So ns-exec does not make it, but becomes this first:
 * some kilobytes in a sealed memfd, of which nothing is worth having.
 *
 * Linked on its own, static and small, since each start copies it; the Makefile turns it
 * into an array that lib/own_exe.c carries.  The messages are those of chain(). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { NOT_EXECUTABLE = 126, NO_PROGRAM = 127, LINE_MAX_ = 4096, ESCAPED = 4 };

/* Control bytes as \xNN: the name is the image's, the terminal is the reader's. */
static char *
add(char *out, const char *end, const char *s)
{
	static const char hex[] = "0123456789abcdef";

	for (; *s && end - out > ESCAPED; s++) {
		unsigned char c = *s;

		if (c >= 0x20 && c != 0x7f) {
			*out++ = c;
			continue;
		}
		*out++ = '\\';
		*out++ = 'x';
		*out++ = hex[c >> 4];
		*out++ = hex[c & 15];
	}
	return out;
}

static void
say(const char *tool, const char *name, const char *why)
{
	char line[LINE_MAX_], *end = line + sizeof line - 1, *p = line;

	p = add(p, end, tool);
	p = add(p, end, ": exec ");
	p = add(p, end - 300, name);
	p = add(p, end, ": ");
	p = add(p, end, why);
	*p++ = '\n';
	if (write(STDERR_FILENO, line, p - line) < 0)
		return; /* nobody is left to tell */
}

/* argv[0] is ns-exec's name for messages, PROGRAM and its words follow. */
int
main(int argc, char **argv)
{
	int err;

	if (argc < 2)
		return NO_PROGRAM;
	execvp(argv[1], argv + 1);
	err = errno;
	if (err == ENOENT && strchr(argv[1], '/') && access(argv[1], F_OK) == 0)
		say(argv[0], argv[1], "its interpreter (#! line or ELF loader) is not there");
	else
		say(argv[0], argv[1], strerror(err));
	return err == ENOENT ? NO_PROGRAM : NOT_EXECUTABLE;
}
