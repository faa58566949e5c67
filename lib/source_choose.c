#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "json.h"
#include "source.h"
#include "step.h"

enum {
	DEPTH_MAX = 4,	  /* of nested indexes */
	FETCHES_MAX = 32, /* of documents in all: a small bomb is a bomb too */
};

/* What one walk through an index has found so far. */
struct search {
	struct source *src;
	const struct platform *want;
	char *offers; /* "linux/amd64, linux/arm64": for the message */
	int fetches;
};

static bool
is_attestation(jv entry)
{
	jv notes = json_member(entry, "annotations");
	char *type = json_string(notes, "vnd.docker.reference.type");

	jv_free(notes);
	return type != NULL;
}

static bool
is_index(jv entry)
{
	char *type = json_string(entry, "mediaType");

	return type && (strstr(type, "image.index") || strstr(type, "manifest.list"));
}

static void
remember(struct search *s, const char *offer)
{
	if (!strstr(s->offers, offer))
		s->offers = text("%s%s%s", s->offers, *s->offers ? ", " : "", offer);
}

/* The platform in the index's own words: arm64/v8, where we say arm64. */
static char *
as_written(jv where)
{
	char *variant = json_string(where, "variant");

	return text("%s/%s%s%s", json_string(where, "os"), json_string(where, "architecture"),
		    variant && *variant ? "/" : "", variant ? variant : "");
}

/* The entry of this index that fits best; invalid when none does.  An entry without a
 * platform fits only when it is alone: then there is no choice to make. */
static jv
best_entry(struct search *s, jv manifests)
{
	jv best = jv_invalid(), bare = jv_invalid();
	int best_rank = 0, bares = 0, others = 0;

	jv_array_foreach(manifests, i, entry) {
		jv where = json_member(entry, "platform");
		struct platform offer;
		int rank = 0;

		if (is_index(entry) || is_attestation(entry)) {
			/* neither is an image */
		} else if (platform_from_json(&offer, where)) {
			others++;
			rank = platform_match(s->want, &offer);
			if (strcmp(offer.os, "unknown") != 0)
				remember(s, as_written(where));
		} else if (++bares == 1) {
			jv_free(bare);
			bare = jv_copy(entry);
		}
		jv_free(where);
		/* Of equals the first: that is the order the publisher chose. */
		if (rank > best_rank) {
			jv_free(best);
			best = jv_copy(entry);
			best_rank = rank;
		}
		jv_free(entry);
	}
	if (best_rank == 0 && bares == 1 && others == 0)
		return bare;
	jv_free(bare);
	return best;
}

static struct document
fetch(struct search *s, jv entry)
{
	struct document d;
	const char *why;
	struct blob b;

	if (!manifest_blob(entry, &b, &why))
		die("read index: %s", why);
	if (++s->fetches > FETCHES_MAX)
		die("read index: it refers to more than %d others", FETCHES_MAX);
	d = source_manifest(s->src, b.digest, b.size);
	/* The descriptor's word and the document's must agree: CVE-2021-41190. */
	if (is_index(entry) != (d.kind == MANIFEST_INDEX))
		die("read index: %s is not the kind of document that the index says", b.digest);
	return d;
}

/* Depth first: an image here wins over one in a nested index. */
static bool
walk(struct search *s, jv index, int depth, struct document *out)
{
	jv manifests = json_member(index, "manifests"), best;
	bool found = false;

	if (depth > DEPTH_MAX)
		die("read index: nested deeper than %d", DEPTH_MAX);
	best = best_entry(s, manifests);
	if (jv_is_valid(best)) {
		*out = fetch(s, best);
		found = true;
	}
	jv_free(best);
	for (int i = 0; !found && i < jv_array_length(jv_copy(manifests)); i++) {
		jv entry = jv_array_get(jv_copy(manifests), i);

		if (is_index(entry)) {
			struct document inner = fetch(s, entry);

			found = walk(s, inner.json, depth + 1, out);
		}
		jv_free(entry);
	}
	jv_free(manifests);
	return found;
}

struct document
source_choose(struct source *src, struct document top, const struct platform *want)
{
	struct search s = {.src = src, .want = want, .offers = text("%s", "")};
	struct document d;

	if (top.kind == MANIFEST_IMAGE)
		return top;
	if (!walk(&s, top.json, 1, &d))
		die_with(EXIT_NOT_FOUND, "choose from the index: no image for %s; there is: %s",
			 platform_text(want), *s.offers ? s.offers : "none that names a platform");
	return d;
}
