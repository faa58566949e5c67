/* SPDX-License-Identifier: ISC
 *
 * reg-blob: get the parts of an image, each verified by its digest.
 *
 *  One blob:
 *  1. GET it; a registry mostly redirects to a storage server, which must not see our
 *     credentials.  A connection that breaks is resumed by Range, RFC 9110 section 14.
 *  2. Hash what passes; the digest decides in the end.
 *  All of an image's (-C):
 *  1. Read the manifest from stdin; image-spec manifest.md.
 *  2. GET config and layers in parallel into LAYOUT/.part, rename(2) each one into
 *     LAYOUT/blobs when it is verified, and print its line; image-layout.md.
 *  3. Name the image in LAYOUT/index.json, last: it is there only when it is complete.
 *
 * By hand: curl -L -H "Authorization: Bearer $TOKEN" -C - -o FILE \
 *               https://registry/v2/NAME/blobs/DIGEST && sha256sum FILE
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "byhand.h"
#include "cli.h"
#include "die.h"
#include "download.h"
#include "field.h"
#include "http.h"
#include "io.h"
#include "json.h"
#include "mirror.h"
#include "pull.h"
#include "source.h"
#include "step.h"

static const char help[] =
	"usage: reg-blob [-o FILE] IMAGE DIGEST\n"
	"       reg-blob -C LAYOUT [-j N] IMAGE < MANIFEST\n"
	"Get one blob (to stdout), or all of an image's into an OCI layout.\n"
	"  -o, --output FILE      FILE appears only verified; an old try is resumed\n"
	"  -C, --layout LAYOUT    print \"DIGEST<TAB>PATH\" as each blob is complete\n"
	"  -j, --jobs N           that many at a time (4)\n"
	MIRROR_HELP
	HTTP_HELP
	"  -q, --quiet            no warnings, no progress bar\n"
	"  -h, --help  -V, --version\n"
	"Status: 0 verified, 1 failed, 2 usage, 3 refused, 4 not found, 5 rate-limited,\n"
	"        6 digest or size mismatch.\n"
	"Examples:\n"
	"  reg-blob alpine sha256:... | layer-unpack -D sha256:... rootfs\n"
	"  reg-manifest alpine | reg-blob -C store alpine\n";

enum { JOBS_MAX = 64 };

static const struct option longopts[] = {
	CLI_LONG,
	HTTP_LONG,
	{"jobs", required_argument, NULL, 'j'},
	{"layout", required_argument, NULL, 'C'},
	MIRROR_LONG,
	{"output", required_argument, NULL, 'o'},
	{0},
};

/* 1. The manifest of one image. */
static struct document
read_manifest(void)
{
	struct document d = document_stdin();

	if (d.kind == MANIFEST_INDEX)
		die("read the manifest: it is an index; reg-manifest without -i chooses from it");
	return d;
}

/* What index.json is to say about the image. */
static jv
describe(const struct layout *l, const struct document *d, const struct blob *config)
{
	jv entry = jv_object(), doc, where = jv_object();
	struct platform p;
	size_t n;

	entry = jv_object_set(entry, jv_string("mediaType"), jv_string(d->type));
	entry = jv_object_set(entry, jv_string("digest"), jv_string(d->digest));
	entry = jv_object_set(entry, jv_string("size"), jv_number(d->n));
	if (config->size > MANIFEST_MAX)
		return entry;
	doc = json_parse(layout_get(l, config->digest, MANIFEST_MAX, &n), config->size);
	if (!platform_from_json(&p, doc))
		return entry;
	where = jv_object_set(where, jv_string("architecture"), jv_string(p.arch));
	where = jv_object_set(where, jv_string("os"), jv_string(p.os));
	if (*p.variant)
		where = jv_object_set(where, jv_string("variant"), jv_string(p.variant));
	jv_free(doc);
	return jv_object_set(entry, jv_string("platform"), where);
}

static void
get_all(const char *dir, const char *image, int jobs)
{
	struct document d = read_manifest();
	struct source src;
	struct layout to;
	struct blob *blobs;
	size_t count;

	blobs = manifest_blobs(d.json, &count);
	source_open(&src, image);
	source_expect(&src, &d);
	if (step_dry) {
		byhand_layout(&src, dir, &d, blobs, count);
		return;
	}
	to = layout_create(dir);
	pull_blobs(&src, &to, blobs, count, jobs);
	layout_put(&to, d.digest, d.text, d.n);
	layout_record(&to, ref_name(&src.ref), describe(&to, &d, &blobs[0]));
}

int
main(int argc, char **argv)
{
	const char *output = NULL, *layout = NULL;
	int jobs = 4, c;
	struct source src;

	cli_start(argv);
	while ((c = getopt_long(argc, argv, "+" CLI_SHORT "C:j:o:", longopts, NULL)) != -1) {
		switch (c) {
		case 'C':
			layout = optarg;
			break;
		case 'j':
			jobs = strlen(optarg) < 4 ? (int)field_number(optarg) : -1;
			if (jobs < 1 || jobs > JOBS_MAX)
				usage("-j '%s': a number from 1 to %d", optarg, JOBS_MAX);
			break;
		case 'o':
			output = optarg;
			break;
		case MIRROR_OPT:
			mirror_add(optarg);
			break;
		default:
			if (!http_option(c, optarg))
				cli_common(c, help);
		}
	}
	argv += optind;
	argc -= optind;
	if ((output && !*output) || (layout && !*layout))
		usage("-%c: its argument is empty", output ? 'o' : 'C');
	if (layout && output)
		usage("-C and -o exclude each other");
	cli_late_option(argv);
	if (argc != (layout ? 1 : 2))
		usage("%s", layout ? "-C needs one IMAGE" : "an IMAGE and a DIGEST are needed");
	if (layout) {
		ref_must(argv[0]);
		get_all(layout, argv[0], jobs);
	} else {
		if (!digest_valid(argv[1]))
			usage("digest '%s': sha256:<64 hex digits> or sha512:<128>", argv[1]);
		source_open(&src, argv[0]);
		if (step_dry)
			byhand_blob(&src, argv[1], output);
		else
			download(&src, argv[1], output);
	}
	close_stdout();
	return 0;
}
