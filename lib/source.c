#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "json.h"
#include "mirror.h"
#include "request.h"
#include "source.h"
#include "step.h"

void
source_open(struct source *src, const char *name)
{
	*src = (struct source){.ref = ref_must(name)};

	if (src->ref.layout && !step_dry)
		src->layout = layout_open(src->ref.layout);
	if (!src->ref.layout)
		src->registry = registry_open(&src->ref, "pull");
}

static struct document
from_registry(struct source *src, const char *word, long long size)
{
	struct request r = {.accept = MANIFEST_ACCEPT, .text_max = MANIFEST_MAX};
	struct document d = {0};

	mirror_do(&r, &src->registry, text("manifests/%s", word));
	request_check(&r, "GET manifest");
	d.text = r.text;
	d.n = r.text_len;
	if (size >= 0 && (long long)d.n != size)
		die_with(EXIT_MISMATCH, "GET manifest %s: %zu bytes, not %lld", r.url, d.n, size);
	document_judge(&d, word, digest_valid(word) ? word : NULL,
		       http_field(&r.http, "Docker-Content-Digest"), http_field(&r.http, "Content-Type"));
	http_end(&r.http);
	return d;
}

static struct document
from_layout(struct source *src, const char *word, long long size)
{
	struct document d = {0};

	/* A tag, or nothing at all, is looked up in the index first. */
	if (!word || !digest_valid(word)) {
		jv entry = layout_find(&src->layout, word);
		const char *why;
		struct blob b;

		if (!manifest_blob(entry, &b, &why))
			die("read %s/index.json: %s", src->layout.path, why);
		jv_free(entry);
		word = b.digest;
		size = b.size;
	}
	d.text = layout_get(&src->layout, word, MANIFEST_MAX, &d.n);
	if (size >= 0 && (long long)d.n != size)
		die_with(EXIT_MISMATCH, "read manifest %s: %zu bytes, not %lld", word, d.n, size);
	document_judge(&d, word, word, NULL, NULL);
	return d;
}

struct document
source_manifest(struct source *src, const char *word, long long size)
{
	if (!word)
		word = ref_word(&src->ref);
	if (src->ref.layout)
		return from_layout(src, word, size);
	return from_registry(src, word, size);
}

jv
source_config(struct source *src, const struct blob *config)
{
	struct request r = {.text_max = MANIFEST_MAX};
	char found[DIGEST_MAX], *what;
	jv doc;

	if (config->size > MANIFEST_MAX)
		return jv_invalid();
	if (src->ref.layout) {
		r.text = layout_get(&src->layout, config->digest, MANIFEST_MAX, &r.text_len);
	} else {
		mirror_do(&r, &src->registry, text("blobs/%s", config->digest));
		request_check(&r, "GET config");
	}
	what = text("verify config %s", config->digest);
	if (strcmp(digest_of(config->digest, r.text, r.text_len, found), config->digest) != 0)
		die_with(EXIT_MISMATCH, "%s: it is %s", what, found);
	doc = json_parse(r.text, r.text_len);
	http_end(&r.http);
	return doc;
}

static bool
lists(struct source *src, jv index, const char *digest, int depth)
{
	jv manifests = json_member(index, "manifests");
	bool found = false;

	jv_array_foreach(manifests, i, entry) {
		char *one = json_string(entry, "digest");
		char *type = json_string(entry, "mediaType");

		if (one && strcmp(one, digest) == 0)
			found = true;
		else if (!found && depth < 4 && one && digest_valid(one) && type &&
			 (strstr(type, "index") || strstr(type, "list")))
			found = lists(src, source_manifest(src, one, -1).json, digest, depth + 1);
		jv_free(entry);
	}
	jv_free(manifests);
	return found;
}

void
source_expect(struct source *src, const struct document *d)
{
	const char *want = src->ref.digest;
	struct document top;
	char other[DIGEST_MAX];

	if (!want || step_dry || strcmp(digest_of(want, d->text, d->n, other), want) == 0)
		return;
	top = source_manifest(src, want, -1);
	if (top.kind != MANIFEST_INDEX || !lists(src, top.json, d->digest, 1))
		die_with(EXIT_MISMATCH, "verify the manifest on standard input: it is %s, not %s",
			 other, want);
}
