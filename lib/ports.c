#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ports.h"
#include "step.h"
#include "subnet.h"

enum { SPEC_MAX = 128 };

const char *
proto_name(uint8_t proto)
{
	return proto == PROTO_UDP ? "udp" : "tcp";
}

/* "8080" or "8080-8089"; false: malformed. */
static bool
parse_range(const char *s, uint16_t *first, uint16_t *count)
{
	char *end;
	long a, b;

	if (*s < '0' || *s > '9')
		return false;
	a = b = strtol(s, &end, 10);
	if (*end == '-' && end[1] >= '0' && end[1] <= '9')
		b = strtol(end + 1, &end, 10);
	/* Port 0 is no port; all 65535 make a count that fits as well. */
	if (*end || a < 1 || b < a || b > 65535)
		return false;
	*first = a;
	*count = b - a + 1;
	return true;
}

static const char *
parse_address(char *s, struct ports *out)
{
	size_t n = strlen(s);

	out->any = false;
	if (s[0] == '[' && s[n - 1] == ']') {
		s[n - 1] = '\0';
		out->family = AF_INET6;
		if (!addr6_parse(s + 1, out->ip6))
			return "the address in brackets is no IPv6 address";
		out->any = strspn(s + 1, "0:") == n - 2;
		return NULL;
	}
	out->family = AF_INET;
	if (!addr4_parse(s, &out->ip4))
		return "the host address is neither an IPv4 address nor [IPv6]";
	out->any = out->ip4 == 0;
	return NULL;
}

const char *
ports_parse(const char *s, struct ports *out)
{
	static const unsigned char loopback6[16] = {[15] = 1};
	char copy[SPEC_MAX], *slash, *port, *host, *addr;
	const char *problem;
	uint16_t count;

	*out = (struct ports){.family = AF_UNSPEC, .any = true, .proto = PROTO_TCP};
	if (strlen(s) >= sizeof copy)
		return "too long";
	strcpy(copy, s);
	slash = strchr(copy, '/');
	if (slash) {
		*slash++ = '\0';
		if (strcmp(slash, "udp") == 0)
			out->proto = PROTO_UDP;
		else if (strcmp(slash, "tcp") != 0)
			return "the protocol is tcp or udp";
	}
	port = strrchr(copy, ':');
	if (!port)
		return "HOST:PORT is needed";
	*port++ = '\0';
	/* The address is before the last colon but one, and may hold colons itself. */
	host = strrchr(copy, ':');
	addr = host ? copy : NULL;
	if (host)
		*host++ = '\0';
	else
		host = copy;
	if (!parse_range(port, &out->port, &count) || !parse_range(host, &out->host, &out->count))
		return "ports are numbers from 1 to 65535";
	if (count != out->count)
		return "the two ranges differ in length";
	problem = addr ? parse_address(addr, out) : NULL;
	if (problem)
		return problem;
	if (out->family == AF_INET6 && memcmp(out->ip6, loopback6, 16) == 0)
		return "no packet for [::1] can leave the loopback interface; use 127.0.0.1";
	return NULL;
}

bool
ports_clash(const struct ports *a, const struct ports *b)
{
	if (a->proto != b->proto || a->host > b->host + b->count - 1 ||
	    b->host > a->host + a->count - 1)
		return false;
	if (a->family != AF_UNSPEC && b->family != AF_UNSPEC && a->family != b->family)
		return false;
	if (a->any || b->any)
		return true;
	return a->family == AF_INET ? a->ip4 == b->ip4 : memcmp(a->ip6, b->ip6, 16) == 0;
}

static char *
range_text(uint16_t first, uint16_t count)
{
	return count == 1 ? text("%u", first) : text("%u-%u", first, first + count - 1);
}

char *
ports_text(const struct ports *p)
{
	char a[ADDR_TEXT], *ip = text("%s", "");

	if (p->family == AF_INET)
		ip = text("%s:", addr4_text(p->ip4, a));
	else if (p->family == AF_INET6)
		ip = text("[%s]:", addr6_text(p->ip6, a));
	return text("%s%s:%s/%s", ip, range_text(p->host, p->count),
		    range_text(p->port, p->count), proto_name(p->proto));
}
