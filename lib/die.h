/* die: messages and exit status, the same for every tool.
 *
 * A message is one line on stderr, "TOOL: WHAT WE TRIED OBJECT: reason".  Control
 * bytes in it are written as \xNN, so that a hostile file name or HTTP header can
 * neither forge a second line nor drive the reader's terminal.
 * Nothing here ever prints a secret: callers keep tokens out of what they pass. */
#ifndef LONGSHORE_DIE_H
#define LONGSHORE_DIE_H

#include <stdbool.h>

/* Exit statuses of the contract; longshore(7), EXIT STATUS. */
enum exit_status {
	EXIT_USAGE = 2,        /* data tools: the command line is wrong */
	EXIT_REFUSED = 3,      /* authentication refused */
	EXIT_NOT_FOUND = 4,    /* no such image, platform, tag */
	EXIT_RATE_LIMITED = 5, /* 429 left over */
	EXIT_MISMATCH = 6,     /* digest or size is not what was promised */
	EXIT_CHAIN = 125,      /* chain tools: the tool itself failed, usage included */
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NO_PROGRAM = 127,
};

/* What die() exits with: 1, or EXIT_CHAIN once a chain tool's main() has said so. */
extern int die_status;

/* The last act of each die(): undo and exit(3).  A child that borrows its parent's memory
 * puts _exit(2) here: the undo list, the stdio buffers and exit(3)'s own state are the
 * parent's; vfork(2). */
extern void (*die_leave)(int status);

/* -q: warn() and hint() stay silent; die() and complain() still speak. */
extern bool die_quiet;

/* Print a warning and go on.  The _errno forms add ": strerror(errno)". */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void warn_errno(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print why this tool fails, and come back: for a caller that ends in its own way, after
 * hints that take some finding out.  -q does not silence it. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void complain_errno(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A second line, "TOOL: hint: ...", that names the fix where an errno misleads. */
void hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print, undo what this tool has done so far (undo.h), exit with die_status. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void die_errno(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same with a status of its own. */
_Noreturn void die_with(int status, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* As die() and die_errno(), but a hint line follows the message; hint_text NULL: none. */
_Noreturn void die_hint(const char *hint_text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
_Noreturn void die_errno_hint(const char *hint_text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A wrong command line: the message, "hint: see TOOL --help", EXIT_USAGE or EXIT_CHAIN. */
_Noreturn void usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
