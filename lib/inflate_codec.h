/* inflate_codec: what inflate.c and its decompressors share, and nobody else needs. */
#ifndef LONGSHORE_INFLATE_CODEC_H
#define LONGSHORE_INFLATE_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "inflate.h"

struct inflate {
	inflate_source *source;
	void *arg;
	const struct inflate_codec *codec;
	void *state;       /* the codec's own */
	unsigned char *in; /* input: in[pos] to in[len - 1] is not consumed yet */
	size_t pos, len;
	bool eof;    /* of the source */
	bool failed; /* error[] says why */
	char error[256];
};

/* One compression format.  read() fills as much of buf as it can; short or 0 means the
 * end of all data, -1 a failure that inflate_fail() has recorded. */
struct inflate_codec {
	const char *name;
	bool (*is)(const unsigned char *head, size_t n);
	void (*start)(struct inflate *z);
	ssize_t (*read)(struct inflate *z, unsigned char *buf, size_t n);
	void (*end)(struct inflate *z);
};

extern const struct inflate_codec inflate_gzip, inflate_zstd, inflate_xz, inflate_bzip2;

enum {
	INFLATE_HEAD = 10,      /* bytes that is() may look at */
	INFLATE_IN = 64 << 10, /* input buffer: small enough to stay in a core's cache */
};

/* Make sure that there is input: 1, or 0 at the end of the source, or -1. */
int inflate_fill(struct inflate *z);

/* Behind the end of a member or frame: 1 when more compressed data follows, 0 when
 * nothing but zeros did (all consumed), -1 when the source failed or garbage came. */
int inflate_more(struct inflate *z);

/* Record the reason, prefixed with the format's name; returns -1. */
int inflate_fail(struct inflate *z, const char *reason);

#endif
