#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "overlay.h"
#include "step.h"

/* Append path at p with the bytes that overlayfs would take for syntax escaped. */
static char *
escape(char *p, const char *path)
{
	for (; *path; path++) {
		if (strchr("\\:,", *path))
			*p++ = '\\';
		*p++ = *path;
	}
	*p = '\0';
	return p;
}

char *
overlay_data(const struct overlay *o)
{
	size_t room = strlen(o->extra) + 64;
	char *data, *p;

	for (size_t i = 0; i < o->lowers; i++)
		room += 2 * strlen(o->lower[i]) + 1;
	if (o->upper)
		room += 2 * (strlen(o->upper) + strlen(o->work));
	data = malloc(room);
	if (!data)
		die("out of memory");
	p = stpcpy(data, "lowerdir=");
	/* The kernel reads lowerdir= from the top of the stack down. */
	for (size_t i = o->lowers; i-- > 0;) {
		p = escape(p, o->lower[i]);
		if (i > 0)
			p = stpcpy(p, ":");
	}
	if (o->upper) {
		p = escape(stpcpy(p, ",upperdir="), o->upper);
		p = escape(stpcpy(p, ",workdir="), o->work);
	}
	if (*o->extra)
		stpcpy(stpcpy(p, ","), o->extra);
	return data;
}

/* Would mount(8) hand this path on as it is?  It splits its options at commas, and
 * gives quotes and backslashes a meaning of its own. */
static bool
is_plain(const char *path)
{
	return strpbrk(path, "\\:,\"\n") == NULL;
}

static bool
all_plain(const struct overlay *o)
{
	for (size_t i = 0; i < o->lowers; i++)
		if (!is_plain(o->lower[i]))
			return false;
	return !o->upper || (is_plain(o->upper) && is_plain(o->work));
}

static char *
absolute(const char *path)
{
	char cwd[PATH_MAX];

	if (*path == '/' || !getcwd(cwd, sizeof cwd))
		return text("%s", path);
	return text("%s/%s", cwd, path);
}

/* Short names instead of awkward or long ones: links in a directory of their own, which
 * is how container engines fit 128 layers into mount(2)'s one page.
 * LIBMOUNT_FORCE_MOUNT2: from 2.39 on mount(8) uses fsconfig(2), whose strings end at
 * 255 bytes. */
static char *
linked_command(const struct overlay *o, const char *target)
{
	char *links = text("d=$(mktemp -d)"), *names = text("%s", "");
	char *rest = text("%s", "");

	for (size_t i = 0; i < o->lowers; i++) {
		links = text("%s\nln -s %s \"$d/%zu\"", links, sh(absolute(o->lower[i])), i);
		names = text("%zu%s%s", i, *names ? ":" : "", names);
	}
	if (o->upper) {
		links = text("%s\nln -s %s \"$d/u\"\nln -s %s \"$d/w\"", links,
			     sh(absolute(o->upper)), sh(absolute(o->work)));
		rest = text(",upperdir=u,workdir=w");
	}
	if (*o->extra)
		rest = text("%s,%s", rest, sh(o->extra));
	return text("%s\n(cd \"$d\" && LIBMOUNT_FORCE_MOUNT2=always mount -t overlay overlay "
		    "-o lowerdir=%s%s %s)\nrm -r \"$d\"",
		    links, names, rest, sh(absolute(target)));
}

char *
overlay_command(const struct overlay *o, const char *target, bool *exact)
{
	char *data = overlay_data(o);

	*exact = all_plain(o) && strlen(data) <= OVERLAY_DATA_MAX;
	if (!*exact)
		return linked_command(o, target);
	return text("mount -t overlay overlay -o %s %s", sh(data), sh(target));
}
