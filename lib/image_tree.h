/* image_tree: a manifest, or an index and the manifests below it, in a layout on disk,
 * and that every blob which they name is there and right. */
#ifndef LONGSHORE_IMAGE_TREE_H
#define LONGSHORE_IMAGE_TREE_H

#include <stddef.h>

#include "document.h"
#include "layout.h"
#include "manifest.h"

struct image_tree {
	struct document doc;
	struct blob *blobs;	  /* config and layers; of an index: its manifests */
	size_t count;
	struct image_tree *parts; /* of an index: those manifests, read; else NULL */
};

/* Given img->doc, read what is below it and hash every blob.  Exits 4 where one is
 * missing, 6 where size or content is not as named, 1 for what is no manifest.  A layer
 * with urls of its own may be missing. */
void image_read_tree(const struct layout *from, struct image_tree *img);

#endif
