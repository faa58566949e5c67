/* deflate: compress a layer's bytes as they come; gzip(1) or zstd(1), or not at all.
 *
 * The same input gives the same output whatever the number of processors: the stream
 * is cut into blocks of fixed size, several are compressed at a time, and they leave
 * in order.  Used by layer-pack. */
#ifndef LONGSHORE_DEFLATE_H
#define LONGSHORE_DEFLATE_H

#include <stddef.h>

enum deflate_format { DEFLATE_GZIP, DEFLATE_ZSTD, DEFLATE_NONE };

/* Takes all n compressed bytes or dies. */
typedef void deflate_out(void *arg, const void *data, size_t n);

/* Two formats behind one set of calls; new() starts, add() takes input, end() writes
 * what is left and frees.  All die when memory is short. */
struct deflate_gzip *deflate_gzip_new(deflate_out *out, void *arg);
void deflate_gzip_add(struct deflate_gzip *z, const void *data, size_t n);
void deflate_gzip_end(struct deflate_gzip *z);

struct deflate_zstd *deflate_zstd_new(deflate_out *out, void *arg);
void deflate_zstd_add(struct deflate_zstd *z, const void *data, size_t n);
void deflate_zstd_end(struct deflate_zstd *z);

#endif
