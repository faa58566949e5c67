#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "die.h"
#include "field.h"
#include "request.h"
#include "retry.h"
#include "step.h"
#include "url.h"

enum {
	HOPS_MAX = 10,
	ERROR_TEXT = 1 << 10, /* of an error's body is kept for the message */
	TEXT_MAX = 64 << 10,
	WAIT_MAX = 100,	      /* seconds of pauses without progress */
};

static struct request *under_way; /* started by request_start() */

/* A name that resolved once in this process is no misspelling: then a failure of the
 * resolver is weather, and tried again. */
static bool connected_once;

static bool
is_success(int status)
{
	return status >= 200 && status < 300;
}

/* The fields of a 2xx answer: does the body continue what the sink has, and is it as
 * long as was promised?  False: don't read it. */
static bool
accept_body(struct request *r)
{
	long long total = -1;

	r->skip = 0;
	r->logins = 0;
	if (r->http.status == 206) {
		if (!field_content_range(http_field(&r->http, "Content-Range"), r->offset, &total)) {
			r->bad_range = true;
			return false;
		}
	} else {
		/* The whole body although a part was asked for. */
		r->skip = r->offset;
		if (!http_field(&r->http, "Content-Encoding"))
			total = field_number(http_field(&r->http, "Content-Length"));
	}
	if (r->sink && r->size > 0 && total >= 0 && total != r->size) {
		r->mismatch = true;
		snprintf(r->error, sizeof r->error, "the registry has %lld bytes, not %lld", total,
			 r->size);
		return false;
	}
	if (r->size == 0 && r->sink && total > 0)
		r->total = total;
	return true;
}

/* Append to text, which stays a string. */
static void
keep_text(struct request *r, const void *data, size_t n)
{
	char *bigger = realloc(r->text, r->text_len + n + 1);

	if (!bigger)
		die("out of memory");
	r->text = bigger;
	memcpy(r->text + r->text_len, data, n);
	r->text_len += n;
	r->text[r->text_len] = '\0';
}

static bool
deliver(struct request *r, const char *data, size_t n)
{
	size_t max = r->text_max ? r->text_max : TEXT_MAX;

	if (r->skip > 0) {
		size_t drop = (long long)n < r->skip ? n : (size_t)r->skip;

		r->skip -= drop;
		data += drop;
		n -= drop;
	}
	if (n == 0)
		return true;
	if (!r->sink) {
		r->too_large = r->text_len + n > max;
		if (!r->too_large)
			keep_text(r, data, n);
		return !r->too_large;
	}
	if (r->size > 0 && r->offset + (long long)n > r->size) {
		r->mismatch = true;
		snprintf(r->error, sizeof r->error, "more than the %lld bytes promised", r->size);
		return false;
	}
	r->gave_up = !r->sink(r->arg, data, n);
	r->offset += n;
	return !r->gave_up;
}

/* http's sink.  Bodies of redirects and errors never reach the caller's. */
static bool
on_data(struct http *h, const void *data, size_t n)
{
	struct request *r = h->owner;

	if (is_success(h->status)) {
		if (!r->head_seen && !accept_body(r))
			return false;
		r->head_seen = true;
		return deliver(r, data, n);
	}
	if (r->text_len + n > ERROR_TEXT)
		n = ERROR_TEXT - r->text_len;
	keep_text(r, data, n);
	return true;
}

static bool
may_send_auth(const struct request *r)
{
	if (r->strayed || r->anonymous)
		return r->authorization && !r->strayed;
	return r->registry && r->registry->authorization &&
	       url_same_origin(r->target, r->registry->base);
}

static void
explain(const struct request *r)
{
	char *line = text("curl -f%s", strcmp(r->http.method, "HEAD") == 0 ? "I" : "");

	if (strcmp(r->http.method, "HEAD") != 0 && strcmp(r->http.method, "GET") != 0)
		line = text("%s -X %s", line, r->http.method);
	if (r->sent_auth && !r->authorization)
		line = text("%s -H \"Authorization: %s\"", line,
			    strncmp(r->registry->authorization, "Basic", 5) == 0
				    ? "Basic $(echo -n USER:PASSWORD | base64)"
				    : "Bearer $REG_TOKEN");
	for (int i = 0; i < 6; i++)
		if (r->http.headers[i])
			line = text("%s -H %s", line, sh(r->http.headers[i]));
	/* The query of a redirect's target is a signature: as good as a password. */
	step(STEP_SAME, "%s %s", line, sh(r->hops ? url_without_query(r->target) : r->target));
}

