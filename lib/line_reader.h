/* line_reader: lines of a descriptor that poll(2) is asked about meanwhile: never more
 * than one read(2) a call, and no stdio, whose buffer poll(2) does not see. */
#ifndef LONGSHORE_LINE_READER_H
#define LONGSHORE_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

enum { LINE_READER_MAX = 8192 }; /* bytes of a line */

struct line_reader { /* all zeros: nothing read yet */
	char text[LINE_READER_MAX]; /* read ahead */
	size_t n;
	bool ended;
	char line[LINE_READER_MAX];
};

/* Read once.  0, at the end of file with r->ended; -1 with errno, EMSGSIZE for a line that
 * is too long; after a failure nothing more will come. */
int line_reader_fill(struct line_reader *r, int fd);

/* The next whole line, without its newline, valid until the next call; NULL: there is
 * none yet, or none any more when r->ended. */
char *line_reader_next(struct line_reader *r);

#endif
