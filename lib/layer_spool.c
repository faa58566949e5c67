#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "die.h"
#include "layer_spool.h"
#include "step.h"

int
layer_spool(const char *where)
{
	char *name = text("%s/layer-mount.XXXXXX", where);
	int fd;

	if (strcmp(where, "memory") == 0) {
		fd = memfd_create("layer-mount", MFD_CLOEXEC);
		if (fd < 0)
			die_errno("make a file in memory");
		return fd;
	}
	fd = open(where, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		/* Not every file system has O_TMPFILE; open(2). */
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			unlink(name);
	}
	if (fd < 0)
		die_errno_hint("choose another place with -s DIR, or -s memory",
			       "make a temporary file in %s", where);
	return fd;
}
