#include <string.h>

#include "die.h"
#include "http.h"
#include "mirror.h"
#include "probe.h"
#include "step.h"
#include "url.h"

enum { MIRRORS_MAX = 16 };

static struct mirror {
	const char *host;
	struct registry registry; /* of its own: no credentials, its own redirect rules */
} mirrors[MIRRORS_MAX];
static unsigned count;

void
mirror_add(const char *word)
{
	struct mirror *m = &mirrors[count];
	size_t scheme = strncmp(word, "https://", 8) == 0 ? 8
		      : strncmp(word, "http://", 7) == 0 ? 7 : 0;
	size_t n = strspn(word + scheme, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789.-_:[]");

	if (count++ == MIRRORS_MAX)
		usage("--mirror: at most %d", MIRRORS_MAX);
	if (n == 0 || (word[scheme + n] && strcmp(word + scheme + n, "/") != 0))
		usage("--mirror '%s': a host, as in mirror.example.org or http://localhost:5000",
		      word);
	m->host = text("%.*s", (int)n, word + scheme);
	m->registry.loopback = ref_host_is_loopback(m->host);
	if (scheme)
		m->registry.base = text("%.*s", (int)(scheme + n), word);
}

/* The rule for registries: plain http on loopback or by --insecure only.  A tag has no
 * digest to check against, so whoever listens in could choose the image. */
static void
find_base(struct mirror *m)
{
	struct registry *reg = &m->registry;
	bool may_be_plain = reg->loopback || http_settings.insecure;

	if (!reg->base)
		reg->base = text("%s://%s", may_be_plain &&
				 probe_tls(m->host, http_settings.connect_timeout) == PROBE_PLAIN
					 ? "http" : "https", m->host);
	if (!may_be_plain && !url_is_https(reg->base))
		usage("--mirror %s: plain http needs --insecure", reg->base);
}

static char *
mirror_url(const char *base, const struct registry *reg, const char *tail)
{
	return text("%s/v2/%s/%s?ns=%s", base, reg->ref->repository, tail,
		    url_escape(reg->ref->host));
}

bool
mirror_aim(struct request *r, struct registry *reg, unsigned i, const char *tail)
{
	if (i >= count) {
		r->registry = reg;
		r->url = registry_url(reg, "%s", tail);
		return false;
	}
	find_base(&mirrors[i]);
	r->registry = &mirrors[i].registry;
	r->anonymous = r->once = true;
	r->url = mirror_url(mirrors[i].registry.base, reg, tail);
	return true;
}

void
mirror_do(struct request *r, struct registry *reg, const char *tail)
{
	const struct request asked = *r;
	unsigned i = 0;

	while (mirror_aim(r, reg, i++, tail)) {
		long long have;

		request_do(r);
		if (request_ok(r))
			return;
		if (r->mismatch && r->rewind) {
			r->rewind(r->arg);
			r->offset = 0;
		}
		have = r->sink ? r->offset : 0;
		request_end(r);
		*r = asked;
		r->offset = have;
	}
	request_do(r);
}

/* "curl URL OPTIONS || ".  The URL has no character but "$" that means something
 * between double quotes, and that one is meant. */
static char *
attempt(const char *scheme, const char *base, const struct registry *reg, const char *tail,
	const char *options)
{
	return text("curl -fsSL -H 'Accept-Encoding: identity' \"%s%s\"%s || ", scheme,
		    mirror_url(base, reg, tail), options);
}

char *
mirror_by_hand(const struct registry *reg, const char *tail, const char *options)
{
	char *all = text("%s", "");

	for (unsigned i = 0; i < count; i++) {
		const struct mirror *m = &mirrors[i];

		if (m->registry.base) {
			all = text("%s%s", all, attempt("", m->registry.base, reg, tail, options));
			continue;
		}
		all = text("%s%s", all, attempt("https://", m->host, reg, tail, options));
		if (m->registry.loopback)
			all = text("%s%s", all, attempt("http://", m->host, reg, tail, options));
	}
	return all;
}
