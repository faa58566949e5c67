#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "die.h"
#include "overlay_marks.h"
#include "pack_entry.h"
#include "pack_xattrs.h"
#include "step.h"
#include "xattrs.h"

/* Attributes that describe this host, not the image. */
static bool
is_local(const char *xattr)
{
	static const char *const names[] = {"security.selinux", "security.ima", "security.evm",
					    "system.nfs4_acl"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(xattr, names[i]) == 0)
			return true;
	return false;
}

static _Noreturn void
refuse(const char *name, const char *what, const char *option)
{
	complain("%s: %s, which only makes sense above the layers it was made on", name, what);
	hint("mount with -o %s=off and make the change again", option);
	exit(die_status);
}

bool
pack_xattrs(struct ustar_entry *e, int fd, const char *path)
{
	struct ustar_xattr *list;
	ssize_t n = xattrs_read(fd, path, &list);
	size_t kept = 0;
	bool opaque = false;

	if (n < 0)
		die_errno("read extended attributes of %s", e->path);
	for (ssize_t i = 0; i < n; i++) {
		enum overlay_mark mark = overlay_mark(list[i].name, list[i].value, list[i].size);

		if (mark == OVERLAY_MARK_REDIRECT)
			refuse(e->path, "a renamed directory (redirect)", "redirect_dir");
		if (mark == OVERLAY_MARK_METACOPY)
			refuse(e->path, "a file without its data (metacopy)", "metacopy");
		if (mark == OVERLAY_MARK_ESCAPED)
			list[i].name = overlay_unescape(list[i].name);
		else if (mark == OVERLAY_MARK_OPAQUE)
			opaque = true;
		else if (mark == OVERLAY_MARK_NESTED && e->type == USTAR_FILE)
			e->type = USTAR_CHAR; /* 0:0 */
		if ((mark != OVERLAY_MARK_NONE && mark != OVERLAY_MARK_ESCAPED) ||
		    is_local(list[i].name))
			continue;
		if (strchr(list[i].name, '='))
			die("%s: attribute %s: a pax record cannot hold this name", e->path,
			    list[i].name);
		list[kept++] = list[i];
	}
	e->xattrs = list;
	e->xattr_count = kept;
	return opaque;
}

/* A whiteout is a character device 0:0, or, where an overlay was made inside another
 * one, an empty file with an attribute. */
bool
pack_is_whiteout(const struct pack_place *at, const char *name, const struct stat *st)
{
	struct ustar_xattr *list;
	char *via;
	ssize_t n;
	bool found = false;

	if (S_ISCHR(st->st_mode))
		return st->st_rdev == 0;
	if (!S_ISREG(st->st_mode) || st->st_size > 0)
		return false;
	via = text("/proc/self/fd/%d/%s", at->fd, name);
	n = xattrs_read(-1, via, &list);
	for (ssize_t i = 0; i < n; i++)
		found |= overlay_mark(list[i].name, list[i].value, list[i].size) ==
			 OVERLAY_MARK_WHITEOUT;
	if (n >= 0)
		xattrs_free(list, n);
	free(via);
	return found;
}
