#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "die.h"
#include "http.h"
#include "http_trust.h"

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

/* pread(2), so that one descriptor serves several requests, and a second try starts
 * where the first did. */
static size_t
on_read(char *out, size_t size, size_t n, void *owner)
{
	struct http *h = owner;
	ssize_t got;

	n *= size;
	if ((long long)n > h->body_size - h->moved)
		n = h->body_size - h->moved;
	if (h->body) {
		memcpy(out, (const char *)h->body + h->moved, n);
		got = n;
	} else {
		got = pread(h->body_fd, out, n, h->body_at + h->moved);
	}
	if (got < 0 || (got == 0 && n > 0))
		return CURL_READFUNC_ABORT; /* the file has shrunk */
	h->moved += got;
	h->last_sign = http_now();
	return got;
}

/* libcurl calls this at least once a second.  CURLOPT_LOW_SPEED_TIME would not do: it
 * takes a trickle of a byte now and then for silence. */
static int
on_progress(void *owner, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	struct http *h = owner;

	(void)dt, (void)dn, (void)ut, (void)un;
	h->stalled = http_now() - h->last_sign > http_settings.timeout;
	return h->stalled;
}

/* The address is known only here, behind name resolution: a name that an attacker
 * owns may point at 127.0.0.1 or at a cloud's metadata service on 169.254.0.0/16. */
static bool
address_is_here(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *v6 = (const void *)sa;
	uint32_t v4 = ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr);

	if (sa->sa_family == AF_INET6) {
		if (IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
		    IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr) ||
		    IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
			return true;
		if (!IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
			return false;
		memcpy(&v4, v6->sin6_addr.s6_addr + 12, 4);
		v4 = ntohl(v4);
	} else if (sa->sa_family != AF_INET) {
		return true;
	}
	return v4 >> 24 == 127 || v4 >> 24 == 0 || v4 >> 16 == 0xa9fe;
}

static bool
proxied(void)
{
	return getenv("https_proxy") || getenv("HTTPS_PROXY") || getenv("http_proxy") ||
	       getenv("all_proxy") || getenv("ALL_PROXY");
}

static curl_socket_t
on_socket(void *owner, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct http *h = owner;

	(void)purpose;
	/* A proxy may well sit on loopback; it is the user's own choice. */
	if (h->no_loopback && !proxied() && address_is_here(&to->addr)) {
		strcpy(h->error, "the name leads to this machine or link");
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

bool
http_peer_is_here(const struct http *h)
{
	char *ip = NULL;

	if (proxied() || curl_easy_getinfo(h->easy, CURLINFO_PRIMARY_IP, &ip) != CURLE_OK || !ip)
		return false;
	return strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0;
}

static void
add_header(struct http *h, const char *line)
{
	struct curl_slist *list = curl_slist_append(h->list, line);

	if (!list)
		die("out of memory");
	h->list = list;
}

static void
set_headers(struct http *h)
{
	h->list = NULL;
	add_header(h, "Accept-Encoding: identity");
	add_header(h, "Expect:"); /* no 100-continue: old registries stall on it */
	add_header(h, "User-Agent: longshore/" VERSION);
	for (unsigned i = 0; i < sizeof h->headers / sizeof h->headers[0]; i++)
		if (h->headers[i])
			add_header(h, h->headers[i]);
	if (h->authorization) {
		size_t n = strlen("Authorization: ") + strlen(h->authorization) + 1;
		char *line = malloc(n);

		if (!line)
			die("out of memory");
		stpcpy(stpcpy(line, "Authorization: "), h->authorization);
		add_header(h, line);
		explicit_bzero(line, n);
		free(line);
	}
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->list);
}

static void
set_method(struct http *h)
{
	CURL *e = h->easy;
	bool sends = strcmp(h->method, "GET") != 0 && strcmp(h->method, "HEAD") != 0 &&
		     strcmp(h->method, "DELETE") != 0;

	if (strcmp(h->method, "HEAD") == 0) {
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	} else if (sends) {
		curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, h->method);
		curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(e, CURLOPT_READDATA, h);
		curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)h->body_size);
		curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
	} else if (strcmp(h->method, "GET") != 0) {
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, h->method);
	}
}

static void
set_limits(struct http *h)
{
	CURL *e = h->easy;
	double connect = http_settings.connect_timeout;

	if (connect > http_settings.timeout)
		connect = http_settings.timeout;
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect * 1000));
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, h);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 256L << 10);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	/* Wait for a connection that may be shared by HTTP/2 rather than open another. */
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	if (h->loopback)
		curl_easy_setopt(e, CURLOPT_PROXY, "");
}

static void
open_multi(void)
{
	/* SSL is initialised by libcurl itself, and only when a TLS connection comes. */
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
	h->done = h->stalled = false;
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
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, h);
	set_limits(h);
	http_trust(e, h->url);
	set_method(h);
	set_headers(h);
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
		size_t old = all ? strlen(all) : 0;

		if (curl_easy_header(h->easy, name, i, CURLH_HEADER, -1, &field) != CURLHE_OK)
			break;
		all = realloc(all, old + strlen(field->value) + 3);
		if (!all)
			die("out of memory");
		stpcpy(stpcpy(all + old, old ? ", " : ""), field->value);
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
