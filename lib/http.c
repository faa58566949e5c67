#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "die.h"
#include "http.h"
#include "http_setup.h"
#include "step.h"

static CURLM *multi;
static struct http *finished; /* done, and not yet handed out */

double
http_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static size_t
on_body(char *data, size_t size, size_t n, void *owner)
{
	struct http *h = owner;

	n *= size;
	h->moved += n;
	h->last_sign = http_now();
	h->body_began = true;
	return h->sink && !h->sink(h, data, n) ? CURL_WRITEFUNC_ERROR : n;
}

static size_t
on_header(char *data, size_t size, size_t n, void *owner)
{
	struct http *h = owner;
	long status = 0;

	(void)data;
	h->last_sign = http_now();
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	h->status = status;
	return n * size;
}

static void
open_multi(void)
{
	/* This has OpenSSL read openssl.cnf even where no TLS connection comes: libcurl has
	 * no flag against it since 7.57. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(multi = curl_multi_init()))
		die("libcurl does not start");
	if (http_settings.connections)
		curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS,
				  (long)http_settings.connections);
}

void
http_start(struct http *h)
{
	CURL *e;

	if (!multi)
		open_multi();
	h->easy = e = curl_easy_init();
	if (!e)
		die("out of memory");
	h->status = 0;
	h->code = CURLE_OK;
	h->done = h->stalled = h->body_began = false;
	h->moved = 0;
	h->error[0] = '\0';
	h->last_sign = http_now();
	curl_easy_setopt(e, CURLOPT_URL, h->url);
	curl_easy_setopt(e, CURLOPT_PRIVATE, h);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, h);
	http_setup(h);
	if (curl_multi_add_handle(multi, e) != CURLM_OK)
		die("libcurl refuses a request");
}

/* Take what libcurl reports as finished into the list. */
static void
collect(void)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(multi, &left))) {
		struct http *h = NULL, **end = &finished;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &h);
		h->code = msg->data.result;
		h->done = true;
		h->next = NULL;
		if (h->code != CURLE_OK && !h->error[0])
			strncpy(h->error, curl_easy_strerror(h->code), sizeof h->error - 1);
		while (*end)
			end = &(*end)->next;
		*end = h;
	}
}

static struct http *
hand_out(const struct http *want)
{
	for (struct http **p = &finished; *p; p = &(*p)->next) {
		struct http *h = *p;

		if (want && h != want)
			continue;
		*p = h->next;
		return h;
	}
	return NULL;
}

struct http *
http_wait(struct http *want, double seconds)
{
	double end = http_now() + seconds;

	for (;;) {
		int running = 0;
		double left = seconds < 0 ? 1 : end - http_now();
		struct http *h;

		if (multi && curl_multi_perform(multi, &running) != CURLM_OK)
			die("libcurl fails");
		if (multi)
			collect();
		h = hand_out(want);
		if (h || (seconds >= 0 && left <= 0) || (seconds < 0 && !running))
			return h;
		if (!multi)
			open_multi();
		curl_multi_poll(multi, NULL, 0, left < 1 ? (int)(left * 1000) + 1 : 1000, NULL);
	}
}

void
http_do(struct http *h)
{
	http_start(h);
	http_wait(h, -1);
}

char *
http_field(const struct http *h, const char *name)
{
	struct curl_header *field;
	char *all = NULL;

	for (size_t i = 0; h->easy; i++) {
		const char *value;
		size_t n;

		if (curl_easy_header(h->easy, name, i, CURLH_HEADER, -1, &field) != CURLHE_OK)
			break;
		value = field->value;
		value += strspn(value, " \t");
		n = strcspn(value, "\r\n"); /* of an empty field libcurl 7.88 keeps the \r */
		if (n > 0)
			all = text("%s%s%.*s", all ? all : "", all ? ", " : "", (int)n, value);
		if (i + 1 >= field->amount)
			break;
	}
	return all;
}

void
http_end(struct http *h)
{
	if (!h->easy)
		return;
	curl_multi_remove_handle(multi, h->easy);
	curl_easy_cleanup(h->easy);
	curl_slist_free_all(h->list);
	h->easy = NULL;
	h->list = NULL;
}
