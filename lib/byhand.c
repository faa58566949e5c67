#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "byhand.h"
#include "die.h"
#include "mirror.h"
#include "step.h"

/* The mirrors first, and without the credentials that get() sends. */
static char *
get(const struct registry *reg, const char *tail, const char *options)
{
	char *mirrors = mirror_by_hand(reg, tail, options);
	char *own = byhand_call(reg, "get", tail, options);

	return *mirrors ? text("{ %s%s; }", mirrors, own) : own;
}

/* A digest, or "$digest", checked against a file, a shell word.  From standard input,
 * since sha256sum(1) has an escape syntax for odd file names. */
void
byhand_check(const char *digest, const char *file)
{
	step(STEP_SAME, "[ \"$(%s <%s)\" = \"%s  -\" ]",
	     strncmp(digest, "sha512:", 7) == 0 ? "sha512sum" : "sha256sum", file,
	     *digest == '$' ? "${digest#*:}" : digest_hex(digest));
}

/* A jq program that prints the digest of the index's best entry: the variants that
 * will do, best first. */
static char *
choose(const struct platform *want)
{
	char *variants = text("%s", "");
	struct platform offer = *want;

	for (int v = 9; v >= 0; v--) {
		snprintf(offer.variant, sizeof offer.variant, "v%d", v);
		if (v == 0)
			offer.variant[0] = '\0';
		if (platform_match(want, &offer))
			variants = text("%s%s\"%s\"", variants, *variants ? ", " : "", offer.variant);
	}
	if (!*variants)
		variants = text("\"%s\"", want->variant);
	return text("'first((%s) as $v | .manifests[] | select(.platform | .os == \"%s\" and\n"
		    "	.architecture == \"%s\" and (.variant // \"\") == $v)).digest'",
		    variants, want->os, want->arch);
}

/* Step for step what the tool does, on a file: a shell variable would lose newlines. */
static void
manifest_of_registry(const struct registry *reg, const struct platform *want)
{
	const char *out = text(" -H 'Accept: %s' -o \"$file\"", MANIFEST_ACCEPT);

	byhand_log_in(reg);
	step(STEP_SAME, "file=$(mktemp)");
	step(STEP_SAME, "%s", get(reg, text("manifests/%s", ref_word(reg->ref)), out));
	if (reg->ref->digest)
		byhand_check(reg->ref->digest, "\"$file\"");
	if (!want)
		return;
	step(STEP_SAME, "if jq -e .manifests \"$file\" >/dev/null; then");
	step(STEP_SAME, "digest=$(jq -er %s \"$file\")", choose(want));
	step(STEP_SAME, "%s", get(reg, "manifests/$digest", out));
	byhand_check("$digest", "\"$file\"");
	step(STEP_SAME, "fi");
}

static void
manifest_of_layout(const struct ref *ref, const struct platform *want)
{
	char *dir = sh(ref->layout);

	if (ref->digest)
		step(STEP_SAME, "digest=%s", ref->digest);
	else
		step(STEP_SAME,
		     "digest=$(jq -er --arg name %s '.manifests[] | select($name == \"\" or\n"
		     "	.annotations[\"org.opencontainers.image.ref.name\"] == $name).digest' \\\n"
		     "	%s/index.json)",
		     sh(ref->tag ? ref->tag : ""), dir);
	step(STEP_SAME, "file=$(mktemp)");
	step(STEP_SAME, "cp %s/blobs/\"${digest%%%%:*}/${digest#*:}\" \"$file\"", dir);
	if (!want)
		return;
	byhand_check("$digest", "\"$file\"");
	step(STEP_SAME, "if jq -e .manifests \"$file\" >/dev/null; then");
	step(STEP_SAME, "digest=$(jq -er %s \"$file\")", choose(want));
	step(STEP_SAME, "cp %s/blobs/\"${digest%%%%:*}/${digest#*:}\" \"$file\"\nfi", dir);
	byhand_check("$digest", "\"$file\"");
}

void
byhand_manifest(struct source *src, const struct platform *want, bool digest_only)
{
	if (src->ref.layout)
		manifest_of_layout(&src->ref, want);
	else
		manifest_of_registry(&src->registry, want);
	if (digest_only)
		step(STEP_SAME, "echo \"sha256:$(sha256sum <\"$file\" | cut -d' ' -f1)\"");
	else
		step(STEP_SAME, "cat \"$file\"");
	step(STEP_SAME, "rm \"$file\"");
}

