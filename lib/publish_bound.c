#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "publish.h"

/* Try to bind one port; true when somebody has it. */
static bool
is_bound(const struct ports *p, int family, uint16_t port)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = p->any ? 0 : htonl(p->ip4)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int type = p->proto == PROTO_UDP ? SOCK_DGRAM : SOCK_STREAM, on = 1;
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	bool taken;

	if (fd < 0)
		return false;
	/* For TCP this ignores connections of the past that linger in TIME_WAIT, and no
	 * listener; for UDP it would share the port with whoever set it as well. */
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (!p->any)
		memcpy(&in6.sin6_addr, p->ip6, 16);
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	taken = (family == AF_INET ? bind(fd, (void *)&in4, sizeof in4)
				   : bind(fd, (void *)&in6, sizeof in6)) < 0 &&
		errno == EADDRINUSE;
	close(fd);
	return taken;
}

int
publish_bound(const struct ports *p)
{
	for (int i = 0; i < p->count; i++) {
		uint16_t port = p->host + i;

		if ((p->family != AF_INET6 && is_bound(p, AF_INET, port)) ||
		    (p->family != AF_INET && is_bound(p, AF_INET6, port)))
			return port;
	}
	return 0;
}
