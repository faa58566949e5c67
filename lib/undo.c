#include <errno.h>
#include <stdlib.h>

#include "undo.h"

static struct {
	void (*fn)(void *);
	void *arg;
} entries[32];
static unsigned count;

void
undo_push(void (*fn)(void *), void *arg)
{
	if (count == sizeof entries / sizeof entries[0])
		abort();
	entries[count].fn = fn;
	entries[count++].arg = arg;
}

void
undo_run(void)
{
	int saved = errno;

	/* Popped before it is called: an fn that fails cannot be entered twice. */
	while (count > 0) {
		count--;
		entries[count].fn(entries[count].arg);
	}
	errno = saved;
}

void
undo_forget(void)
{
	count = 0;
}
