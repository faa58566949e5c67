/* zstd by libzstd.  Skippable frames, which zstd:chunked and estargz put around their
 * tables of contents, are skipped by the library.  RFC 8878; <zstd.h>. */
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "die.h"
#include "inflate_codec.h"

struct zstd {
	ZSTD_DStream *stream;
	bool inside; /* a frame is not complete */
	bool done;
};

static bool
zstd_is(const unsigned char *head, size_t n)
{
	if (n < 4)
		return false;
	if (head[0] == 0x28 && head[1] == 0xb5 && head[2] == 0x2f && head[3] == 0xfd)
		return true;
	return head[0] >> 4 == 5 && head[1] == 0x2a && head[2] == 0x4d && head[3] == 0x18;
}

static void
zstd_start(struct inflate *z)
{
	struct zstd *s = calloc(1, sizeof *s);

	if (!s || !(s->stream = ZSTD_createDStream()))
		die("out of memory");
	z->state = s;
}

/* The end of the source is the end of the data only between two frames. */
static int
need_input(struct inflate *z, struct zstd *s)
{
	int r = s->inside ? inflate_fill(z) : inflate_more(z);

	if (r == 0 && s->inside)
		return inflate_fail(z, "unexpected end");
	s->done = r == 0;
	return r;
}

static const char *
reason(size_t code)
{
	return ZSTD_getErrorCode(code) == ZSTD_error_prefix_unknown
		       ? "garbage behind the compressed data"
		       : ZSTD_getErrorName(code);
}

static ssize_t
zstd_read(struct inflate *z, unsigned char *buf, size_t n)
{
	struct zstd *s = z->state;
	ZSTD_outBuffer out = {buf, n, 0};

	while (out.pos < n && !s->done) {
		ZSTD_inBuffer in;
		size_t out_before = out.pos, left;
		bool stuck;

		if (!s->inside && need_input(z, s) <= 0)
			break;
		in = (ZSTD_inBuffer){z->in, z->len, z->pos};
		left = ZSTD_decompressStream(s->stream, &out, &in);
		if (ZSTD_isError(left))
			return inflate_fail(z, reason(left));
		s->inside = left > 0;
		/* Output may be pending although all input is consumed, so ask for more
		 * input only after a call that made nothing of what it had. */
		stuck = out.pos == out_before && in.pos == z->pos;
		z->pos = in.pos;
		if (s->inside && stuck && need_input(z, s) < 0)
			break;
	}
	return z->failed ? -1 : (ssize_t)out.pos;
}

static void
zstd_end(struct inflate *z)
{
	struct zstd *s = z->state;

	ZSTD_freeDStream(s->stream);
	free(s);
}

const struct inflate_codec inflate_zstd = {"zstd", zstd_is, zstd_start, zstd_read, zstd_end};
