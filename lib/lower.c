#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "die.h"
#include "lower.h"
#include "unpack.h"
#include "unpack_file.h"

enum look { ABSENT, HIDDEN, FOUND };

static bool
is_opaque(int dir)
{
	char value = 0;

	return fchdir(dir) == 0 &&
	       ((getxattr(".", "trusted.overlay.opaque", &value, 1) == 1 && value == 'y') ||
		(getxattr(".", "user.overlay.opaque", &value, 1) == 1 && value == 'y'));
}

/* Walk path in one layer.  HIDDEN: neither here nor to be looked for further below.  On
 * FOUND *parent is a descriptor of the last component's directory. */
static enum look
look(int layer, const char *path, size_t parent_len, int *parent)
{
	int dir = openat(layer, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), next;
	bool opaque = is_opaque(dir);
	const char *p = path, *end = path + parent_len;
	struct stat st;

	for (; p < end; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");
		char *name = strndup(p, n);

		next = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		free(name);
		if (next < 0)
			break;
		close(dir);
		dir = next;
		opaque |= is_opaque(dir);
		p += n;
	}
	/* ENOTDIR: a whiteout, or something else that is no directory any more. */
	if (p < end || fstatat(dir, path + parent_len + (parent_len > 0), &st, AT_SYMLINK_NOFOLLOW) < 0) {
		opaque |= errno == ENOTDIR;
		close(dir);
		return opaque ? HIDDEN : ABSENT;
	}
	*parent = dir;
	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0) ? HIDDEN : FOUND;
}

bool
lower_copy(struct unpack *u, struct dir *dir, const char *name, const char *target)
{
	struct entry_name to = {0};
	enum look found = ABSENT;
	int parent = -1;

	entry_name_parse(&to, target);
	for (size_t i = u->lower_count; i-- > 0 && found == ABSENT;)
		found = look(u->lower[i], to.path, to.parent_len, &parent);
	if (found == FOUND) {
		unpack_clear(u, dir, name);
		unpack_copy(u, dir, name, parent, to.name);
	}
	if (parent >= 0)
		close(parent);
	free(to.path);
	return found == FOUND;
}
