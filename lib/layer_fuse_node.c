#define FUSE_USE_VERSION 312
#include <fuse3/fuse_lowlevel.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "layer_fuse.h"
#include "layer_fuse_node.h"

/* FUSE numbers inodes from 1, which is the root; our nodes count from 0. */
#define INO(node) ((fuse_ino_t)(node) + 1)

const struct layer_index *layer_fuse_index;

void
layer_fuse_answer_for(const struct layer_index *index)
{
	layer_fuse_index = index;
}

const struct tree_node *
layer_fuse_node(fuse_ino_t ino)
{
	const struct layer_tree *tree = layer_fuse_index->tree;

	return ino >= 1 && ino <= tree_count(tree) ? tree_node(tree, ino - 1) : NULL;
}

struct stat
layer_fuse_stat(uint32_t index)
{
	const struct tree_node *n = tree_node(layer_fuse_index->tree, index);

	return (struct stat){
		.st_ino = INO(index),
		.st_mode = n->mode,
		.st_nlink = n->nlink,
		.st_uid = n->uid,
		.st_gid = n->gid,
		.st_rdev = makedev(n->major, n->minor),
		.st_size = S_ISLNK(n->mode) ? (off_t)strlen(n->target) : (off_t)n->size,
		.st_blksize = LAYER_FUSE_BLOCK,
		.st_blocks = (n->size + 511) / 512,
		.st_atim = n->mtime,
		.st_mtim = n->mtime,
		.st_ctim = n->mtime,
	};
}

struct fuse_entry_param
layer_fuse_entry(uint32_t index)
{
	return (struct fuse_entry_param){
		.ino = INO(index),
		.attr = layer_fuse_stat(index),
		.attr_timeout = LAYER_FUSE_FOREVER,
		.entry_timeout = LAYER_FUSE_FOREVER,
	};
}