/* (One page of them: the next one's address is in the answer's Link field.) */
void
byhand_tags(struct source *src)
{
	if (src->ref.layout) {
		step(STEP_SAME, "jq -r '.manifests[].annotations[\"%s\"] // empty' %s/index.json",
		     "org.opencontainers.image.ref.name", sh(src->ref.layout));
		return;
	}
	byhand_log_in(&src->registry);
	step(STEP_SAME, "tags=$(%s)", byhand_call(&src->registry, "get", "tags/list", ""));
	step(STEP_SAME, "echo \"$tags\" | jq -r '.tags[]'");
}

/* One blob to a file, a shell word. */
static void
fetch(struct source *src, const char *digest, const char *file)
{
	if (src->ref.layout)
		step(STEP_SAME, "cp %s/%s %s", sh(src->ref.layout), layout_blob_name(digest), file);
	else
		step(STEP_SAME, "%s",
		     get(&src->registry, text("blobs/%s", digest), text(" -C - -o %s", file)));
}

void
byhand_blob(struct source *src, const char *digest, const char *output)
{
	char *part = output ? sh(text("%s.part", output)) : text("\"$file\"");

	if (!src->ref.layout)
		byhand_log_in(&src->registry);
	if (!output)
		step(STEP_SAME, "file=$(mktemp)");
	fetch(src, digest, part);
	byhand_check(digest, part);
	if (output)
		step(STEP_SAME, "mv %s %s", part, sh(output));
	else
		step(STEP_SAME, "cat \"$file\"\nrm \"$file\"");
}

static void
put_in_index(const struct source *src, const char *dir, const struct document *d,
	     const struct blob *config)
{
	char *config_path = text("%s/%s", dir, layout_blob_name(config->digest));

	step(STEP_SAME,
	     "[ -e %s/index.json ] || echo '{\"schemaVersion\":2,\"manifests\":[]}' >%s/index.json",
	     sh(dir), sh(dir));
	step(STEP_SAME,
	     "jq -c --slurpfile config %s --arg name %s --arg key %s '\n"
	     "	($config[0] | {architecture, os} + if .variant then {variant} else {} end) as $p |\n"
	     "	.manifests |= map(select(.annotations[$key] != $name)) + [{mediaType: \"%s\",\n"
	     "	digest: \"%s\", size: %zu, platform: $p, annotations: {($key): $name}}]' \\\n"
	     "	%s/index.json >%s/.index.json.new\n"
	     "mv %s/.index.json.new %s/index.json",
	     sh(config_path), sh(ref_name(&src->ref)), "org.opencontainers.image.ref.name",
	     d->type, d->digest, d->n, sh(dir), sh(dir), sh(dir), sh(dir));
}

void
byhand_layout(struct source *src, const char *dir, const struct document *d,
	      const struct blob *blobs, size_t count)
{
	bool sha512 = false;

	if (!src->ref.layout)
		byhand_log_in(&src->registry);
	step(STEP_SAME, "mkdir -p %s/blobs/sha256", sh(dir));
	for (size_t i = 0; i < count; i++)
		if (strncmp(blobs[i].digest, "sha512", 6) == 0)
			sha512 = true;
	if (sha512)
		step(STEP_SAME, "mkdir -p %s/blobs/sha512", sh(dir));
	step(STEP_SAME, "echo '{\"imageLayoutVersion\":\"1.0.0\"}' >%s/oci-layout", sh(dir));
	for (size_t i = 0; i < count; i++) {
		char *path = text("%s/%s", dir, layout_blob_name(blobs[i].digest));

		fetch(src, blobs[i].digest, sh(text("%s.part", path)));
		byhand_check(blobs[i].digest, sh(text("%s.part", path)));
		step(STEP_SAME, "mv %s %s", sh(text("%s.part", path)), sh(path));
		step(STEP_SAME, "printf '%%s\\t%%s\\n' %s %s", blobs[i].digest, sh(path));
	}
	step(STEP_SAME, "printf %%s %s >%s/%s", sh(d->text), sh(dir), layout_blob_name(d->digest));
	put_in_index(src, dir, d, &blobs[0]);
}
