#include <string.h>

#include "overlay_marks.h"
#include "step.h"

static const char *const prefixes[] = {"trusted.overlay.", "user.overlay."};

/* The part behind overlayfs's prefix, NULL for other attributes. */
static const char *
strip_prefix(const char *xattr)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
		if (strncmp(xattr, prefixes[i], strlen(prefixes[i])) == 0)
			return xattr + strlen(prefixes[i]);
	return NULL;
}

enum overlay_mark
overlay_mark(const char *xattr, const char *value, size_t size)
{
	const char *name = strip_prefix(xattr);

	if (!name)
		return OVERLAY_MARK_NONE;
	if (strcmp(name, "overlay.whiteout") == 0)
		return OVERLAY_MARK_NESTED;
	/* layer-unpack's note beside a nested whiteout; it comes back with that. */
	if (strcmp(name, "overlay.opaque") == 0 && size == 1 && *value == 'x')
		return OVERLAY_MARK_PRIVATE;
	if (strncmp(name, "overlay.", strlen("overlay.")) == 0)
		return OVERLAY_MARK_ESCAPED;
	/* The value "x" is no opaque mark: it says "look for whiteout attributes here". */
	if (strcmp(name, "opaque") == 0 && size == 1 && *value == 'y')
		return OVERLAY_MARK_OPAQUE;
	if (strcmp(name, "whiteout") == 0)
		return OVERLAY_MARK_WHITEOUT;
	if (strcmp(name, "redirect") == 0)
		return OVERLAY_MARK_REDIRECT;
	if (strcmp(name, "metacopy") == 0)
		return OVERLAY_MARK_METACOPY;
	return OVERLAY_MARK_PRIVATE;
}

char *
overlay_unescape(const char *xattr)
{
	const char *name = strip_prefix(xattr);

	return text("%.*s%s", (int)(name - xattr), xattr, name + strlen("overlay."));
}
