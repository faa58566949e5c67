/* step: every act is explained before it is done, from the same line of code.
 *
 *	if (step(STEP_SAME, "mkdir %s", sh(path)))
 *		if (mkdir(path, 0755) < 0)
 *			die_errno("mkdir %s", path);
 *
 * With -x the text goes to stderr behind its mark; with -n it goes to stdout as a line
 * of a shell script and step() is false, so that nothing is done.  Because the test
 * and the text are one expression, the two cannot drift apart. */
#ifndef LONGSHORE_STEP_H
#define LONGSHORE_STEP_H

#include <stdbool.h>

enum step_mark {
	STEP_SAME = '+',  /* the command does exactly the same */
	STEP_CLOSE = '~', /* the command comes close */
	STEP_NONE = '!',  /* no command can: the text names the system call and its page */
};

extern bool step_explain; /* -x */
extern bool step_dry;     /* -n; wins over -x */

/* Explain one act; true when the caller is to do it now.  The text may hold several
 * lines; in a script those marked ! become comments.  The first line of a script is
 * preceded by "set -e".  Never pass a secret: write "$REG_TOKEN" instead. */
bool step(enum step_mark mark, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The word as sh(1) reads it back: itself when it is plain, else in single quotes.
 * Allocated, never freed (exit is the free). */
char *sh(const char *word);

/* All words of a NULL-terminated list, quoted, joined by blanks; allocated alike. */
char *sh_words(char *const *words);

/* Text of any length, allocated, dies when memory is short: for building a step's
 * command piece by piece. */
char *text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
