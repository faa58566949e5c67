/* gzip by ISA-L, which inflates about three times as fast as zlib: it is what decides
 * how long a pull takes.  RFC 1952; <isa-l/igzip_lib.h>. */
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include "die.h"
#include "inflate_codec.h"

struct gzip {
	struct inflate_state s;
	bool between; /* behind a member; another may follow */
	bool done;
};

static bool
gzip_is(const unsigned char *head, size_t n)
{
	return n >= 3 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8;
}

static void
gzip_start(struct inflate *z)
{
	struct gzip *g = calloc(1, sizeof *g);

	if (!g)
		die("out of memory");
	isal_inflate_init(&g->s);
	g->s.crc_flag = ISAL_GZIP; /* parse headers, check CRC-32 and length */
	z->state = g;
}

static const char *
reason(int err)
{
	switch (err) {
	case ISAL_INCORRECT_CHECKSUM:
		return "checksum mismatch";
	case ISAL_INVALID_WRAPPER:
		return "garbage behind the compressed data";
	case ISAL_UNSUPPORTED_METHOD:
		return "unknown compression method";
	default:
		return "corrupt data";
	}
}

/* Start over for the member that follows, if one does: 1, 0 at the end, or -1. */
static int
next_member(struct inflate *z, struct gzip *g)
{
	int r = inflate_more(z);

	/* Said here, since ISA-L waits for ten bytes of a header before it judges any. */
	if (r > 0 && z->in[z->pos] != 0x1f)
		return inflate_fail(z, "garbage behind the compressed data");
	if (r > 0) {
		isal_inflate_reset(&g->s);
		g->s.crc_flag = ISAL_GZIP;
		g->between = false;
	} else if (r == 0) {
		g->done = true;
	}
	return r;
}

static ssize_t
gzip_read(struct inflate *z, unsigned char *buf, size_t n)
{
	struct gzip *g = z->state;
	bool starved = false;
	int r;

	g->s.next_out = buf;
	g->s.avail_out = n;
	while (g->s.avail_out > 0 && !g->done) {
		if (g->between) {
			if (next_member(z, g) < 0)
				return -1;
			continue;
		}
		/* Output may be pending inside although all input is consumed, so ask for
		 * more input only after a call that made nothing of what it had. */
		if (starved && (r = inflate_fill(z)) <= 0)
			return r < 0 ? -1 : inflate_fail(z, "unexpected end");
		g->s.next_in = z->in + z->pos;
		g->s.avail_in = z->len - z->pos;
		r = isal_inflate(&g->s);
		if (r != ISAL_DECOMP_OK)
			return inflate_fail(z, reason(r));
		z->pos = z->len - g->s.avail_in;
		g->between = g->s.block_state == ISAL_BLOCK_FINISH;
		starved = g->s.avail_in == 0;
	}
	return n - g->s.avail_out;
}

static void
gzip_end(struct inflate *z)
{
	free(z->state);
}

const struct inflate_codec inflate_gzip = {"gzip", gzip_is, gzip_start, gzip_read, gzip_end};
