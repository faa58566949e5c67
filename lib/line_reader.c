#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "line_reader.h"

int
line_reader_fill(struct line_reader *r, int fd)
{
	/* A byte is left for line_reader_next()'s NUL. */
	size_t room = sizeof r->text - 1 - r->n;
	ssize_t n = room ? read(fd, r->text + r->n, room) : -1;

	if (n < 0 && room && errno == EINTR)
		return 0;
	if (n < 0) {
		if (!room)
			errno = EMSGSIZE;
		r->n = 0;
		r->ended = true;
		return -1;
	}
	r->n += n;
	r->ended = n == 0;
	return 0;
}

char *
line_reader_next(struct line_reader *r)
{
	char *end = memchr(r->text, '\n', r->n);
	size_t n = end ? (size_t)(end - r->text) : r->n;

	if (!end && (!r->ended || r->n == 0))
		return NULL;
	memcpy(r->line, r->text, n);
	r->line[n] = '\0';
	n += end != NULL;
	r->n -= n;
	memmove(r->text, r->text + n, r->n);
	return r->line;
}
