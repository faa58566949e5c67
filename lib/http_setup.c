#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "die.h"
#include "http_setup.h"
#include "http_trust.h"

enum { SOCKETS_MAX = 256 }; /* -j has at most 64 */

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

/* The exchange's socket while it lasts, or -1.  CURLINFO_ACTIVESOCKET knows it only
 * afterwards, and a connection that is used again was opened for another exchange: hence
 * by its port on our side. */
static int
socket_of(const struct http *h)
{
	struct sockaddr_in6 a; /* of IPv4 too: the port is in the same place */
	long port = 0;

	curl_easy_getinfo(h->easy, CURLINFO_LOCAL_PORT, &port);
	for (int fd = 3; port && fd < SOCKETS_MAX; fd++) {
		socklen_t n = sizeof a;

		if (getsockname(fd, (struct sockaddr *)&a, &n) == 0 && ntohs(a.sin6_port) == port &&
		    (a.sin6_family == AF_INET || a.sin6_family == AF_INET6))
			return fd;
	}
	return -1;
}

/* libcurl hands out the head of an answer by whole lines, and one that comes a byte at a
 * time is a trickle, no silence: only the kernel knows; tcp(7), TCP_INFO. */
static bool
head_trickles(const struct http *h)
{
	struct tcp_info tcp;
	socklen_t n = sizeof tcp;

	return !h->body_began &&
	       getsockopt(socket_of(h), IPPROTO_TCP, TCP_INFO, &tcp, &n) == 0 &&
	       tcp.tcpi_last_data_recv <= http_settings.timeout * 1000;
}

/* libcurl calls this at least once a second.  CURLOPT_LOW_SPEED_TIME would not do: it
 * takes a trickle of a byte now and then for silence. */
static int
on_progress(void *owner, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	struct http *h = owner;

	(void)dt, (void)dn, (void)ut, (void)un;
	h->stalled = http_now() - h->last_sign > http_settings.timeout && !head_trickles(h);
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
	/* Not libcurl's default with GSSAPI: lib/link-curl leaves Kerberos out. */
	curl_easy_setopt(e, CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_BASIC);
	/* Wait for a connection that may be shared by HTTP/2 rather than open another. */
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	if (h->loopback)
		curl_easy_setopt(e, CURLOPT_PROXY, "");
}

void
http_setup(struct http *h)
{
	curl_easy_setopt(h->easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(h->easy, CURLOPT_OPENSOCKETDATA, h);
	set_limits(h);
	http_trust(h->easy, h->url);
	set_method(h);
	set_headers(h);
}
