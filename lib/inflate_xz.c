/* xz by liblzma.  Images have not used it since Docker's first years.
 * <lzma/container.h>, lzma_stream_decoder(). */
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "inflate_codec.h"

/* xz -9 needs 65 MiB; what wants more than this is no layer. */
enum { MEMORY_MAX = 192 << 20 };

static bool
xz_is(const unsigned char *head, size_t n)
{
	return n >= 6 && memcmp(head, "\xfd" "7zXZ\0", 6) == 0;
}

static void
xz_start(struct inflate *z)
{
	lzma_stream *s = malloc(sizeof *s);

	if (!s)
		die("out of memory");
	*s = (lzma_stream)LZMA_STREAM_INIT;
	if (lzma_stream_decoder(s, MEMORY_MAX, LZMA_CONCATENATED) != LZMA_OK)
		die("out of memory");
	z->state = s;
}

static const char *
reason(lzma_ret ret)
{
	switch (ret) {
	case LZMA_FORMAT_ERROR:
		return "garbage behind the compressed data";
	case LZMA_BUF_ERROR:
		return "unexpected end";
	case LZMA_MEM_ERROR:
	case LZMA_MEMLIMIT_ERROR:
		return "needs too much memory";
	default:
		return "corrupt data";
	}
}

static ssize_t
xz_read(struct inflate *z, unsigned char *buf, size_t n)
{
	lzma_stream *s = z->state;
	lzma_ret ret = LZMA_OK;

	s->next_out = buf;
	s->avail_out = n;
	while (s->avail_out > 0 && ret == LZMA_OK) {
		if (inflate_fill(z) < 0)
			return -1;
		s->next_in = z->in + z->pos;
		s->avail_in = z->len - z->pos;
		/* With CONCATENATED only LZMA_FINISH makes it believe in the end. */
		ret = lzma_code(s, z->eof ? LZMA_FINISH : LZMA_RUN);
		z->pos = z->len - s->avail_in;
	}
	if (ret != LZMA_OK && ret != LZMA_STREAM_END)
		return inflate_fail(z, reason(ret));
	return n - s->avail_out;
}

static void
xz_end(struct inflate *z)
{
	lzma_end(z->state);
	free(z->state);
}

const struct inflate_codec inflate_xz = {"xz", xz_is, xz_start, xz_read, xz_end};
