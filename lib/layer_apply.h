/* layer_apply: one layer from standard input, verified to its last byte, and what its
 * entries are to become. */
#ifndef LONGSHORE_LAYER_APPLY_H
#define LONGSHORE_LAYER_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "unpack.h"

enum layer_aim {
	LAYER_UNPACK,
	LAYER_LIST,  /* a line each; layer_list.h */
	LAYER_MTREE, /* the same as mtree(5) */
	LAYER_COUNT, /* nothing: only the digests are wanted */
};

struct layer_apply {
	enum layer_aim aim;
	const char *digest, *diff_id; /* what was promised, or NULL */
	uint64_t max_bytes;           /* of input and of tar; 0: no limit */
	struct unpack unpack;         /* the caller's fields set, for LAYER_UNPACK */
};

/* Do it; *a is used up, root and lower layers closed.  The diff_id.  Dies: with EXIT_MISMATCH when a promise is
 * broken, and of SIGHUP, SIGINT or SIGTERM after the undo list has been run. */
const char *layer_apply(struct layer_apply *a, char diff_id[DIGEST_MAX]);

#endif
