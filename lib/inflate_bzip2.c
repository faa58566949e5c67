/* bzip2 by libbz2, its other old companion.  Several streams are one, as for bzip2(1).
 * <bzlib.h>. */
#include <bzlib.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "inflate_codec.h"

struct bzip2 {
	bz_stream s;
	bool between; /* behind a stream; another may follow */
	bool done;
};

/* "BZh9" could begin a plain tar's first file name; a block's magic could not. */
static bool
bzip2_is(const unsigned char *head, size_t n)
{
	return n >= 10 && memcmp(head, "BZh", 3) == 0 && head[3] >= '1' && head[3] <= '9' &&
	       (memcmp(head + 4, "1AY&SY", 6) == 0 ||
		memcmp(head + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

static void
begin_stream(struct bzip2 *b)
{
	memset(&b->s, 0, sizeof b->s);
	if (BZ2_bzDecompressInit(&b->s, 0, 0) != BZ_OK)
		die("out of memory");
	b->between = false;
}

static void
bzip2_start(struct inflate *z)
{
	struct bzip2 *b = calloc(1, sizeof *b);

	if (!b)
		die("out of memory");
	begin_stream(b);
	z->state = b;
}

static int
next_stream(struct inflate *z, struct bzip2 *b)
{
	int r = inflate_more(z);

	if (r > 0) {
		BZ2_bzDecompressEnd(&b->s);
		begin_stream(b);
	}
	b->done = r == 0;
	return r;
}

static ssize_t
bzip2_read(struct inflate *z, unsigned char *buf, size_t n)
{
	struct bzip2 *b = z->state;
	bool stuck = false;
	size_t got = 0;
	int r;

	while (got < n && !b->done) {
		if (b->between) {
			if (next_stream(z, b) < 0)
				return -1;
			continue;
		}
		if (stuck && (r = inflate_fill(z)) <= 0)
			return r < 0 ? -1 : inflate_fail(z, "unexpected end");
		b->s.next_in = (char *)z->in + z->pos;
		b->s.avail_in = z->len - z->pos;
		b->s.next_out = (char *)buf + got;
		b->s.avail_out = n - got;
		r = BZ2_bzDecompress(&b->s);
		if (r != BZ_OK && r != BZ_STREAM_END)
			return inflate_fail(z, r == BZ_DATA_ERROR_MAGIC
						       ? "garbage behind the compressed data"
						       : "corrupt data");
		stuck = b->s.avail_in == 0;
		z->pos = z->len - b->s.avail_in;
		got = n - b->s.avail_out;
		b->between = r == BZ_STREAM_END;
	}
	return got;
}

static void
bzip2_end(struct inflate *z)
{
	struct bzip2 *b = z->state;

	BZ2_bzDecompressEnd(&b->s);
	free(b);
}

const struct inflate_codec inflate_bzip2 = {"bzip2", bzip2_is, bzip2_start, bzip2_read,
					    bzip2_end};
