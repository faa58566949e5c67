/* progress: one line per running download on a terminal's standard error: how much of
 * how much, and how fast.  Nothing at all where stderr is no terminal, under -q, under
 * -x (whose lines would be overwritten), and in the first second. */
#ifndef LONGSHORE_PROGRESS_H
#define LONGSHORE_PROGRESS_H

#include <stdbool.h>

struct progress {
	char label[24];        /* "sha256:0123456789ab" */
	long long have, total; /* total 0: unknown */
	long long first;       /* have at the start: what was there is no speed */
	double since;
	bool shown;            /* on the list */
	struct progress *next;
};

/* From now on p is drawn; label is cut to fit.  have: bytes that are there already. */
void progress_start(struct progress *p, const char *label, long long have, long long total);

/* The new state; draws at most five times a second. */
void progress_move(struct progress *p, long long have, long long total);

/* p is drawn no more. */
void progress_stop(struct progress *p);

/* Take the lines off the screen, before something else is printed. */
void progress_clear(void);

#endif
