/* layer_tree: a file tree in memory, built from names in any order; pure.
 *
 * Nodes are inodes: several names may lead to one.  They live in an array and are known
 * by their index, which nothing hostile can turn into a wild pointer.  A name is found
 * by a hash over its directory and itself, so a directory of 100,000 costs what 100,000
 * directories cost.  Used by layer-mount. */
#ifndef LONGSHORE_LAYER_TREE_H
#define LONGSHORE_LAYER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum { TREE_ROOT = 0, TREE_MAX_LINKS = 40 };
#define TREE_NONE UINT32_MAX

struct tree_xattr {
	char *name;
	char *value;
	size_t size;
};

/* A name in a directory; node is TREE_NONE where it has been removed. */
struct tree_name {
	char *name;
	uint32_t node;
};

struct tree_node {
	mode_t mode; /* type and permissions */
	uint32_t uid, gid, nlink;
	uint32_t major, minor;
	struct timespec mtime;
	uint64_t size, data; /* of files: data is the caller's, an offset */
	char *target;        /* of symbolic links */
	struct tree_xattr *xattrs;
	uint32_t xattr_count;
	uint32_t parent; /* of directories, as all below */
	struct tree_name *kids;
	uint32_t kid_count;
	bool opaque;
};

struct layer_tree;

/* A tree with an empty root, 0755 and owned by 0:0.  All calls die without memory. */
struct layer_tree *tree_new(void);

/* Valid until the next tree_put(). */
struct tree_node *tree_node(const struct layer_tree *t, uint32_t node);
uint32_t tree_count(const struct layer_tree *t);

/* The node that a name in a directory leads to, or TREE_NONE. */
uint32_t tree_find(const struct layer_tree *t, uint32_t dir, const char *name);

/* The directory that the first len bytes of a path lead to, as a chroot would see it:
 * symbolic links are followed, ".." ends at the root.  make: directories that are missing
 * are made, and what is no directory is replaced by one.  TREE_NONE: not there, or more
 * than TREE_MAX_LINKS links. */
uint32_t tree_walk(struct layer_tree *t, const char *path, size_t len, bool make);

/* Give a name in a directory to a new node of this mode, or to an existing one that is
 * no directory.  Whatever had the name before is gone, with all below it. */
uint32_t tree_put(struct layer_tree *t, uint32_t dir, const char *name, mode_t mode);
void tree_link(struct layer_tree *t, uint32_t dir, const char *name, uint32_t node);

void tree_add_xattr(struct tree_node *n, const char *name, const void *value, size_t size);

/* When all is in place: count the links of every node. */
void tree_finish(struct layer_tree *t);

#endif
