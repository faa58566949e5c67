#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "json.h"
#include "request.h"
#include "step.h"
#include "token.h"
#include "url.h"

/* True when `mine` is "repository:NAME:ACTIONS" and covers the other: same name, and
 * each of the other's actions is among ours. */
static bool
covers(const char *mine, const char *other)
{
	const char *actions = strrchr(mine, ':'), *wants = strrchr(other, ':');

	if (!actions || !wants || actions - mine != wants - other ||
	    strncmp(mine, other, actions - mine) != 0)
		return false;
	while (*wants) {
		size_t n = strcspn(++wants, ",");
		const char *a = actions;

		while (a && (strncmp(a + 1, wants, n) != 0 || !strchr(",", a[1 + n])))
			a = strchr(a + 1, ',');
		if (!a)
			return false;
		wants += n;
	}
	return true;
}

/* Call add() for each scope to ask for.  The challenge's come first: some servers read
 * only one.  A scope that our own covers is left out. */
static char *
scopes(const struct registry *reg, const struct challenge *c, const char *between)
{
	char *own = text("repository:%s:%s", reg->ref->repository, reg->actions);
	char *all = text("%s", ""), *list = text("%s", c->scope ? c->scope : "");
	char *rest = list, *word;

	while ((word = strsep(&rest, " ")))
		if (*word && !covers(own, word))
			all = text("%s%s%s", all, between, url_escape(word));
	all = text("%s%s%s", all, between, url_escape(own));
	if (reg->more_scope)
		all = text("%s%s%s", all, between, url_escape(reg->more_scope));
	return all;
}

/* Where the realm points must be as safe as the registry itself: this request carries
 * the password.  http only for a registry that is plain http itself; this machine's
 * own services only for a registry on this machine. */
static char *
check_realm(const struct registry *reg, const char *realm)
{
	char *base = text("%s/v2/", reg->base), *url = url_resolve(base, realm);

	if (!url)
		die("token server %s: not an http or https URL", realm);
	if (!url_is_https(url) && url_is_https(reg->base))
		die_with(EXIT_REFUSED, "token server %s: plain http would show the credentials",
			 url_without_query(url));
	if (url_is_loopback(url) && !reg->loopback && !reg->here)
		die_with(EXIT_REFUSED, "token server %s: on this machine, the registry is not",
			 url_without_query(url));
	return url;
}

/* The body is {"token": ...} or {"access_token": ...}. */
static char *
read_token(const struct request *r)
{
	jv reply = json_parse(r->text, r->text_len);
	char *token = json_string(reply, "token");

	if (!token || !*token)
		token = json_string(reply, "access_token");
	jv_free(reply);
	if (!token || !*token || strpbrk(token, "\r\n\t "))
		die("GET token from %s: the reply holds no token", url_without_query(r->url));
	return token;
}

static char *
post(struct registry *reg, const struct challenge *c, const char *url)
{
	char *form = text("grant_type=refresh_token&client_id=longshore&service=%s"
			  "&scope=%s&refresh_token=%s",
			  c->service ? url_escape(c->service) : "",
			  scopes(reg, c, "%20") + strlen("%20"), url_escape(reg->auth.identity));
	struct request r = {.method = "POST", .url = url, .body = form,
			    .body_size = strlen(form), .anonymous = true,
			    .content_type = "application/x-www-form-urlencoded",
			    .text_max = 1 << 20};

	request_do(&r);
	explicit_bzero(form, strlen(form));
	if (r.status == 400 || r.status == 401 || r.status == 404 || r.status == 405)
		return NULL;
	request_check(&r, "POST for a token to");
	return read_token(&r);
}

char *
token_fetch(struct registry *reg, const struct challenge *c)
{
	char *realm = check_realm(reg, c->realm), *url, *token;
	struct request r = {.anonymous = true, .text_max = 1 << 20};

	if (reg->auth.identity) {
		token = post(reg, c, realm);
		if (token)
			return token;
	}
	/* A realm may have a query of its own. */
	url = text("%s%s%s%s%s", realm, strchr(realm, '?') ? "&" : "?",
		   c->service ? "service=" : "", c->service ? url_escape(c->service) : "",
		   scopes(reg, c, "&scope="));
	if (reg->auth.user && reg->auth.password)
		r.authorization = auth_basic(&reg->auth);
	r.url = url;
	request_do(&r);
	request_check(&r, "GET token from");
	return read_token(&r);
}
