/* unpack_dirs: from a name in a layer to a descriptor of its parent directory.
 *
 * The way to the last directory asked for stays open, component by component: a tar
 * lists a directory's entries together, so that the next name mostly needs no system
 * call at all, and the longest name costs one openat(2) a component, never a walk from
 * the top.  Plain components are opened with O_NOFOLLOW; a symlink or ".." is left to
 * openat2(2) with RESOLVE_IN_ROOT, for which the root is what "/" and ".." end at. */
#ifndef LONGSHORE_UNPACK_DIRS_H
#define LONGSHORE_UNPACK_DIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct unpack;

struct dir {
	int fd; /* O_PATH; -1: closed meanwhile to save descriptors */
	dev_t dev;
	ino_t ino;
	struct timespec mtime; /* as found */
	bool own;              /* the layer's own with all that is in it */
	bool direct;           /* not reached by way of a symlink or ".." */
	bool touched;          /* noted for the end (flat), marked as having whiteouts (overlay) */
	size_t end;            /* of its path in dirs.path */
};

struct dirs { /* all zeros, then dirs_start() */
	struct unpack *u;
	char *path; /* of the innermost directory */
	size_t path_cap;
	struct dir *chain; /* the root, ..., the innermost */
	unsigned depth, cap;
	unsigned open, oldest; /* descriptors in use, and where to look for one to close */
	bool stale;            /* the tree has changed under it: begin at the root again */
};

void dirs_start(struct dirs *d, struct unpack *u);

/* Close and free all but the root; *d is all zeros again. */
void dirs_end(struct dirs *d);

/* The directory path[0] to path[len - 1], cleaned by entry_name.h; len 0: the root.
 * make: missing ones are made, 0755 and root's, and what is not a directory gives way.
 * NULL with errno ENOENT or ENOTDIR without make; dies of anything else.  The result is
 * valid until the next call. */
struct dir *dirs_open(struct dirs *d, const char *path, size_t len, bool make);

/* u->own has grown: see again which directories of the way are the layer's own. */
void dirs_reown(struct dirs *d);

/* A directory or symlink is gone from the tree: forget the way that may lead by it. */
void dirs_forget(struct dirs *d);

#endif
