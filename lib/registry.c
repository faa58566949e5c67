#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "challenge.h"
#include "die.h"
#include "probe.h"
#include "registry.h"
#include "request.h"
#include "retry.h"
#include "step.h"
#include "token.h"

struct registry
registry_open(const struct ref *ref, const char *actions)
{
	struct registry reg = {.ref = ref, .actions = actions};
	const char *token = getenv("REG_TOKEN");

	reg.loopback = ref_host_is_loopback(ref->host);
	if (token && *token) {
		for (const char *p = token; *p; p++)
			if (*p <= ' ' || *p == 0x7f)
				usage("REG_TOKEN holds a blank or control character");
		auth_keep_secret();
		reg.authorization = text("Bearer %s", token);
	}
	return reg;
}

/* https, except where nobody could listen in on the way (loopback) or the user has
 * waived it, and then only if the peer doesn't speak TLS. */
static void
find_base(struct registry *reg)
{
	const char *host = ref_api_host(reg->ref), *scheme = "https";
	double limit = http_settings.connect_timeout;
	enum probe found = PROBE_TLS;

	if (limit > http_settings.timeout)
		limit = http_settings.timeout;
	if ((reg->loopback || http_settings.insecure) && !step_dry)
		found = probe_tls(host, limit);
	for (int tries = 0; found == PROBE_UNREACHABLE; tries++) {
		if (tries == http_settings.retry)
			die_errno("connect to %s", host);
		usleep(retry_pause(tries, 0) * 1e6);
		found = probe_tls(host, limit);
	}
	if (found == PROBE_PLAIN)
		scheme = "http";
	reg->base = text("%s://%s", scheme, host);
}

char *
registry_url(struct registry *reg, const char *fmt, ...)
{
	va_list ap;
	char *tail, *url;

	if (!reg->base)
		find_base(reg);
	va_start(ap, fmt);
	if (vasprintf(&tail, fmt, ap) < 0)
		die("out of memory");
	va_end(ap);
	url = text("%s/v2/%s/%s", reg->base, reg->ref->repository, tail);
	free(tail);
	return url;
}

static void
need_auth(struct registry *reg)
{
	if (!reg->auth_known)
		reg->auth = auth_find(reg->ref);
	reg->auth_known = true;
}

static bool
login_bearer(struct registry *reg, const struct challenge *c)
{
	char *token;

	need_auth(reg);
	token = token_fetch(reg, c);
	auth_keep_secret();
	reg->authorization = text("Bearer %s", token);
	reg->generation++;
	return true;
}

static bool
login_basic(struct registry *reg)
{
	char *basic;

	reg->basic = true;
	need_auth(reg);
	if (!reg->auth.user || !reg->auth.password)
		return false;
	basic = auth_basic(&reg->auth);
	if (reg->authorization && strcmp(reg->authorization, basic) == 0)
		return false; /* these are the ones that were refused */
	reg->authorization = basic;
	reg->generation++;
	return true;
}

/* The challenge of /v2/: Google's registry gives none on a resource.  Not asked
 * first, since other registries leave the service out there. */
static char *
ask_v2(struct registry *reg)
{
	struct request r = {.anonymous = true, .url = text("%s/v2/", reg->base)};

	request_do(&r);
	return r.status == 401 ? http_field(&r.http, "WWW-Authenticate") : NULL;
}

bool
registry_login(struct registry *reg, const char *field)
{
	struct challenge c;

	for (int tries = 0; tries < 2; tries++) {
		if (field && challenge_find(field, "Bearer", &c))
			return login_bearer(reg, &c);
		if (field && challenge_find(field, "Basic", &c))
			return login_basic(reg);
		if (tries == 0)
			field = ask_v2(reg);
	}
	return false;
}

const char *
registry_token(const struct registry *reg)
{
	static const char bearer[] = "Bearer ";

	if (!reg->authorization || strncmp(reg->authorization, bearer, sizeof bearer - 1) != 0)
		return NULL;
	return reg->authorization + sizeof bearer - 1;
}
