/* SPDX-License-Identifier: ISC
 *
 * reg-push: bring an image from an OCI layout on disk into a registry.
 *
 *  1. Read the manifest from stdin (an index too) and hash every blob that it names:
 *     what is broken here must not get about.
 *  2. Blob by blob: HEAD, is it there?  Else POST for an upload session (or to mount it
 *     from another repository), and PUT the bytes; a PUT that is refused becomes chunks
 *     by PATCH, resumed after a failure.  distribution-spec, "Pushing blobs".
 *  3. PUT the manifest, last: whoever sees it finds all of its blobs.  The images of an
 *     index come before the index.  distribution-spec, "Pushing manifests".
 *  4. Print its digest, which is what others can pin.
 *
 * By hand: curl -X POST https://registry/v2/NAME/blobs/uploads/ -D -, then
 *          curl -X PUT --data-binary @BLOB "$LOCATION&digest=DIGEST", then
 *          curl -X PUT --data-binary @MANIFEST https://registry/v2/NAME/manifests/TAG
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "byhand.h"
#include "cli.h"
#include "die.h"
#include "http.h"
#include "image_tree.h"
#include "io.h"
#include "json.h"
#include "request.h"
#include "source.h"
#include "step.h"
#include "upload.h"

static const char help[] =
	"usage: reg-push -C LAYOUT [--mount-from REPO] IMAGE < MANIFEST\n"
	"Upload what the registry lacks of an image, then its manifest; print its digest.\n"
	"  -C, --layout LAYOUT    the OCI layout that holds the blobs\n"
	"      --mount-from REPO  a repository of the same registry that may have them\n"
	HTTP_HELP
	"  -q, --quiet            no warnings\n"
	"  -h, --help  -V, --version\n"
	"Status: 0 done, 1 failed, 2 usage, 3 refused, 4 not found, 5 rate-limited,\n"
	"        6 digest or size mismatch.\n"
	"Examples:\n"
	"  reg-manifest oci:store:app | reg-push -C store ghcr.io/me/app:v1\n"
	"  reg-push -C store --mount-from me/base ghcr.io/me/app:v2 < manifest.json\n";

enum { OPT_MOUNT_FROM = 512 };

static const struct option longopts[] = {
	CLI_LONG,
	HTTP_LONG,
	{"layout", required_argument, NULL, 'C'},
	{"mount-from", required_argument, NULL, OPT_MOUNT_FROM},
	{0},
};

/* 3. word: a tag or a digest. */
static void
put_manifest(struct registry *reg, const struct document *d, const char *word)
{
	struct request r = {.registry = reg, .method = "PUT", .content_type = d->type,
			    .body = d->text, .body_size = d->n,
			    .url = registry_url(reg, "manifests/%s", word)};
	char *claimed;

	request_do(&r);
	request_check(&r, "PUT manifest");
	claimed = http_field(&r.http, "Docker-Content-Digest");
	/* It may hash with another algorithm than the layout does: no contradiction. */
	if (claimed && strncmp(claimed, d->digest, 7) == 0 && strcmp(claimed, d->digest) != 0)
		die_with(EXIT_MISMATCH, "PUT manifest %s: the registry calls it %s", d->digest,
			 claimed);
	request_end(&r);
}

/* 2. and 3. of one image; word NULL: under its digest only. */
static void
push(struct registry *reg, const struct layout *from, const struct image_tree *img,
     const char *word, const char *mount_from)
{
	for (size_t i = 0; i < img->count; i++) {
		const struct blob *b = &img->blobs[i];
		int fd;

		if (img->parts) {
			push(reg, from, &img->parts[i], NULL, mount_from);
			continue;
		}
		fd = layout_blob(from, b->digest);
		if (fd < 0 && b->urls)
			continue;
		if (fd < 0)
			die_errno("open %s", layout_blob_path(from, b->digest));
		if (!upload_present(reg, b))
			upload_blob(reg, b, fd, layout_blob_path(from, b->digest), mount_from);
		close(fd);
	}
	put_manifest(reg, &img->doc, word ? word : img->doc.digest);
}

static void
push_by_hand(struct registry *reg, const char *layout, const struct image_tree *img, const char *word)
{
	for (size_t i = 0; i < img->count; i++) {
		if (img->parts)
			push_by_hand(reg, layout, &img->parts[i], NULL);
		else if (!img->blobs[i].urls)
			byhand_upload(layout, &img->blobs[i]);
	}
	byhand_put_manifest(&img->doc, word ? word : img->doc.digest);
}

/* A repository's name in the grammar of an image's, on the same host. */
static void
check_mount_from(const struct ref *ref, const char *repository)
{
	struct ref other;
	const char *why;

	if (!ref_parse(&other, text("%s/%s", ref->host, repository), &why) ||
	    !other.repository || strcmp(other.repository, repository) != 0)
		usage("--mount-from '%s': not the name of a repository", repository);
}

int
main(int argc, char **argv)
{
	const char *layout = NULL, *mount_from = NULL, *word;
	struct image_tree img = {0};
	struct layout from;
	struct registry reg;
	struct ref ref;
	int c;

	cli_start(argv);
	while ((c = getopt_long(argc, argv, "+" CLI_SHORT "C:", longopts, NULL)) != -1) {
		if (c == 'C')
			layout = optarg;
		else if (c == OPT_MOUNT_FROM)
			mount_from = optarg;
		else if (!http_option(c, optarg))
			cli_common(c, help);
	}
	cli_late_option(argv + optind);
	if (!layout || argc - optind != 1)
		usage("-C LAYOUT and one IMAGE are needed");
	ref = ref_must(argv[optind]);
	if (ref.layout)
		usage("IMAGE '%s': the target is a registry", argv[optind]);
	if (mount_from)
		check_mount_from(&ref, mount_from);

	/* 1. All of it before the first request: a push that can't end well asks nothing. */
	img.doc = document_stdin();
	if (ref.digest && strcmp(digest_of(ref.digest, img.doc.text, img.doc.n, img.doc.digest),
				 ref.digest) != 0)
		die_with(EXIT_MISMATCH, "verify manifest: it is %s, not %s", img.doc.digest,
			 ref.digest);
	from = layout_open(layout);
	image_read_tree(&from, &img);

	reg = registry_open(&ref, "pull,push");
	word = ref.tag ? ref.tag : img.doc.digest;
	if (mount_from)
		reg.more_scope = text("repository:%s:pull", mount_from);
	if (step_dry) {
		byhand_begin_push(&reg);
		push_by_hand(&reg, layout, &img, word);
		step(STEP_SAME, "echo %s", img.doc.digest);
	} else {
		push(&reg, &from, &img, word, mount_from);
		puts(img.doc.digest);
	}
	close_stdout();
	return 0;
}
