#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "undo.h"

int die_status = EXIT_FAILURE;
bool die_quiet;

/* Escape control bytes and DEL; bytes from 0x80 up pass, they are UTF-8 as a rule. */
static size_t
escape(char *dst, size_t cap, const char *src)
{
	size_t n = 0;

	for (; *src && n + 5 < cap; src++) {
		unsigned char c = *src;

		if (c < 0x20 || c == 0x7f)
			n += snprintf(dst + n, cap - n, "\\x%02x", c);
		else
			dst[n++] = c;
	}
	dst[n] = '\0';
	return n;
}

/* One write(2) for the whole line: lines of parallel processes do not interleave. */
static void __attribute__((format(printf, 3, 0)))
say(const char *prefix, int err, const char *fmt, va_list ap)
{
	char text[3000], line[8192];
	size_t n;

	vsnprintf(text, sizeof text, fmt, ap);
	n = snprintf(line, sizeof line, "%s: %s", program_invocation_short_name, prefix);
	n += escape(line + n, sizeof line - n - 300, text);
	if (err)
		n += snprintf(line + n, sizeof line - n, ": %s", strerror(err));
	line[n++] = '\n';
	fflush(stdout);
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* nobody is left to tell */
}

/* Every public form is the same three lines around a va_list. */
#define SAY(prefix, err)                    \
	do {                                \
		int err_ = (err);           \
		va_list ap;                 \
		va_start(ap, fmt);          \
		say(prefix, err_, fmt, ap); \
		va_end(ap);                 \
	} while (0)

static void
undo_and_exit(int status)
{
	undo_run();
	exit(status);
}

void (*die_leave)(int status) = undo_and_exit;

static _Noreturn void
leave(int status)
{
	die_leave(status);
	_exit(status);
}

void
warn(const char *fmt, ...)
{
	if (!die_quiet)
		SAY("", 0);
}

void
warn_errno(const char *fmt, ...)
{
	if (!die_quiet)
		SAY("", errno);
}

void
complain(const char *fmt, ...)
{
	SAY("", 0);
}

void
complain_errno(const char *fmt, ...)
{
	SAY("", errno);
}

void
hint(const char *fmt, ...)
{
	if (!die_quiet)
		SAY("hint: ", 0);
}

void
die(const char *fmt, ...)
{
	SAY("", 0);
	leave(die_status);
}

void
die_errno(const char *fmt, ...)
{
	SAY("", errno);
	leave(die_status);
}

void
die_with(int status, const char *fmt, ...)
{
	SAY("", 0);
	leave(status);
}

void
die_hint(const char *hint_text, const char *fmt, ...)
{
	SAY("", 0);
	if (hint_text)
		hint("%s", hint_text);
	leave(die_status);
}

void
die_errno_hint(const char *hint_text, const char *fmt, ...)
{
	SAY("", errno);
	if (hint_text)
		hint("%s", hint_text);
	leave(die_status);
}

void
usage(const char *fmt, ...)
{
	SAY("", 0);
	hint("see %s --help", program_invocation_short_name);
	leave(die_status == EXIT_CHAIN ? EXIT_CHAIN : EXIT_USAGE);
}
