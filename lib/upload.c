#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "request.h"
#include "retry.h"
#include "step.h"
#include "upload.h"
#include "url.h"

enum {
	CHUNK = 16 << 20,    /* bytes of one PATCH; the spec leaves it to the client */
	CHUNK_MIN = 1 << 18, /* no server's limit is below */
};

struct upload {
	struct registry *reg;
	const struct blob *blob;
	int fd;
	const char *name;
	const char *location; /* where the next request goes */
	long long at;	      /* bytes that the registry has */
	long long chunk;
};

static bool
is_success(const struct request *r)
{
	return r->status >= 200 && r->status < 300 && r->http.code == CURLE_OK;
}

/* Another host gets the bytes, and neither our credentials nor an ear for its
 * challenges: a 401 of its own would otherwise have us log in where it says. */
static struct request
to_session(const struct upload *u, const char *method)
{
	return (struct request){.registry = u->reg, .method = method, .url = u->location,
				.anonymous = !url_same_origin(u->location, u->reg->base)};
}

/* Go on where the answer says.  Nothing said: where we were (the spec wants a Location
 * in every answer; some servers send one only at first). */
static void
follow(struct upload *u, const struct request *r)
{
	if (!r->location)
		return;
	if (url_is_https(u->reg->base) && !url_is_https(r->location))
		die("upload blob %s: the registry sends us from https to plain http",
		    u->blob->digest);
	u->location = r->location;
}

static void
check_digest(const struct upload *u, const struct request *r)
{
	char *claimed = http_field(&r->http, "Docker-Content-Digest");

	if (claimed && strcmp(claimed, u->blob->digest) != 0)
		die_with(EXIT_MISMATCH, "upload blob %s: the registry calls it %s",
			 u->blob->digest, claimed);
}

bool
upload_present(struct registry *reg, const struct blob *blob)
{
	struct request r = {.registry = reg, .method = "HEAD",
			    .url = registry_url(reg, "blobs/%s", blob->digest)};
	char *claimed;
	bool there;

	request_do(&r);
	/* Not answered, or told to wait: the next request would end the same. */
	if (r.status == 0 || r.status == 429 || r.status == 401)
		request_check(&r, "HEAD blob");
	claimed = http_field(&r.http, "Docker-Content-Digest");
	there = is_success(&r) && (!claimed || strcmp(claimed, blob->digest) == 0);
	request_end(&r);
	return there;
}

/* Open a session.  True when there is nothing left to send: the registry has mounted
 * the blob from another repository.  One that can't, or may not, answers 202 as if it
 * had not been asked, or refuses; then we ask for a plain session. */
static bool
begin(struct upload *u, const char *from)
{
	struct request r = {.registry = u->reg, .method = "POST"};

	u->at = 0;
	r.url = from ? registry_url(u->reg, "blobs/uploads/?mount=%s&from=%s",
				    url_escape(u->blob->digest), url_escape(from))
		     : registry_url(u->reg, "blobs/uploads/");
	request_do(&r);
	if (from && r.status >= 400 && r.status < 500 && r.status != 429)
		return begin(u, NULL);
	request_check(&r, "POST upload");
	if (from && r.status == 201) {
		check_digest(u, &r);
		return true;
	}
	if (!r.location)
		die("POST upload %s: no Location in the answer", r.url);
	u->location = r.location;
	follow(u, &r);
	request_end(&r);
	return false;
}

/* The session's URL with the digest that ends it. */
static char *
last_url(const struct upload *u)
{
	return text("%s%cdigest=%s", u->location, strchr(u->location, '?') ? '&' : '?',
		    url_escape(u->blob->digest));
}

/* All in one PUT: one round trip, which every registry should know.  False when it was
 * not taken: a proxy's size limit, a registry that knows only chunks, or the connection
 * broke, and the same PUT again would have to start from the first byte. */
static bool
put_whole(struct upload *u)
{
	struct request r = to_session(u, "PUT");

	r.url = last_url(u);
	r.content_type = "application/octet-stream";
	r.once = true;
	r.body_fd = u->fd;
	r.body_name = u->name;
	r.body_size = u->blob->size;
	request_do(&r);
	if (is_success(&r)) {
		check_digest(u, &r);
		request_end(&r);
		return true;
	}
	if (r.status == 401 || r.status == 403 || r.status == 429)
		request_check(&r, "PUT blob");
	request_end(&r);
	return false;
}

/* "0-1023": what the session holds.  "0-0" is one byte, or none: servers differ, so
 * it counts as none and a wrong guess earns a 416. */
static long long
held(const struct request *r)
{
	char *range = http_field(&r->http, "Range"), *end;
	long long last;

	if (!range)
		return -1;
	if (strncmp(range, "bytes=", 6) == 0)
		range += 6;
	if (strncmp(range, "0-", 2) != 0)
		return -1;
	last = strtoll(range + 2, &end, 10);
	if (end == range + 2 || *end || last < 0)
		return -1;
	return last ? last + 1 : 0;
}

/* After a failed chunk: how much of it arrived?  A session that is gone, or that can't
 * say, is begun anew. */
static void
ask_how_far(struct upload *u)
{
	struct request r = to_session(u, "GET");
	long long have = -1;

	request_do(&r);
	if (is_success(&r)) {
		have = held(&r);
		follow(u, &r);
	}
	request_end(&r);
	if (have >= 0 && have <= u->blob->size)
		u->at = have;
	else
		begin(u, NULL);
}

/* One chunk; false when it failed, and then the session may hold a part of it. */
static bool
patch(struct upload *u, struct request *r)
{
	long long left = u->blob->size - u->at, have;

	*r = to_session(u, "PATCH");
	r->body_size = left < u->chunk ? left : u->chunk;
	r->content_type = "application/octet-stream";
	r->content_range = text("%lld-%lld", u->at, u->at + r->body_size - 1);
	r->once = true;
	r->body_fd = u->fd;
	r->body_at = u->at;
	r->body_name = u->name;
	request_do(r);
	if (!is_success(r))
		return false;
	follow(u, r);
	have = held(r);
	u->at = have > u->at && have < u->at + r->body_size ? have : u->at + r->body_size;
	return true;
}

/* A chunk was not taken: wait, and find out where to go on; or give up. */
static void
recover(struct upload *u, const struct request *r, int tries)
{
	if (r->status == 401 || r->status == 403 || r->rate_limited ||
	    tries > http_settings.retry)
		request_check(r, "PATCH blob");
	if (r->status == 413 && u->chunk > CHUNK_MIN)
		u->chunk /= 2;
	else if (r->status != 416)
		usleep(retry_pause(tries, 0) * 1e6);
	ask_how_far(u);
}

static void
put_chunks(struct upload *u)
{
	long long high = 0;
	struct request r;
	int tries = 0;

	begin(u, NULL);
	while (u->at < u->blob->size) {
		if (!patch(u, &r))
			recover(u, &r, tries++);
		if (u->at > high) {
			high = u->at;
			tries = 0;
		}
		request_end(&r);
	}
	r = to_session(u, "PUT");
	r.url = last_url(u);
	r.content_type = "application/octet-stream";
	request_do(&r);
	request_check(&r, "PUT blob");
	check_digest(u, &r);
	request_end(&r);
}

void
upload_blob(struct registry *reg, const struct blob *blob, int fd, const char *name,
	    const char *from)
{
	struct upload u = {.reg = reg, .blob = blob, .fd = fd, .name = name, .chunk = CHUNK};

	if (!begin(&u, from) && !put_whole(&u))
		put_chunks(&u);
}
