#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "die.h"
#include "probe.h"

/* A ClientHello, the shortest that is one: TLS 1.2, one cipher suite.  Any TLS server
 * answers it with a handshake record (22) or an alert (21).  The 32 random bytes are
 * ours to choose: they hold the end of an HTTP header, so that a plain HTTP server
 * that reads lines sees a complete, bad request and answers at once. */
static const unsigned char hello[] = {
	22, 3, 1, 0, 45,			      /* record: handshake, 45 bytes */
	1, 0, 0, 41, 3, 3,			      /* ClientHello, 41 bytes, TLS 1.2 */
	'\r', '\n', '\r', '\n', 'l', 'o', 'n', 'g',   /* random */
	's', 'h', 'o', 'r', 'e', ' ', 'a', 's',	      /**/
	'k', 's', ' ', 'f', 'o', 'r', ' ', 'T',	      /**/
	'L', 'S', '\r', '\n', '\r', '\n', '\r', '\n', /**/
	0, 0, 2, 0xc0, 0x2f, 1, 0,		      /* session, suites, compression */
};

static int
dial(const struct addrinfo *a, double seconds)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = {.tv_sec = (time_t)seconds,
				.tv_usec = (seconds - (time_t)seconds) * 1e6};
	int saved;

	if (fd < 0)
		return -1;
	/* connect(2) obeys SO_SNDTIMEO, socket(7). */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved == EINPROGRESS ? ETIMEDOUT : saved;
	return -1;
}

/* Silence and a closed connection count as plain: a TLS server would have answered. */
static enum probe
greet(int fd, double seconds)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	unsigned char first = 0;

	if (send(fd, hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello ||
	    poll(&p, 1, (int)(seconds * 1000)) != 1 || recv(fd, &first, 1, 0) != 1)
		return PROBE_PLAIN;
	return first == 21 || first == 22 ? PROBE_TLS : PROBE_PLAIN;
}

enum probe
probe_tls(const char *host, double seconds)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	char *name = strdup(host), *port, *start;
	enum probe result = PROBE_UNREACHABLE;

	if (!name)
		die("out of memory");
	start = name + (*name == '[');
	if (*name == '[')
		*strchr(name, ']') = '\0';
	port = strrchr(host, ':');
	if (port && port > host && !strchr(port, ']')) {
		if (*name != '[')
			*strrchr(name, ':') = '\0';
		port++;
	} else {
		port = NULL;
	}
	if (getaddrinfo(start, port ? port : "443", &hints, &list) != 0)
		list = NULL, errno = EADDRNOTAVAIL;
	for (const struct addrinfo *a = list; a && result == PROBE_UNREACHABLE; a = a->ai_next) {
		int fd = dial(a, seconds);

		if (fd < 0)
			continue;
		result = greet(fd, seconds);
		close(fd);
	}
	/* freeaddrinfo() and free() leave errno to the caller's message. */
	if (list)
		freeaddrinfo(list);
	free(name);
	return result;
}
