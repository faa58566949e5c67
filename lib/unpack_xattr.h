/* unpack_xattr: which extended attributes of a layer come through, and how; xattr(7).
 *
 *	security.selinux, security.evm, security.apparmor, system.nfs4_acl
 *			  dropped: labels and signatures of the machine that made the layer
 *	trusted.overlay.X, user.overlay.X
 *			  escaped as trusted.overlay.overlay.X: data, never orders to overlayfs,
 *			  which removes the escape in what it shows (from 6.7 on)
 *	everything else	  kept: user.*, security.capability, POSIX ACLs, trusted.*, ... */
#ifndef LONGSHORE_UNPACK_XATTR_H
#define LONGSHORE_UNPACK_XATTR_H

#include <stddef.h>

struct dir;
struct tar_xattr;
struct unpack;

/* Room for a name with its escape: one that gets too long for the kernel is to be refused
 * by it (ERANGE), not cut. */
enum { XATTR_STORED_MAX = 256 + sizeof "overlay." };

/* The name under which an attribute is to be stored; NULL: not at all.  Pure. */
const char *xattr_stored_name(const char *name, char buf[XATTR_STORED_MAX]);

/* Set them on an open file, or (fd -1) on name in dir, which is not followed.  What the
 * file system or our privilege does not allow is warned about, once. */
void unpack_xattrs(struct unpack *u, int fd, const struct dir *dir, const char *name,
		   const struct tar_xattr *xattrs, size_t count);

/* Remove from name in dir what the entry does not have: a layer's entry for something
 * that exists replaces all of its metadata. */
void unpack_drop_xattrs(struct unpack *u, const struct dir *dir, const char *name,
			const struct tar_xattr *xattrs, size_t count);

#endif
