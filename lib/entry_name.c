#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "entry_name.h"

/* ".." stays: only the kernel knows where "link/.." leads. */
static void
clean(struct entry_name *n, const char *raw)
{
	char *out = n->path;

	n->depth = 0;
	n->parent_len = 0;
	n->name = n->path;
	while (*raw) {
		size_t len = strcspn(raw, "/");

		if (len > 0 && !(len == 1 && raw[0] == '.')) {
			if (n->depth++ > 0) {
				n->parent_len = out - n->path;
				*out++ = '/';
			}
			n->name = out;
			memcpy(out, raw, len);
			out += len;
		}
		raw += len + (raw[len] == '/');
	}
	*out = '\0';
}

static enum entry_kind
kind_of(struct entry_name *n)
{
	const char *wh = strncmp(n->path, ".wh.", 4) == 0 ? n->path : strstr(n->path, "/.wh.");
	bool opaque;

	if (n->depth == 0)
		return ENTRY_ROOT;
	if (!wh)
		return ENTRY_PLAIN;
	wh += *wh == '/';
	opaque = strcspn(wh, "/") == 12 && strncmp(wh, ".wh..wh..opq", 12) == 0;
	if (strncmp(wh, ".wh..wh.", 8) == 0 && !opaque)
		return ENTRY_SKIP;
	if (wh != n->name) /* something below it */
		return ENTRY_BAD;
	if (opaque) {
		n->name = "";
		return ENTRY_OPAQUE;
	}
	n->name = wh + 4;
	if (!*n->name || strcmp(n->name, ".") == 0 || strcmp(n->name, "..") == 0)
		return ENTRY_BAD;
	return ENTRY_WHITEOUT;
}

void
entry_name_parse(struct entry_name *n, const char *raw)
{
	n->path = realloc(n->path, strlen(raw) + 1);
	if (!n->path)
		die("out of memory");
	clean(n, raw);
	n->kind = kind_of(n);
}
