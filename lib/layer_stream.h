/* layer_stream: read a layer to its very end while somebody else works on its contents.
 *
 * A thread reads, hashes what was read, inflates, and passes it on through a ring of
 * buffers (ring.h) to the consumer and to a second thread, which hashes it: inflating is
 * what costs most, and beside the consumer's system calls it costs nothing.  Every byte is counted, also those behind the tar's
 * end marker, where the tar reader has long stopped: image-spec layer.md and
 * descriptor.md define digest and diff_id over all of them. */
#ifndef LONGSHORE_LAYER_STREAM_H
#define LONGSHORE_LAYER_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "digest.h"

struct layer_stream;

/* Allocated, never freed: a thread that waits for signals may call layer_stream_stop() at
 * any time.  Dies when memory is short. */
struct layer_stream *layer_stream_new(void);

/* Start reading fd.  layer_like, diff_like: digests whose algorithms are to be computed
 * over the bytes as read and over the inflated ones; NULL: not at all.  max_bytes
 * bounds both counts; 0: no limit.  Dies when memory or threads are short. */
void layer_stream_begin(struct layer_stream *s, int fd, const char *layer_like,
			const char *diff_like, uint64_t max_bytes);

/* After layer_stream_drain(): as new, for another layer; what layer_stream_stop() has said
 * still holds. */
void layer_stream_again(struct layer_stream *s);

/* A tar_source (tar_reader.h): the next piece of the inflated stream. */
ssize_t layer_stream_next(void *stream, const void **buf);

/* Read and count whatever is left.  With a digest over the bytes as read this goes on
 * to the source's end even where inflating has failed. */
void layer_stream_drain(struct layer_stream *s);

/* From any thread: layer_stream_next() is to fail from now on. */
void layer_stream_stop(struct layer_stream *s);

/* Why the stream broke off, or NULL: "gzip: unexpected end". */
const char *layer_stream_error(struct layer_stream *s);

/* After layer_stream_drain(): the digests, and how many bytes there were. */
const char *layer_stream_digest(const struct layer_stream *s, char out[DIGEST_MAX]);
const char *layer_stream_diff_id(const struct layer_stream *s, char out[DIGEST_MAX]);
uint64_t layer_stream_size(const struct layer_stream *s);

#endif
