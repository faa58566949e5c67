#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "die.h"
#include "overlay.h"
#include "step.h"

static int
append_word(void *data, char *word)
{
	*(char **)data = text("%s,%s", *(char **)data, word);
	return 0;
}

/* mount(2)'s option string must fit a page.  Where the paths do not, their descriptors'
 * numbers do: from inside /proc/self/fd, "7:6:5" names three open directories. */
static struct overlay
shorten(const struct overlay *o)
{
	struct overlay s = *o;

	s.lower = calloc(o->lowers, sizeof *s.lower);
	if (!s.lower)
		die("out of memory");
	for (size_t i = 0; i < o->lowers; i++)
		s.lower[i] = text("%d", overlay_open("layer", o->lower[i]));
	if (o->upper) {
		s.upper = text("%d", overlay_open("upper directory", o->upper));
		s.work = text("%d", overlay_open("work directory", o->work));
	}
	return s;
}

int
overlay_mount_legacy(const struct overlay *o, const char *target)
{
	struct overlay dirs = *o;
	unsigned long flags = 0;
	unsigned attr = 0;
	char *data;
	int here, there, rc, saved;

	dirs.extra = "";
	here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	there = open(target, O_PATH | O_CLOEXEC);
	if (here < 0 || there < 0)
		die_errno("open mount point %s", target);
	data = overlay_data(&dirs);
	if (strlen(data) > OVERLAY_DATA_MAX - strlen(o->extra) - 1) {
		dirs = shorten(&dirs);
		data = overlay_data(&dirs);
		if (chdir("/proc/self/fd") < 0)
			die_errno("change to /proc/self/fd");
	}
	overlay_each_option(o, &attr, &flags, append_word, &data);
	rc = mount("overlay", text("/proc/self/fd/%d", there), "overlay", flags, data);
	saved = errno;
	/* The next program inherits the working directory. */
	if (fchdir(here) < 0)
		die_errno("return to the working directory");
	close(here);
	close(there);
	errno = saved;
	return rc;
}
