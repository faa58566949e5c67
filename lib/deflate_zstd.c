#include <stdlib.h>
#include <zstd.h>

#include "deflate.h"
#include "die.h"

/* Any number of workers from 1 up cuts the input into the same jobs, so the output does
 * not depend on the machine; 0 would compress in one piece, differently. */
enum { LEVEL = 3, WORKERS = 2, ROOM = 1 << 17 };

struct deflate_zstd {
	ZSTD_CCtx *ctx;
	deflate_out *out;
	void *arg;
	char buf[ROOM];
};

static size_t
check(size_t code)
{
	if (ZSTD_isError(code))
		die("zstd: %s", ZSTD_getErrorName(code));
	return code;
}

struct deflate_zstd *
deflate_zstd_new(deflate_out *out, void *arg)
{
	struct deflate_zstd *z = malloc(sizeof *z);

	if (!z || !(z->ctx = ZSTD_createCCtx()))
		die("out of memory");
	z->out = out;
	z->arg = arg;
	check(ZSTD_CCtx_setParameter(z->ctx, ZSTD_c_compressionLevel, LEVEL));
	check(ZSTD_CCtx_setParameter(z->ctx, ZSTD_c_checksumFlag, 1));
	check(ZSTD_CCtx_setParameter(z->ctx, ZSTD_c_nbWorkers, WORKERS));
	return z;
}

static void
pump(struct deflate_zstd *z, const void *data, size_t n, ZSTD_EndDirective mode)
{
	ZSTD_inBuffer in = {data, n, 0};
	size_t left;

	do {
		ZSTD_outBuffer room = {z->buf, sizeof z->buf, 0};

		left = check(ZSTD_compressStream2(z->ctx, &room, &in, mode));
		if (room.pos > 0)
			z->out(z->arg, z->buf, room.pos);
	} while (mode == ZSTD_e_end ? left > 0 : in.pos < in.size);
}

void
deflate_zstd_add(struct deflate_zstd *z, const void *data, size_t n)
{
	pump(z, data, n, ZSTD_e_continue);
}

void
deflate_zstd_end(struct deflate_zstd *z)
{
	pump(z, NULL, 0, ZSTD_e_end);
	ZSTD_freeCCtx(z->ctx);
	free(z);
}
