/* SPDX-License-Identifier: ISC
 *
 * reg-manifest: the list of an image's parts, as the registry keeps it.
 *
 *  1. GET the manifest that the tag or digest names, accepting all four media types;
 *     a 401 is answered with a token.  Verify: a digest asked for must be the body's,
 *     and so must the Docker-Content-Digest that comes with a tag.
 *  2. An index is a list of manifests: choose this machine's platform, variants never
 *     upwards, and GET that one by its digest; image-spec image-index.md.
 *  3. Print it byte for byte, since its SHA-256 is the image's name.
 *
 * By hand: curl -sH "Authorization: Bearer $TOKEN" -H 'Accept: application/vnd...' \
 *               https://registry/v2/NAME/manifests/TAG
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "byhand.h"
#include "cli.h"
#include "die.h"
#include "http.h"
#include "io.h"
#include "json.h"
#include "mirror.h"
#include "source.h"
#include "step.h"
#include "tags.h"

static const char help[] =
	"usage: reg-manifest [-d] [-i] [-p OS/ARCH[/VARIANT]] IMAGE\n"
	"       reg-manifest -t IMAGE\n"
	"Print the manifest of IMAGE for this platform, byte for byte.\n"
	"  -d, --digest           print its digest only\n"
	"  -i, --index            what the tag names, even where that is an index\n"
	MIRROR_HELP
	"  -p, --platform P       linux/arm64, linux/arm/v7, ...\n"
	"  -t, --tags             the tags that IMAGE's repository has, a line each\n"
	HTTP_HELP
	"  -q, --quiet            no warnings\n"
	"  -h, --help  -V, --version\n"
	"Status: 0 verified, 1 failed, 2 usage, 3 refused, 4 not found (image, platform),\n"
	"        5 rate-limited, 6 digest or size mismatch.\n"
	"Examples:\n"
	"  reg-manifest alpine | jq -r '.layers[].digest'\n"
	"  reg-manifest -p linux/arm/v7 ghcr.io/o/n:tag | reg-blob -C dir ghcr.io/o/n:tag\n";

static const struct option longopts[] = {
	CLI_LONG,
	{"digest", no_argument, NULL, 'd'},
	{"index", no_argument, NULL, 'i'},
	HTTP_LONG,
	MIRROR_LONG,
	{"platform", required_argument, NULL, 'p'},
	{"tags", no_argument, NULL, 't'},
	{0},
};

/* A tag may name an image directly, and its manifest does not say for which platform;
 * its config does.  Only asked where the user has named one: docker(1) refuses too. */
static void
check_platform(struct source *src, struct document *d, const struct platform *want)
{
	jv config = json_member(d->json, "config");
	struct platform offer;
	const char *why;
	struct blob b;
	jv doc;

	if (!manifest_blob(config, &b, &why))
		die("read manifest: config: %s", why);
	jv_free(config);
	doc = source_config(src, &b);
	if (platform_from_json(&offer, doc) && !platform_match(want, &offer))
		die_with(EXIT_NOT_FOUND, "choose the platform: no image for %s; there is: %s",
			 platform_text(want), platform_text(&offer));
	jv_free(doc);
}

int
main(int argc, char **argv)
{
	bool digest_only = false, index = false, asked = false, tags = false;
	struct platform want = platform_here();
	struct document d;
	struct source src;
	int c;

	cli_start(argv);
	while ((c = getopt_long(argc, argv, "+" CLI_SHORT "dip:t", longopts, NULL)) != -1) {
		switch (c) {
		case 'd':
			digest_only = true;
			break;
		case 'i':
			index = true;
			break;
		case 'p':
			asked = true;
			if (!platform_parse(&want, optarg))
				usage("-p '%s': a platform is OS/ARCH[/VARIANT]", optarg);
			break;
		case MIRROR_OPT:
			mirror_add(optarg);
			break;
		case 't':
			tags = true;
			break;
		default:
			if (!http_option(c, optarg))
				cli_common(c, help);
		}
	}
	cli_late_option(argv + optind);
	if (argc - optind != 1)
		usage("one IMAGE is needed");
	source_open(&src, argv[optind]);
	if (tags) {
		tags_list(&src);
		close_stdout();
		return 0;
	}
	if (step_dry) {
		byhand_manifest(&src, index ? NULL : &want, digest_only);
		return 0;
	}
	d = source_manifest(&src, NULL, -1);
	if (!index && d.kind == MANIFEST_IMAGE && asked)
		check_platform(&src, &d, &want);
	if (!index)
		d = source_choose(&src, d, &want);
	if (digest_only)
		puts(d.digest);
	else
		fwrite(d.text, 1, d.n, stdout);
	close_stdout();
	return 0;
}
