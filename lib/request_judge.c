#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "die.h"
#include "field.h"
#include "progress.h"
#include "request_step.h"
#include "retry.h"
#include "step.h"
#include "url.h"

enum {
	HOPS_MAX = 10,
	WAIT_MAX = 100, /* seconds of pauses without progress */
};

/* A name that resolved once in this process is no misspelling: then a failure of the
 * resolver is weather, and tried again. */
static bool connected_once;

/* The peer is no TLS server: OpenSSL's words, since libcurl's code is the same as for a
 * handshake that broke off, which is worth another try. */
static bool
speaks_plain(const struct http *h)
{
	return h->code == CURLE_SSL_CONNECT_ERROR && strstr(h->error, "wrong version number");
}

static bool
is_success(int status)
{
	return status >= 200 && status < 300;
}

static void
finish(struct request *r)
{
	r->done = true;
	r->status = r->http.status;
	if (r->bad_range && !r->error[0])
		snprintf(r->error, sizeof r->error, "a part of it that was not asked for");
	if (r->status == 0 && !r->error[0])
		snprintf(r->error, sizeof r->error, "%s", r->http.error);
	if (r->http.stalled)
		snprintf(r->error, sizeof r->error, "nothing came for %g seconds",
			 http_settings.timeout);
}

static void
again_later(struct request *r)
{
	long long after = field_retry_after(http_field(&r->http, "Retry-After"), time(NULL));
	double pause;

	if (r->offset > r->high) {
		r->high = r->offset;
		r->tries = 0;
		r->waited = 0;
	}
	if (after > RETRY_AFTER_MAX) {
		r->rate_limited = true;
		snprintf(r->error, sizeof r->error, "it asks to wait for %lld seconds", after);
		finish(r);
		return;
	}
	pause = retry_pause(r->tries, after);
	if (r->once || r->tries >= http_settings.retry ||
	    (r->tries >= 3 && r->waited + pause > WAIT_MAX)) {
		r->expired = r->tries > 0;
		finish(r);
		return;
	}
	r->tries++;
	r->waited += pause;
	r->due = http_now() + pause;
	if (!die_quiet && (step_explain || isatty(STDERR_FILENO))) {
		progress_clear();
		warn("%s: %s; next try in %.1f s", url_without_query(r->url),
		     r->http.status && r->http.code == CURLE_OK
			     ? text("HTTP %d", r->http.status) : r->http.error, pause);
	}
	http_end(&r->http);
}

/* The answer did not come, or not whole. */
static void
judge_failure(struct request *r)
{
	CURLcode code = r->http.code;

	/* Silence after silence is where --timeout gives up; a connection that went silent
	 * after it had brought something is worth another one. */
	if (r->mismatch || r->too_large || r->gave_up ||
	    (r->http.stalled && r->offset <= r->high)) {
		finish(r);
	} else if (speaks_plain(&r->http)) {
		r->plain = true;
		finish(r);
	} else if (r->bad_range && !r->no_range) {
		r->no_range = true;
		request_restart(r);
	} else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
		   code == CURLE_SSL_CERTPROBLEM || code == CURLE_READ_ERROR ||
		   (code == CURLE_ABORTED_BY_CALLBACK && !r->http.stalled) || code == CURLE_URL_MALFORMAT ||
		   code == CURLE_COULDNT_RESOLVE_PROXY ||
		   (code == CURLE_COULDNT_RESOLVE_HOST && !connected_once)) {
		finish(r); /* trying again would end the same */
	} else {
		again_later(r);
	}
}

static void
refuse_target(struct request *r, const char *why)
{
	r->refused_target = true;
	snprintf(r->error, sizeof r->error, "%s", why);
	finish(r);
}

static void
judge_redirect(struct request *r)
{
	char *to = http_field(&r->http, "Location");

	to = to ? url_resolve(r->target, to) : NULL;
	if (!to)
		refuse_target(r, "a redirect to nowhere that http or https leads");
	else if (++r->hops > HOPS_MAX)
		refuse_target(r, "more than 10 redirects");
	else if (url_is_https(r->target) && !url_is_https(to))
		refuse_target(r, "a redirect from https to plain http");
	else if (r->registry && !r->registry->here && !r->registry->loopback &&
		 url_is_loopback(to))
		refuse_target(r, "a redirect to this machine");
	else {
		r->strayed = r->strayed || !url_same_origin(to, r->url);
		r->target = to;
		request_begin(r);
	}
}

/* 401, and a 403 that may only want us to say who we are.  One new token for each
 * refusal of an old one; a token that another request has just got counts. */
static void
judge_refusal(struct request *r)
{
	struct registry *reg = r->registry;
	char *field = http_field(&r->http, "WWW-Authenticate");

	if (!reg || r->anonymous || r->strayed || r->logins > 1) {
		finish(r);
	} else if (r->http.status == 403 && r->sent_auth &&
		   !(field && strstr(field, "insufficient_scope"))) {
		finish(r);
	} else if (r->generation != reg->generation) {
		r->logins++;
		request_restart(r);
	} else if (r->logins > 0 || !registry_login(reg, field)) {
		finish(r);
	} else {
		r->logins++;
		request_restart(r);
	}
}

/* A length that only the end of the connection gives is no length at all. */
static bool
was_cut(const struct request *r)
{
	long version = 0;

	curl_easy_getinfo(r->http.easy, CURLINFO_HTTP_VERSION, &version);
	return version < CURL_HTTP_VERSION_2_0 && !http_field(&r->http, "Content-Length") &&
	       !http_field(&r->http, "Transfer-Encoding");
}

static void
judge_success(struct request *r)
{
	if (!r->head_seen && !request_accept(r)) {
		judge_failure(r);
		return;
	}
	if (r->sink && r->size > 0 && r->offset < r->size) {
		if (was_cut(r)) {
			again_later(r);
			return;
		}
		r->mismatch = true;
		snprintf(r->error, sizeof r->error, "%lld bytes, not %lld", r->offset, r->size);
	}
	finish(r);
}

void
request_judge(struct request *r)
{
	struct http *h = &r->http;
	bool sends = h->body_size > 0;

	if (h->status)
		connected_once = true;
	if (h->status && r->registry && http_peer_is_here(h) &&
	    url_same_origin(r->target, r->registry->base))
		r->registry->here = true;
	if (h->status == 0 || (h->code != CURLE_OK && is_success(h->status)) || h->stalled)
		judge_failure(r);
	else if (is_success(h->status))
		judge_success(r);
	else if (h->status == 401 || h->status == 403)
		judge_refusal(r);
	else if (h->status == 307 || h->status == 308 ||
		 (!sends && h->status >= 301 && h->status <= 303))
		judge_redirect(r);
	else if (h->status == 416 && r->offset > 0 && !r->no_range) {
		/* What we have is no prefix of what it has. */
		if (r->rewind) {
			r->rewind(r->arg);
			r->offset = r->high = 0;
		}
		r->no_range = true;
		request_restart(r);
	} else if (h->status == 408 || h->status == 429 || h->status >= 500)
		again_later(r);
	else
		finish(r);
}
