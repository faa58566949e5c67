#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "die.h"
#include "unpack.h"
#include "unpack_xattr.h"

static const char *const dropped[] = {"security.selinux", "security.evm", "security.apparmor",
				      "system.nfs4_acl"};
static const char *const overlay[] = {"trusted.overlay.", "user.overlay."};

const char *
xattr_stored_name(const char *name, char buf[XATTR_STORED_MAX])
{
	for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
		if (strcmp(name, dropped[i]) == 0)
			return NULL;
	for (size_t i = 0; i < sizeof overlay / sizeof overlay[0]; i++) {
		size_t n = strlen(overlay[i]);

		if (strncmp(name, overlay[i], n) != 0)
			continue;
		snprintf(buf, XATTR_STORED_MAX, "%soverlay.%s", overlay[i], name + n);
		return buf;
	}
	return name;
}

/* Not worth a failure: the file system has no such thing, or only a more privileged user
 * may set it; tar(1) and podman-pull(1) see it the same way. */
static bool
tolerable(struct unpack *u, const char *name)
{
	if (errno != ENOTSUP && errno != EPERM)
		return false;
	if (!u->warned_xattr)
		warn_errno("extended attribute %s of %s is lost", name, u->name.path);
	u->warned_xattr = true;
	return true;
}

void
unpack_xattrs(struct unpack *u, int fd, const struct dir *dir, const char *name,
	      const struct tar_xattr *xattrs, size_t count)
{
	char buf[XATTR_STORED_MAX];

	if (count > 0 && fd < 0 && fchdir(dir->fd) < 0)
		die_errno("enter the directory of %s", u->name.path);
	for (size_t i = 0; i < count; i++) {
		const struct tar_xattr *x = &xattrs[i];
		const char *as = xattr_stored_name(x->name, buf);

		if (!as)
			continue;
		if ((fd >= 0 ? fsetxattr(fd, as, x->value, x->size, 0)
			     : lsetxattr(name, as, x->value, x->size, 0)) < 0 &&
		    !tolerable(u, x->name))
			die_errno("set extended attribute %s of %s", x->name, u->name.path);
	}
}

static bool
wanted(const char *stored, const struct tar_xattr *xattrs, size_t count)
{
	char buf[XATTR_STORED_MAX];

	for (size_t i = 0; i < count; i++) {
		const char *as = xattr_stored_name(xattrs[i].name, buf);

		if (as && strcmp(as, stored) == 0)
			return true;
	}
	/* Labels belong to the machine, and are neither taken nor removed. */
	return !xattr_stored_name(stored, buf);
}

void
unpack_drop_xattrs(struct unpack *u, const struct dir *dir, const char *name,
		   const struct tar_xattr *xattrs, size_t count)
{
	static char list[XATTR_LIST_MAX];
	ssize_t n;

	if (fchdir(dir->fd) < 0)
		die_errno("enter the directory of %s", u->name.path);
	n = llistxattr(name, list, sizeof list);
	for (char *p = list; n > 0 && p < list + n; p += strlen(p) + 1)
		if (!wanted(p, xattrs, count) && lremovexattr(name, p) < 0 &&
		    errno != ENODATA && !tolerable(u, p))
			die_errno("remove extended attribute %s of %s", p, u->name.path);
}
