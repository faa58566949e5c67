#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "layer_out.h"

enum { ROOM = 1 << 20 };

static struct {
	enum deflate_format format;
	struct deflate_gzip *gzip;
	struct deflate_zstd *zstd;
	struct digest *inner, *outer;
	unsigned long long size;
} layer;

static void
write_out(void *arg, const void *data, size_t n)
{
	(void)arg;
	digest_add(layer.outer, data, n);
	layer.size += n;
	if (fwrite(data, 1, n, stdout) != n)
		die_errno("write to standard output");
}

static void
compress_some(void *arg, const void *data, size_t n)
{
	digest_add(layer.inner, data, n);
	if (layer.format == DEFLATE_GZIP)
		deflate_gzip_add(layer.gzip, data, n);
	else if (layer.format == DEFLATE_ZSTD)
		deflate_zstd_add(layer.zstd, data, n);
	else
		write_out(arg, data, n);
}

struct ustar_sink
layer_out_start(enum deflate_format format)
{
	static char buf[ROOM];

	layer.format = format;
	layer.inner = digest_new("sha256:");
	layer.outer = digest_new("sha256:");
	setvbuf(stdout, buf, _IOFBF, sizeof buf);
	/* Fewer, larger pieces; a file or terminal answers EBADF, which is fine. */
	fcntl(STDOUT_FILENO, F_SETPIPE_SZ, ROOM);
	if (format == DEFLATE_GZIP)
		layer.gzip = deflate_gzip_new(write_out, NULL);
	else if (format == DEFLATE_ZSTD)
		layer.zstd = deflate_zstd_new(write_out, NULL);
	return (struct ustar_sink){compress_some, NULL};
}

void
layer_out_end(struct layer_descriptor *d)
{
	static const char *const types[] = {
		[DEFLATE_GZIP] = "application/vnd.oci.image.layer.v1.tar+gzip",
		[DEFLATE_ZSTD] = "application/vnd.oci.image.layer.v1.tar+zstd",
		[DEFLATE_NONE] = "application/vnd.oci.image.layer.v1.tar",
	};

	if (layer.format == DEFLATE_GZIP)
		deflate_gzip_end(layer.gzip);
	else if (layer.format == DEFLATE_ZSTD)
		deflate_zstd_end(layer.zstd);
	close_stdout();
	d->media_type = types[layer.format];
	d->size = layer.size;
	digest_text(layer.inner, d->diff_id);
	digest_text(layer.outer, d->digest);
}
