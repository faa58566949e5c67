#include <stdio.h>
#include <string.h>

#include "byhand.h"
#include "die.h"
#include "mirror.h"
#include "step.h"

/* "COMMAND URL OPTIONS" for the script.  A registry on this machine may be plain http:
 * then curl's handshake fails with status 35, and only then http is tried. */
static char *
call(const struct registry *reg, const char *command, const char *tail, const char *options)
{
	char *path = text("%s/v2/%s/%s", ref_api_host(reg->ref), reg->ref->repository, tail);
	char *https = text("https://%s", path), *http = text("http://%s", path);

	/* A tail with a variable of the script in it can't be in single quotes. */
	https = strchr(tail, '$') ? text("\"%s\"", https) : sh(https);
	http = strchr(tail, '$') ? text("\"%s\"", http) : sh(http);
	if (!reg->loopback)
		return text("%s %s%s", command, https, options);
	return text("{ %s %s%s || { [ $? = 35 ] && %s %s%s; }; }", command, https, options,
		    command, http, options);
}

/* The mirrors first, and without the credentials that get() sends. */
static char *
get(const struct registry *reg, const char *tail, const char *options)
{
	char *mirrors = mirror_by_hand(reg, tail, options);
	char *own = call(reg, "get", tail, options);

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

/* What podman login and docker login left: in the form of Basic authentication. */
static void
find_credentials(const struct ref *ref)
{
	bool hub = strcmp(ref->host, "docker.io") == 0;

	step(STEP_SAME,
	     "for file in \"${REGISTRY_AUTH_FILE-}\" \"${DOCKER_CONFIG-}/config.json\" \\\n"
	     "	\"${XDG_RUNTIME_DIR-}/containers/auth.json\" \\\n"
	     "	\"${XDG_CONFIG_HOME:-${HOME-}/.config}/containers/auth.json\" \\\n"
	     "	\"${HOME-}/.docker/config.json\" /dev/null; do\n"
	     "	if [ -f \"$file\" ]; then break; fi\n"
	     "done\n"
	     "auth=$(jq -r --arg host %s '.auths[$host].auth // empty' \"$file\")",
	     hub ? "https://index.docker.io/v1/" : sh(ref->host));
}

/* The challenge in $challenge, and how to read it. */
static void
ask(const struct registry *reg)
{
	step(STEP_SAME, "ask() { curl -sSI -H 'Accept: %s' \"$@\"; }", MANIFEST_ACCEPT);
	step(STEP_SAME,
	     "challenge=$(%s | tr -d '\\r' | sed -n 's/^www-authenticate: *bearer *//Ip')\n"
	     "field() { echo \"$challenge\" | sed -n \"s/.*$1=\\\"\\([^\\\"]*\\)\\\".*/\\1/p\"; }",
	     call(reg, "ask", text("manifests/%s", ref_word(reg->ref)), ""));
}

/* A command that prints the token, or nothing where there was no challenge. */
static char *
token_command(const struct registry *reg)
{
	return text("if [ -n \"$challenge\" ]; then\n"
		    "	echo \"${auth:+Authorization: Basic $auth}\" |\n"
		    "	curl -fsSL -H @- -G --data-urlencode \"service=$(field service)\" \\\n"
		    "		--data-urlencode scope=repository:%s:%s \"$(field realm)\" |\n"
		    "	jq -r '.token // .access_token'; fi",
		    reg->ref->repository, reg->actions);
}

void
byhand_token(struct registry *reg)
{
	find_credentials(reg->ref);
	ask(reg);
	step(STEP_SAME, "%s", token_command(reg));
}

void
byhand_log_in(const struct registry *reg)
{
	find_credentials(reg->ref);
	step(STEP_SAME, "if [ -z \"${REG_TOKEN-}\" ]; then");
	ask(reg);
	step(STEP_SAME, "REG_TOKEN=$(%s)\nfi", token_command(reg));
	step(STEP_SAME,
	     "get() {\n"
	     "	if [ -n \"$REG_TOKEN\" ]; then echo \"Authorization: Bearer $REG_TOKEN\"\n"
	     "	else echo \"${auth:+Authorization: Basic $auth}\"; fi |\n"
	     "	curl -fsSL -H @- -H 'Accept-Encoding: identity' \"$@\"\n"
	     "}");
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
	step(STEP_SAME, "cp %s/blobs/sha256/\"${digest#sha256:}\" \"$file\"", dir);
	if (!want)
		return;
	byhand_check("$digest", "\"$file\"");
	step(STEP_SAME, "if jq -e .manifests \"$file\" >/dev/null; then");
	step(STEP_SAME, "digest=$(jq -er %s \"$file\")", choose(want));
	step(STEP_SAME, "cp %s/blobs/sha256/\"${digest#sha256:}\" \"$file\"\nfi", dir);
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
	step(STEP_SAME, "%s | jq -r '.tags[]'", call(&src->registry, "get", "tags/list", ""));
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
	if (!src->ref.layout)
		byhand_log_in(&src->registry);
	step(STEP_SAME, "mkdir -p %s/blobs/sha256", sh(dir));
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
