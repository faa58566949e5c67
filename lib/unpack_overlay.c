#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "die.h"
#include "unpack.h"
#include "unpack_overlay.h"

/* Set overlay.KEY on name in dir, in the one of the two forms that we are allowed. */
static void
set(struct unpack *u, const struct dir *dir, const char *name, const char *key, const char *value)
{
	static const char *const prefix[] = {"trusted.overlay.", "user.overlay."};
	char attr[64];
	int r;

	/* There is no setxattrat(2) before 6.13; the working directory makes lsetxattr(2),
	 * which does not follow name, relative to a descriptor. */
	if (fchdir(dir->fd) < 0)
		die_errno("enter the directory of %s", u->name.path);
	for (; u->form < 2; u->form++) {
		strcpy(stpcpy(attr, prefix[u->form]), key);
		r = lsetxattr(name, attr, value, strlen(value), 0);
		if (r == 0)
			return;
		if (errno != EPERM)
			break;
	}
	die_errno_hint(errno == ENOTSUP ? "overlay layers need a file system with extended "
					  "attributes" : NULL,
		       "set overlay.%s for %s", key, u->name.path);
}

void
unpack_set_opaque(struct unpack *u, const struct dir *dir, const char *name)
{
	if (u->overlay)
		set(u, dir, name, "opaque", "y");
}

/* Whiteouts in a directory that no lower layer has would show up in listings: the kernel
 * looks for them only where it merges, or where the directory is marked as the copy of
 * another one.  An empty origin is such a mark and says nothing else;
 * fs/overlayfs/inode.c, ovl_get_inode(). */
static void
mark_directory(struct unpack *u, struct dir *dir)
{
	if (!dir->touched)
		set(u, dir, ".", "origin", "");
	dir->touched = true;
}

void
unpack_put_whiteout(struct unpack *u, struct dir *dir, const char *name)
{
	mark_directory(u, dir);
	/* Needs no CAP_MKNOD: the kernel exempts this one device, mknod(2) in any user
	 * namespace, from 5.8 on. */
	if (mknodat(dir->fd, name, S_IFCHR, makedev(0, 0)) < 0)
		die_errno_hint(errno == EPERM ? "whiteouts are char devices 0:0; a kernel before 5.8 "
						"allows them to the first user namespace alone" : NULL,
			       "make the whiteout of %s", u->name.path);
}

bool
unpack_is_whiteout(struct unpack *u, const struct stat *st)
{
	return u->overlay && S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

void
unpack_put_nested_whiteout(struct unpack *u, struct dir *dir, const char *name)
{
	int fd = openat(dir->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		unpack_die(u, "create");
	close(fd);
	/* Escaped, overlayfs shows both as attributes without their "overlay." in front,
	 * and takes neither for its own; overlayfs.rst, "Nesting overlayfs mounts". */
	set(u, dir, name, "overlay.whiteout", "y");
	set(u, dir, ".", "overlay.opaque", "x");
}
