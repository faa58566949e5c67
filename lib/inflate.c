#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "inflate.h"
#include "inflate_codec.h"

static ssize_t
plain_read(struct inflate *z, unsigned char *buf, size_t n)
{
	size_t got = z->len - z->pos;

	/* First what the search for a magic number has read, then straight into buf. */
	if (got > n)
		got = n;
	memcpy(buf, z->in + z->pos, got);
	z->pos += got;
	while (got < n && !z->eof) {
		ssize_t r = z->source(z->arg, buf + got, n - got);

		if (r < 0)
			return inflate_fail(z, strerror(errno));
		z->eof = r == 0;
		got += r;
	}
	return got;
}

static const struct inflate_codec plain = {.name = "plain", .read = plain_read};

struct inflate *
inflate_new(inflate_source *source, void *arg)
{
	struct inflate *z = calloc(1, sizeof *z);

	if (!z || !(z->in = malloc(INFLATE_IN)))
		die("out of memory");
	z->source = source;
	z->arg = arg;
	return z;
}

int
inflate_fail(struct inflate *z, const char *reason)
{
	snprintf(z->error, sizeof z->error, "%s: %s", z->codec ? z->codec->name : "read",
		 reason);
	z->failed = true;
	return -1;
}

int
inflate_fill(struct inflate *z)
{
	ssize_t r;

	if (z->pos < z->len)
		return 1;
	if (z->eof)
		return 0;
	r = z->source(z->arg, z->in, INFLATE_IN);
	if (r < 0)
		return inflate_fail(z, strerror(errno));
	z->pos = 0;
	z->len = r;
	z->eof = r == 0;
	return r > 0;
}

int
inflate_more(struct inflate *z)
{
	int r = inflate_fill(z);

	if (r <= 0 || z->in[z->pos] != 0)
		return r;
	for (; (r = inflate_fill(z)) > 0; z->pos++)
		if (z->in[z->pos] != 0)
			return inflate_fail(z, "garbage behind the compressed data");
	return r;
}

/* A pipe may deliver its first bytes one by one: read until the magic is there. */
static int
detect(struct inflate *z)
{
	static const struct inflate_codec *const codecs[] = {&inflate_gzip, &inflate_zstd,
							     &inflate_xz, &inflate_bzip2};

	while (z->len < INFLATE_HEAD && !z->eof) {
		ssize_t r = z->source(z->arg, z->in + z->len, INFLATE_IN - z->len);

		if (r < 0)
			return inflate_fail(z, strerror(errno));
		z->eof = r == 0;
		z->len += r;
	}
	z->codec = &plain;
	for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++)
		if (codecs[i]->is(z->in, z->len))
			z->codec = codecs[i];
	if (z->codec->start)
		z->codec->start(z);
	return 0;
}

ssize_t
inflate_read(struct inflate *z, void *buf, size_t n)
{
	if (z->failed || (!z->codec && detect(z) < 0))
		return -1;
	return z->codec->read(z, buf, n);
}

const char *
inflate_error(const struct inflate *z)
{
	return z->error;
}

const char *
inflate_format(const struct inflate *z)
{
	return z->codec ? z->codec->name : NULL;
}

void
inflate_free(struct inflate *z)
{
	if (!z)
		return;
	if (z->codec && z->codec->end)
		z->codec->end(z);
	free(z->in);
	free(z);
}
