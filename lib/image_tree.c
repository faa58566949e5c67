#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "image_tree.h"

enum { DEPTH_MAX = 4 }; /* of nested indexes */

/* A foreign layer may be missing: it stays where its urls are. */
static void
verify(const struct layout *from, const struct blob *b)
{
	int fd = layout_blob(from, b->digest);
	struct stat st;

	if (fd < 0 && errno == ENOENT && b->urls)
		return;
	if (fd < 0)
		die_with(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILURE, "open %s: %s",
			 layout_blob_path(from, b->digest), strerror(errno));
	if (fstat(fd, &st) < 0)
		die_errno("stat %s", layout_blob_path(from, b->digest));
	if (st.st_size != b->size)
		die_with(EXIT_MISMATCH, "verify blob %s: it has %lld bytes, not %lld", b->digest,
			 (long long)st.st_size, b->size);
	if (!layout_blob_ok(from, b->digest, b->size))
		die_with(EXIT_MISMATCH, "verify blob %s: its content has another digest",
			 b->digest);
	close(fd);
}

static void
read_below(const struct layout *from, struct image_tree *img, int depth)
{
	if (img->doc.kind == MANIFEST_IMAGE) {
		img->blobs = manifest_blobs(img->doc.json, &img->count);
		for (size_t i = 0; i < img->count; i++)
			verify(from, &img->blobs[i]);
		return;
	}
	if (depth == DEPTH_MAX)
		die("read index: nested more than %d deep", DEPTH_MAX);
	img->blobs = manifest_list(img->doc.json, "manifests", &img->count);
	img->parts = calloc(img->count + 1, sizeof *img->parts);
	if (!img->parts)
		die("out of memory");
	for (size_t i = 0; i < img->count; i++) {
		struct document *d = &img->parts[i].doc;

		d->text = layout_get(from, img->blobs[i].digest, MANIFEST_MAX, &d->n);
		document_judge(d, img->blobs[i].digest, NULL, NULL, NULL);
		read_below(from, &img->parts[i], depth + 1);
	}
}

void
image_read_tree(const struct layout *from, struct image_tree *img)
{
	read_below(from, img, 0);
}
