/* SPDX-License-Identifier: ISC */
/* image-plan: what container-run(1) must know of an image, as assignments for sh(1).
 *
 * A config is JSON by a stranger; a shell can read neither JSON nor, safely, a
 * stranger's words.  Done once, when the image comes, no container's start pays for it.
 *
 *   1. Read the manifest from standard input and judge it: image-spec manifest.md.
 *   2. Read its config from the layout; its bytes must have the digest that the
 *      manifest names: image-spec config.md.
 *   3. The layers as unpacked must be those that the config names, in its order
 *      (rootfs.diff_ids): layer-unpack(1) has noted what each one was.
 *   4. Print each value, quoted: sh(1), "Quoting".
 *
 * By hand: jq -r '"image_user=\(.config.User // "" | @sh)", ...' CONFIG
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "die.h"
#include "digest.h"
#include "document.h"
#include "image_config.h"
#include "io.h"
#include "json.h"
#include "step.h"

static const char help[] =
	"usage: image-plan [-hnqVx] [-u DIR] LAYOUT IMAGE < MANIFEST\n"
	"       image-plan -l < MANIFEST\n"
	"Print what a container of the image runs (entrypoint, user, environment, layers)\n"
	"as assignments that sh reads back.  The config comes from LAYOUT.\n"
	"\n"
	"  -l, --layers          only the digests of the layers, base first, one a line\n"
	"  -u, --unpacked DIR    fail (6) unless the files DIR/HEX.id, one a layer,\n"
	"                        hold the diff_ids that the config names\n"
	"  -n, --dry-run         print the plain commands, do nothing\n"
	"  -q, --quiet           no warnings\n"
	"  -x, --explain         show each act as the ordinary command\n"
	"  -h, --help            this text\n"
	"  -V, --version         name and version\n"
	"\n"
	"  reg-manifest alpine | image-plan -l\n"
	"  reg-manifest alpine | image-plan layout alpine >plan && . ./plan\n";

static const struct option longopts[] = {
	{"layers", no_argument, NULL, 'l'},
	{"unpacked", required_argument, NULL, 'u'},
	CLI_LONG,
	{0},
};

/* The same in jq, for -n and -x.  $m is the manifest. */
static const char program[] =
	"	def words: map(@sh) | join(\" \");\n"
	"	{ref: $ref, digest: $digest, config: $m[0].config.digest,\n"
	"	 layers: ($m[0].layers | map(.digest) | join(\" \")),\n"
	"	 size: \"\\($m[0].layers | map(.size) | add // 0)\", created: (.created // \"\"),\n"
	"	 platform: \"\\(.os // \"\")/\\(.architecture // \"\")\",\n"
	"	 user: (.config.User // \"\"), workdir: (.config.WorkingDir // \"\"),\n"
	"	 stop_signal: (.config.StopSignal // \"\"), env: (.config.Env // [] | words),\n"
	"	 entrypoint: (.config.Entrypoint // [] | words), cmd: (.config.Cmd // [] | words),\n"
	"	 volumes: (.config.Volumes // {} | keys | words),\n"
	"	 exposed: (.config.ExposedPorts // {} | keys | words)} |\n"
	"	to_entries[] | \"image_\\(.key)=\\(.value | @sh)\"";

static bool
explain(const char *layout, const char *unpacked, const char *image)
{
	char *ids = text("%s", "");

	if (!layout)
		return step(STEP_SAME, "jq -r '.layers[].digest'");
	if (unpacked)
		ids = text("[ \"$(jq -r '.rootfs.diff_ids[]' \"$config\")\" = \\\n"
			   "\t\"$(jq -r '.layers[].digest' \"$manifest\" | sed 's,.*:,,; s,$,.id,' |\n"
			   "\t(cd %s; xargs -r cat))\" ]\n", sh(unpacked));
	return step(STEP_SAME,
		    "manifest=$(mktemp); cat >\"$manifest\"\n"
		    "config=%s/blobs/$(jq -r .config.digest \"$manifest\" | tr : /)\n%s"
		    "jq -r --slurpfile m \"$manifest\" --arg ref %s \\\n"
		    "	--arg digest \"sha256:$(sha256sum <\"$manifest\" | cut -c1-64)\" '\n%s\n"
		    "' \"$config\"\nrm \"$manifest\"",
		    sh(layout), ids, sh(image), program);
}

/* Act 4. */
static void
print(const char *name, const char *value)
{
	printf("image_%s=%s\n", name, sh(value));
}

static void
print_layers(const struct blob *layers, size_t count)
{
	char *all = malloc(count * DIGEST_MAX + 1), *p = all;
	long long size = 0;

	if (!all)
		die("out of memory");
	*p = '\0';
	for (size_t i = 0; i < count; i++) {
		p += sprintf(p, "%s%s", i ? " " : "", layers[i].digest);
		size += layers[i].size;
	}
	print("layers", all);
	print("size", text("%lld", size));
}

static void
print_config(jv image)
{
	jv config = json_member(image, "config");

	if (jv_get_kind(config) != JV_KIND_OBJECT && jv_get_kind(config) != JV_KIND_NULL)
		die("the config's config is malformed");
	print("created", image_config_string(json_member(image, "created"), "created"));
	print("platform", text("%s/%s", image_config_string(json_member(image, "os"), "os"),
			       image_config_string(json_member(image, "architecture"), "architecture")));
	print("user", image_config_string(json_member(config, "User"), "User"));
	print("workdir", image_config_string(json_member(config, "WorkingDir"), "WorkingDir"));
	print("stop_signal", image_config_string(json_member(config, "StopSignal"), "StopSignal"));
	print("env", sh_words(image_config_strings(config, "Env")));
	print("entrypoint", sh_words(image_config_strings(config, "Entrypoint")));
	print("cmd", sh_words(image_config_strings(config, "Cmd")));
	print("volumes", sh_words(image_config_strings(config, "Volumes")));
	print("exposed", sh_words(image_config_strings(config, "ExposedPorts")));
}

int
main(int argc, char **argv)
{
	const char *unpacked = NULL;
	bool list = false;
	struct blob *layers, *blobs;
	struct document d;
	size_t count, all;
	jv config;
	int opt;

	cli_start(argv);
	while ((opt = getopt_long(argc, argv, "+" CLI_SHORT "lu:", longopts, NULL)) != -1) {
		if (opt == 'l')
			list = true;
		else if (opt == 'u')
			unpacked = optarg;
		else
			cli_common(opt, help);
	}
	argv += optind;
	if (argc - optind != (list ? 0 : 2))
		usage(list ? "-l takes no operand" : "LAYOUT and IMAGE are needed");
	if (!explain(argv[0], unpacked, list ? NULL : argv[1]))
		return 0;
	d = document_stdin();
	if (d.kind != MANIFEST_IMAGE)
		die("read the manifest: it is an index; reg-manifest chooses from it");
	layers = manifest_list(d.json, "layers", &count);
	if (list) {
		for (size_t i = 0; i < count; i++)
			puts(layers[i].digest);
		close_stdout();
		return 0;
	}
	blobs = manifest_blobs(d.json, &all); /* the config comes first */
	config = image_config_read(argv[0], blobs[0].digest);
	if (unpacked)
		image_config_check(config, layers, count, unpacked);
	print("ref", argv[1]);
	print("digest", d.digest);
	print("config", blobs[0].digest);
	print_layers(layers, count);
	print_config(config);
	close_stdout();
	return 0;
}
