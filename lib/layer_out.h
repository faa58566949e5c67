/* layer_out: a layer's tar bytes on their way to standard output: hashed, compressed,
 * hashed again.  Used by layer-pack. */
#ifndef LONGSHORE_LAYER_OUT_H
#define LONGSHORE_LAYER_OUT_H

#include "deflate.h"
#include "digest.h"
#include "ustar.h"

/* An OCI descriptor's fields; image-spec descriptor.md, and config.md for diff_id. */
struct layer_descriptor {
	const char *media_type;
	char digest[DIGEST_MAX]; /* of the bytes written */
	unsigned long long size;
	char diff_id[DIGEST_MAX]; /* of the tar inside */
};

/* Start; there is one layer a process.  The sink takes the tar. */
struct ustar_sink layer_out_start(enum deflate_format format);

/* Finish the stream and flush it.  Not called on failure: a layer that was given up
 * then has no valid end, and whoever reads it notices. */
void layer_out_end(struct layer_descriptor *d);

#endif
