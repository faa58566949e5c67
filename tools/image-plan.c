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
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "die.h"
#include "digest.h"
#include "io.h"
#include "json.h"
#include "manifest.h"
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

/* Act 1.  Standard input, whole; text[*size] is a NUL. */
static char *
read_manifest(size_t *size)
{
	char *text = malloc(MANIFEST_MAX + 1);
	ssize_t n;

	if (!text)
		die("out of memory");
	n = read_all(STDIN_FILENO, text, MANIFEST_MAX + 1);
	if (n < 0)
		die_errno("read the manifest");
	if (n > MANIFEST_MAX)
		die("read the manifest: larger than %d bytes", MANIFEST_MAX);
	*size = n;
	return text;
}

static struct blob
descriptor(jv value)
{
	const char *why;
	struct blob blob;

	if (!manifest_blob(value, &blob, &why))
		die("the manifest has %s", why);
	jv_free(value);
	return blob;
}

/* All layers, base first; one that is stacked twice is there twice. */
static struct blob *
read_layers(jv manifest, int *count)
{
	jv list = json_member(manifest, "layers");
	struct blob *layers;

	*count = jv_array_length(jv_copy(list));
	layers = calloc(*count + 1, sizeof *layers);
	if (!layers)
		die("out of memory");
	for (int i = 0; i < *count; i++)
		layers[i] = descriptor(jv_array_get(jv_copy(list), i));
	jv_free(list);
	return layers;
}

/* Act 2. */
static jv
read_config(const char *layout, const char *digest)
{
	char *path = text("%s/blobs/%.6s/%s", layout, digest, digest_hex(digest));
	char *json = malloc(MANIFEST_MAX + 1), is[DIGEST_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	jv config;

	if (!json)
		die("out of memory");
	n = fd < 0 ? -1 : read_all(fd, json, MANIFEST_MAX + 1);
	if (n < 0)
		die_errno("read the config %s", path);
	close(fd);
	if (n > MANIFEST_MAX)
		die("read the config %s: larger than %d bytes", path, MANIFEST_MAX);
	if (strcmp(digest_of(digest, json, n, is), digest) != 0)
		die_with(EXIT_MISMATCH, "read the config %s: it is %s", path, is);
	config = json_parse(json, n);
	if (jv_get_kind(config) != JV_KIND_OBJECT)
		die("read the config %s: not an image's config", path);
	free(json);
	return config;
}

/* A string that a program can get as an argument; "" where there is none. */
static const char *
string(jv value, const char *what)
{
	if (jv_get_kind(value) == JV_KIND_NULL)
		return "";
	if (jv_get_kind(value) != JV_KIND_STRING)
		die("the config's %s is malformed", what);
	if (strlen(jv_string_value(value)) != (size_t)jv_string_length_bytes(jv_copy(value)))
		die("the config's %s holds a NUL", what);
	return jv_string_value(value);
}

/* An array of strings, or an object's keys (sorted), as a NULL-terminated list. */
static char **
strings(jv object, const char *what)
{
	jv list = json_member(object, what);
	char **out;
	int n;

	if (jv_get_kind(list) == JV_KIND_OBJECT)
		list = jv_keys(list);
	if (jv_get_kind(list) == JV_KIND_NULL)
		list = jv_array();
	if (jv_get_kind(list) != JV_KIND_ARRAY)
		die("the config's %s is malformed", what);
	n = jv_array_length(jv_copy(list));
	out = calloc(n + 1, sizeof *out);
	for (int i = 0; out && i < n; i++) {
		jv value = jv_array_get(jv_copy(list), i);

		if (jv_get_kind(value) != JV_KIND_STRING)
			die("the config's %s is malformed", what);
		out[i] = text("%s", string(value, what));
		jv_free(value);
	}
	if (!out)
		die("out of memory");
	jv_free(list);
	return out;
}

/* Act 3. */
static void
compare(const struct blob *layers, int count, jv config, const char *unpacked)
{
	jv rootfs = json_member(config, "rootfs");
	char **ids = strings(rootfs, "diff_ids");

	for (int i = 0; i < count; i++) {
		char *path = text("%s/%s.id", unpacked, digest_hex(layers[i].digest));
		char *id = read_file_at(AT_FDCWD, path);

		if (!id)
			die_errno("read %s", path);
		/* Two pulls at once may both have noted it. */
		id[strcspn(id, "\n")] = '\0';
		if (!ids[i] || strcmp(id, ids[i]) != 0)
			die_with(EXIT_MISMATCH, "layer %s is %s, the config says %s",
				 layers[i].digest, id, ids[i] ? ids[i] : "nothing");
		free(id);
	}
	if (ids[count])
		die_with(EXIT_MISMATCH, "the config names more layers than the manifest");
	jv_free(rootfs);
}

/* Act 4. */
static void
print(const char *name, const char *value)
{
	printf("image_%s=%s\n", name, sh(value));
}

static void
print_layers(const struct blob *layers, int count)
{
	char *all = malloc(count * DIGEST_MAX + 1), *p = all;
	long long size = 0;

	if (!all)
		die("out of memory");
	*p = '\0';
	for (int i = 0; i < count; i++) {
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
	print("created", string(json_member(image, "created"), "created"));
	print("platform", text("%s/%s", string(json_member(image, "os"), "os"),
			       string(json_member(image, "architecture"), "architecture")));
	print("user", string(json_member(config, "User"), "User"));
	print("workdir", string(json_member(config, "WorkingDir"), "WorkingDir"));
	print("stop_signal", string(json_member(config, "StopSignal"), "StopSignal"));
	print("env", sh_words(strings(config, "Env")));
	print("entrypoint", sh_words(strings(config, "Entrypoint")));
	print("cmd", sh_words(strings(config, "Cmd")));
	print("volumes", sh_words(strings(config, "Volumes")));
	print("exposed", sh_words(strings(config, "ExposedPorts")));
}

int
main(int argc, char **argv)
{
	const char *unpacked = NULL, *why;
	bool list = false;
	struct blob *layers;
	char *json, digest[DIGEST_MAX], *config_digest;
	jv manifest, config;
	size_t size;
	int opt, count;

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
	json = read_manifest(&size);
	manifest = json_parse(json, size);
	if (manifest_kind(manifest, NULL, &why) != MANIFEST_IMAGE)
		die("read the manifest: %s", jv_is_valid(manifest) ? why : "not JSON");
	layers = read_layers(manifest, &count);
	if (list) {
		for (int i = 0; i < count; i++)
			puts(layers[i].digest);
		close_stdout();
		return 0;
	}
	config_digest = descriptor(json_member(manifest, "config")).digest;
	config = read_config(argv[0], config_digest);
	if (unpacked)
		compare(layers, count, config, unpacked);
	print("ref", argv[1]);
	print("digest", digest_of("sha256:", json, size, digest));
	print("config", config_digest);
	print_layers(layers, count);
	print_config(config);
	close_stdout();
	return 0;
}
