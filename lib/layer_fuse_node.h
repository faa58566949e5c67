/* layer_fuse_node: a node of the index as FUSE speaks of it, and the answers that are
 * about more than one line: listings and extended attributes.  For layer_fuse_ops.c. */
#ifndef LONGSHORE_LAYER_FUSE_NODE_H
#define LONGSHORE_LAYER_FUSE_NODE_H

#include <fuse3/fuse_lowlevel.h>

#include "layer_index.h"

#define LAYER_FUSE_FOREVER (365 * 86400.0) /* seconds; the kernel has no "for ever" */

enum { LAYER_FUSE_BLOCK = 4096 };

extern const struct layer_index *layer_fuse_index; /* what is served */

/* NULL for a number that we never gave out. */
const struct tree_node *layer_fuse_node(fuse_ino_t ino);

struct stat layer_fuse_stat(uint32_t node);
struct fuse_entry_param layer_fuse_entry(uint32_t node);

/* layer_fuse_dir.c */
void layer_fuse_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
			struct fuse_file_info *fi);
void layer_fuse_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
			    struct fuse_file_info *fi);

/* layer_fuse_xattr.c */
void layer_fuse_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t room);
void layer_fuse_listxattr(fuse_req_t req, fuse_ino_t ino, size_t room);

#endif
