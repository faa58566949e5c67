/* inflate: a layer's bytes decompressed, whatever compressed them.
 *
 * The first bytes tell the format, never the media type: registries serve gzip under
 * "...tar" and plain tars under "...tar+gzip".  Known are gzip (RFC 1952; any number of
 * members is one stream), zstd (RFC 8878; any number of frames, skippable ones too),
 * xz and bzip2; anything else passes as it is.  Zeros behind the compressed data are
 * padding, as gzip(1) sees it; any other byte there is an error. */
#ifndef LONGSHORE_INFLATE_H
#define LONGSHORE_INFLATE_H

#include <sys/types.h>

struct inflate; /* one stream in progress */

/* Where compressed bytes come from: as read(2), 0 at the end, -1 with errno. */
typedef ssize_t inflate_source(void *arg, void *buf, size_t n);

/* A decompressor that pulls its input from source(arg).  Allocated; inflate_free().
 * Nothing is read yet.  Dies when memory is short. */
struct inflate *inflate_new(inflate_source *source, void *arg);

/* Up to n decompressed bytes into buf; fewer only at the end.  0 at the end, when the
 * source is read up and every checksum was right; -1 on failure, for good. */
ssize_t inflate_read(struct inflate *z, void *buf, size_t n);

/* What went wrong, for a message: "gzip: unexpected end". */
const char *inflate_error(const struct inflate *z);

/* "gzip", "zstd", "xz", "bzip2", "plain"; NULL before the first inflate_read(). */
const char *inflate_format(const struct inflate *z);

void inflate_free(struct inflate *z);

#endif
