#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "byhand.h"
#include "die.h"
#include "field.h"
#include "json.h"
#include "request.h"
#include "step.h"
#include "tags.h"
#include "url.h"

enum { PAGES_MAX = 10000 }; /* a registry whose pages never end is broken or hostile */

/* A tag is printed only if it is one: never an escape sequence for the terminal. */
static void
print_page(jv tags, const char *url)
{
	jv_array_foreach(tags, i, tag) {
		const char *why, *s = jv_get_kind(tag) == JV_KIND_STRING ? jv_string_value(tag) : "";
		struct ref ref;

		if (!ref_parse(&ref, text("x:%s", s), &why))
			die("read tags from %s: '%s' is no tag", url, s);
		ref_free(&ref);
		puts(s);
		jv_free(tag);
	}
}

/* The page's address in the Link field, relative or not, but at the same registry. */
static char *
next_page(const struct request *r, const char *url)
{
	char *link = field_link_next(http_field(&r->http, "Link"));
	char *next = link ? url_resolve(url, link) : NULL;

	if (link && (!next || !url_same_origin(next, url)))
		die("read tags from %s: the next page is at another host", url);
	if (next && strcmp(next, url) == 0)
		die("read tags from %s: the next page is this one", url);
	return next;
}

static void
list_layout(struct source *src)
{
	jv names = layout_names(&src->layout);

	jv_array_foreach(names, i, name) {
		puts(jv_string_value(name));
		jv_free(name);
	}
	jv_free(names);
}

void
tags_list(struct source *src)
{
	char *url;

	if (step_dry) {
		byhand_tags(src);
		return;
	}
	if (src->ref.layout) {
		list_layout(src);
		return;
	}
	url = registry_url(&src->registry, "tags/list");
	for (int pages = 0; url; pages++) {
		struct request r = {.registry = &src->registry, .url = url,
				    .text_max = MANIFEST_MAX};
		jv doc, tags;

		if (pages == PAGES_MAX)
			die("read tags from %s: more than %d pages", url, PAGES_MAX);
		request_do(&r);
		request_check(&r, "GET tags");
		doc = json_parse(r.text, r.text_len);
		if (jv_get_kind(doc) != JV_KIND_OBJECT)
			die("read tags from %s: not a JSON object", url);
		tags = json_member(doc, "tags");
		if (jv_get_kind(tags) == JV_KIND_ARRAY)
			print_page(tags, url);
		jv_free(tags);
		jv_free(doc);
		url = next_page(&r, url);
		request_end(&r);
	}
}
