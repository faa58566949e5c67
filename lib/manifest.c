#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "die.h"
#include "digest.h"
#include "json.h"
#include "manifest.h"

enum { BLOBS_MAX = 4096 };

static const char *const index_types[] = {
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
	NULL,
};
static const char *const image_types[] = {
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.v2+json",
	NULL,
};

/* A Content-Type may have parameters: "...+json; charset=utf-8". */
static bool
is_one_of(const char *type, const char *const *list)
{
	size_t n = type ? strcspn(type, "; \t") : 0;

	for (; n && *list; list++)
		if (strlen(*list) == n && strncasecmp(type, *list, n) == 0)
			return true;
	return false;
}

/* The old schema 1: layers as fsLayers, newest first, and a signature inside. */
static bool
is_schema1(jv doc)
{
	char *type = json_string(doc, "mediaType");
	bool is = json_count(doc, "schemaVersion") == 1 || json_has_array(doc, "fsLayers") ||
		  (type && strstr(type, "distribution.manifest.v1+"));

	free(type);
	return is;
}

enum manifest_kind
manifest_kind(jv doc, const char *content_type, const char **why)
{
	bool index = json_has_array(doc, "manifests"), image = json_has_array(doc, "layers");
	char *type;
	bool lies;

	*why = "not a JSON object";
	if (jv_get_kind(doc) != JV_KIND_OBJECT)
		return MANIFEST_BAD;
	*why = "an image manifest of the old schema 1, which has no digest of its content";
	if (is_schema1(doc))
		return MANIFEST_BAD;
	*why = "it has both layers and manifests: index and image at once";
	if (index && (image || json_has_object(doc, "config")))
		return MANIFEST_BAD;
	*why = "neither an image manifest nor an index";
	if (!index && !(image && json_has_object(doc, "config")))
		return MANIFEST_BAD;
	type = json_string(doc, "mediaType");
	lies = is_one_of(type, index ? image_types : index_types) ||
	       is_one_of(content_type, index ? image_types : index_types);
	free(type);
	*why = "its media type says index, its content image, or the other way round";
	if (lies)
		return MANIFEST_BAD;
	return index ? MANIFEST_INDEX : MANIFEST_IMAGE;
}

const char *
manifest_type(jv doc, enum manifest_kind kind)
{
	char *type = json_string(doc, "mediaType");

	if (type && *type)
		return type;
	return kind == MANIFEST_INDEX ? index_types[0] : image_types[0];
}

static char **
read_urls(jv descriptor)
{
	jv list = json_member(descriptor, "urls");
	int n = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(jv_copy(list)) : 0;
	char **urls = n ? calloc(n + 1, sizeof *urls) : NULL;
	int used = 0;

	if (n && !urls)
		die("out of memory");
	for (int i = 0; i < n; i++) {
		jv url = jv_array_get(jv_copy(list), i);

		if (jv_get_kind(url) == JV_KIND_STRING && !(urls[used++] = strdup(jv_string_value(url))))
			die("out of memory");
		jv_free(url);
	}
	jv_free(list);
	return urls;
}

bool
manifest_blob(jv descriptor, struct blob *out, const char **why)
{
	*out = (struct blob){.digest = json_string(descriptor, "digest"),
			     .type = json_string(descriptor, "mediaType"),
			     .size = json_count(descriptor, "size")};
	*why = "a descriptor without a valid digest";
	if (!out->digest || !digest_valid(out->digest))
		return false;
	*why = "a descriptor without a valid size";
	if (out->size < 0)
		return false;
	if (!out->type && !(out->type = strdup("")))
		die("out of memory");
	out->urls = read_urls(descriptor);
	return true;
}

struct blob *
manifest_list(jv doc, const char *name, size_t *n)
{
	jv array = json_member(doc, name);
	struct blob *list;
	const char *why;

	*n = jv_get_kind(array) == JV_KIND_ARRAY ? jv_array_length(jv_copy(array)) : 0;
	list = calloc(*n + 1, sizeof *list);
	if (!list)
		die("out of memory");
	for (size_t i = 0; i < *n; i++) {
		jv descriptor = jv_array_get(jv_copy(array), i);

		if (!manifest_blob(descriptor, &list[i], &why))
			die("manifest: %s: %s", name, why);
		jv_free(descriptor);
	}
	jv_free(array);
	return list;
}

static void
add_blob(struct blob *list, size_t *n, struct blob b)
{
	/* An image may hold the same layer twice; one download will do. */
	for (size_t i = 0; i < *n; i++) {
		if (strcmp(list[i].digest, b.digest) != 0)
			continue;
		if (list[i].size != b.size)
			die_with(EXIT_MISMATCH, "manifest: two sizes for %s", b.digest);
		return;
	}
	list[(*n)++] = b;
}

struct blob *
manifest_blobs(jv doc, size_t *n)
{
	jv config = json_member(doc, "config");
	struct blob *list, *layers, b;
	const char *why;
	size_t count;

	if (!manifest_blob(config, &b, &why))
		die("manifest: config: %s", why);
	jv_free(config);
	layers = manifest_list(doc, "layers", &count);
	/* overlayfs stacks 500 (ovl-mount(1)).  A document of the permitted size can name
	 * 80 000, and each is compared with all before it: many seconds, for nothing. */
	if (count > BLOBS_MAX)
		die("manifest: %zu layers, more than %d", count, BLOBS_MAX);
	list = calloc(count + 1, sizeof *list);
	if (!list)
		die("out of memory");
	*n = 0;
	add_blob(list, n, b);
	for (size_t i = 0; i < count; i++)
		add_blob(list, n, layers[i]);
	free(layers);
	return list;
}
