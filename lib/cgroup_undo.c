#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_undo.h"
#include "die.h"
#include "io.h"
#include "undo.h"

/* What is taken back when the step fails or ends, the newest first: a text goes into a
 * kernel file, a directory (value NULL) goes away. */
struct journal {
	const char *file, *value;
	struct journal *older;
};
static struct journal *journal;

static void
take_back(void *unused)
{
	(void)unused;
	for (struct journal *j = journal; j; j = j->older) {
		if (!j->value)
			rmdir(j->file); /* EBUSY: somebody else has moved in */
		else if (write_file_at(AT_FDCWD, j->file, j->value) < 0 && errno != ENOENT)
			warn_errno("put back %s in %s", j->value, j->file);
	}
	journal = NULL;
}

void
cgroup_remember(const char *file, const char *value)
{
	struct journal *j = malloc(sizeof *j);

	if (!j)
		die("out of memory");
	if (!journal)
		undo_push(take_back, NULL);
	*j = (struct journal){file, value, journal};
	journal = j;
}

bool
cgroup_will_unmake(const char *path)
{
	for (struct journal *j = journal; j; j = j->older)
		if (!j->value && !strcmp(j->file, path))
			return true;
	return false;
}
