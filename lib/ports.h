/* ports: what -p says, docker(1)'s way: [IP:]HOST:PORT[/tcp|/udp], each a port or a range.
 * Pure code. */
#ifndef LONGSHORE_PORTS_H
#define LONGSHORE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PROTO_TCP = 6,
	PROTO_UDP = 17,
};

/* Ports host..host+count-1 lead to the container's port..port+count-1. */
struct ports {
	int family;  /* AF_INET, AF_INET6; AF_UNSPEC: every address of both */
	bool any;    /* every local address of the family */
	uint32_t ip4; /* host byte order */
	unsigned char ip6[16];
	uint16_t host;
	uint16_t port;
	uint16_t count;
	uint8_t proto;
};

/* Parse one -p.  NULL, or what is wrong with it ("a range of 3 ports cannot lead to 2"). */
const char *ports_parse(const char *s, struct ports *out);

/* Do two publications share a host port? */
bool ports_clash(const struct ports *a, const struct ports *b);

/* "127.0.0.1:8080:80/tcp"; allocated. */
char *ports_text(const struct ports *p);

const char *proto_name(uint8_t proto);

#endif
