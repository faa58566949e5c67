/* layer_index: a layer read once: its names in a tree, its files' contents in a spool.
 *
 * The tree follows the rules of layer-unpack: what a name means is decided as in a
 * chroot, the last entry of a name wins, hard links may come before their targets, and
 * whiteouts never hide what the same layer adds; image-spec layer.md.
 * Used by layer-mount. */
#ifndef LONGSHORE_LAYER_INDEX_H
#define LONGSHORE_LAYER_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "layer_stream.h"
#include "layer_tree.h"
#include "tar_reader.h"

struct layer_index {
	struct layer_stream *stream; /* where the tar comes from, for its errors */
	struct layer_tree *tree;
	int spool;             /* files' contents; node->data is an offset in it */
	uint64_t spool_size;   /* holes counted */
	bool overlay;          /* whiteouts shown in overlay form, not hidden */
	const char *opaque;    /* then: the attribute that marks an opaque directory */
	uint64_t max_entries;
	bool has_xattrs;       /* set when any node has one */
};

/* Read all entries.  The caller has set stream, spool, overlay and opaque.  Dies (die.h) on a
 * layer that no file system can show, naming the entry. */
void layer_index_read(struct layer_index *ix, struct tar_reader *tar);

#endif