/* Set up and start one exchange with r->target. */
static void
begin(struct request *r)
{
	struct http *h = &r->http;
	int n = 0;

	http_end(h);
	*h = (struct http){.method = r->method ? r->method : "GET", .url = r->target,
			   .body = r->body, .body_fd = r->body_fd, .body_at = r->body_at,
			   .body_size = r->body_size, .sink = on_data, .owner = r};
	r->sent_auth = may_send_auth(r);
	if (r->sent_auth)
		h->authorization = r->authorization ? r->authorization
						    : r->registry->authorization;
	if (r->registry)
		r->generation = r->registry->generation;
	h->loopback = url_is_loopback(r->target);
	h->no_loopback = r->registry && !r->registry->here && !r->registry->loopback &&
			 !url_same_origin(r->target, r->registry->base);
	if (r->accept)
		h->headers[n++] = text("Accept: %s", r->accept);
	if (r->content_type)
		h->headers[n++] = text("Content-Type: %s", r->content_type);
	if (r->content_range)
		h->headers[n++] = text("Content-Range: %s", r->content_range);
	if (r->offset > 0 && !r->no_range)
		h->headers[n++] = text("Range: bytes=%lld-", r->offset);
	r->head_seen = r->bad_range = r->gave_up = false;
	r->text_len = 0;
	keep_text(r, "", 0); /* a string, even where no body comes */
	r->error[0] = '\0';
	if (step_explain)
		explain(r);
	http_start(h);
}

static void
again_now(struct request *r)
{
	begin(r);
}

/* From the top: the registry's own URL, since where a redirect led may have expired. */
static void
restart(struct request *r)
{
	r->target = text("%s", r->url);
	r->hops = 0;
	r->strayed = false;
	again_now(r);
}

static void
finish(struct request *r)
{
	r->done = true;
	r->status = r->http.status;
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
	if (!die_quiet && (step_explain || isatty(STDERR_FILENO)))
		warn("%s: %s; next try in %.1f s", url_without_query(r->url),
		     r->http.status && r->http.code == CURLE_OK
			     ? text("HTTP %d", r->http.status) : r->http.error, pause);
	http_end(&r->http);
}

/* The answer did not come, or not whole. */
static void
judge_failure(struct request *r)
{
	CURLcode code = r->http.code;

	if (r->mismatch || r->too_large || r->gave_up || r->http.stalled) {
		finish(r);
	} else if (r->bad_range && !r->no_range) {
		r->no_range = true;
		restart(r);
	} else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
		   code == CURLE_SSL_CERTPROBLEM || code == CURLE_READ_ERROR ||
		   code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_URL_MALFORMAT ||
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
		again_now(r);
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
		restart(r);
	} else if (r->logins > 0 || !registry_login(reg, field)) {
		finish(r);
	} else {
		r->logins++;
		restart(r);
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
	if (!r->head_seen && !accept_body(r)) {
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

/* One exchange is over: done, or what next? */
static void
judge(struct request *r)
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
		restart(r);
	} else if (h->status == 408 || h->status == 429 || h->status >= 500)
		again_later(r);
	else
		finish(r);
}

static void
first(struct request *r)
{
	r->done = false;
	r->high = r->offset;
	r->target = text("%s", r->url);
	begin(r);
}

static void
settle(struct request *r)
{
	char *to = http_field(&r->http, "Location");

	r->location = to ? url_resolve(r->target, to) : NULL;
	r->final_url = r->target;
}

void
request_do(struct request *r)
{
	first(r);
	while (!r->done) {
		if (r->http.easy) {
			http_wait(&r->http, -1);
			judge(r);
		} else {
			double left = r->due - http_now();

			/* Others under way go on during the pause. */
			if (left > 0)
				http_wait(&(struct http){0}, left);
			restart(r);
		}
	}
	settle(r);
}

void
request_start(struct request *r)
{
	first(r);
	r->next = under_way;
	under_way = r;
}

/* Start the tries whose pause is over; the seconds until the next one, or -1. */
static double
wake_up(void)
{
	double soonest = -1;

	for (struct request *r = under_way; r; r = r->next) {
		double left = r->due - http_now();

		if (r->done || r->http.easy)
			continue;
		if (left <= 0)
			restart(r);
		else if (soonest < 0 || left < soonest)
			soonest = left;
	}
	return soonest;
}

struct request *
request_wait(void)
{
	while (under_way) {
		struct http *h;

		for (struct request **p = &under_way; *p; p = &(*p)->next) {
			struct request *r = *p;

			if (!r->done)
				continue;
			*p = r->next;
			settle(r);
			return r;
		}
		h = http_wait(NULL, wake_up());
		if (h)
			judge(h->owner);
	}
	return NULL;
}

void
request_end(struct request *r)
{
	http_end(&r->http);
	free(r->text);
	r->text = NULL;
	r->text_len = 0;
}
