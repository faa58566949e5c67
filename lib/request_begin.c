#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "request_step.h"
#include "step.h"
#include "url.h"

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
	char *line = text("curl -f%s%s", strcmp(r->http.method, "HEAD") == 0 ? "I" : "",
			  http_curl_options());

	if (strcmp(r->http.method, "HEAD") != 0 && strcmp(r->http.method, "GET") != 0)
		line = text("%s -X %s", line, r->http.method);
	if (r->sent_auth && r->authorization)
		line = text("%s -u USER", line); /* curl asks for the password */
	else if (r->sent_auth)
		line = text("%s -H \"Authorization: %s\"", line,
			    strncmp(r->registry->authorization, "Basic", 5) == 0
				    ? "Basic $(echo -n USER:PASSWORD | base64)"
				    : "Bearer $REG_TOKEN");
	for (int i = 0; i < 6; i++)
		if (r->http.headers[i])
			line = text("%s -H %s", line, sh(r->http.headers[i]));
	if (r->body_size > 0)
		line = text("%s --data-binary @%s", line, r->body_name ? sh(r->body_name) : "-");
	/* The query of a redirect's target is a signature: as good as a password. */
	step(STEP_SAME, "%s %s", line, sh(r->hops ? url_without_query(r->target) : r->target));
}

void
request_begin(struct request *r)
{
	struct http *h = &r->http;
	int n = 0;

	http_end(h);
	*h = (struct http){.method = r->method ? r->method : "GET", .url = r->target,
			   .body = r->body, .body_fd = r->body_fd, .body_at = r->body_at,
			   .body_size = r->body_size, .sink = request_data, .owner = r};
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
	request_keep(r, "", 0); /* a string, even where no body comes */
	r->error[0] = '\0';
	if (step_explain)
		explain(r);
	http_start(h);
}

void
request_restart(struct request *r)
{
	r->target = text("%s", r->url);
	r->hops = 0;
	r->strayed = false;
	request_begin(r);
}
