/* unpack_overlay: whiteouts and opaque directories in the form that overlayfs reads.
 * Documentation/filesystems/overlayfs.rst, "Whiteouts and opaque directories".
 *
 * trusted.* attributes take CAP_SYS_ADMIN in the first user namespace; inside another
 * one overlayfs reads user.overlay.* instead (mount option userxattr).  What this
 * process may write is what its mounts will read, so the first refusal decides. */
#ifndef LONGSHORE_UNPACK_OVERLAY_H
#define LONGSHORE_UNPACK_OVERLAY_H

#include <stdbool.h>
#include <sys/stat.h>

struct dir;
struct unpack;

/* Hide name of the lower layers.  Something must not be there already. */
void unpack_put_whiteout(struct unpack *u, struct dir *dir, const char *name);

/* Is it one?  st is its lstat(2). */
bool unpack_is_whiteout(struct unpack *u, const struct stat *st);

/* The directory name in dir ("." for dir itself) hides all that lower layers have. */
void unpack_set_opaque(struct unpack *u, const struct dir *dir, const char *name);

/* A layer's own char device 0:0, which overlayfs would take for a whiteout: an escaped
 * whiteout of the xattr form, which is a whiteout again to an overlay whose lower layer
 * lies inside the image. */
void unpack_put_nested_whiteout(struct unpack *u, struct dir *dir, const char *name);

#endif
