/* overlay_marks: what an extended attribute in an overlay upper directory means; pure.
 *
 * Overlayfs keeps its state in "trusted.overlay.*", with the userxattr option in
 * "user.overlay.*"; kernel Documentation/filesystems/overlayfs.rst.  Some of it says
 * what a layer says too (opaque, whiteout), some only makes sense above the very
 * layers it was made on (redirect, metacopy), the rest is book-keeping. */
#ifndef LONGSHORE_OVERLAY_MARKS_H
#define LONGSHORE_OVERLAY_MARKS_H

#include <stddef.h>

enum overlay_mark {
	OVERLAY_MARK_NONE,     /* not overlayfs's: an attribute like any other */
	OVERLAY_MARK_OPAQUE,   /* the directory hides what lies below it */
	OVERLAY_MARK_WHITEOUT, /* the empty file is a whiteout; Linux >= 6.7 */
	OVERLAY_MARK_REDIRECT, /* the directory's lower part has another name */
	OVERLAY_MARK_METACOPY, /* the file's data is still in a lower layer */
	OVERLAY_MARK_ESCAPED,  /* "overlay.overlay.X": X of an overlay inside this one */
	OVERLAY_MARK_NESTED,   /* the empty file is a whiteout of such an overlay: in the
				  layer, a character device 0:0 of its own */
	OVERLAY_MARK_PRIVATE,  /* origin, impure, nlink, uuid, ... */
};

enum overlay_mark overlay_mark(const char *xattr, const char *value, size_t size);

/* The name that an escaped attribute has inside: one "overlay." less.  Allocated. */
char *overlay_unescape(const char *xattr);

#endif
