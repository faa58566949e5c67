#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "subnet.h"

enum {
	BITS4_MIN = 8,
	BITS4_MAX = 30, /* network, gateway, one container, broadcast */
	BITS6_MIN = 48,
	BITS6_MAX = 112,
};

static uint32_t
mask(int bits)
{
	return bits == 0 ? 0 : ~0U << (32 - bits);
}

/* Split "ADDRESS/BITS"; the address goes to addr (ADDR_TEXT), the number is returned,
 * -1 when it is malformed or outside min..max. */
static int
split(const char *s, char *addr, int min, int max)
{
	const char *slash = strchr(s, '/');
	char *end;
	long bits;

	if (!slash || slash - s >= ADDR_TEXT || slash[1] < '0' || slash[1] > '9')
		return -1;
	memcpy(addr, s, slash - s);
	addr[slash - s] = '\0';
	bits = strtol(slash + 1, &end, 10);
	return *end || bits < min || bits > max ? -1 : (int)bits;
}

bool
addr4_parse(const char *s, uint32_t *out)
{
	struct in_addr a;

	/* inet_pton(3), not inet_aton(3): that takes 010.1 for 8.0.0.1. */
	if (inet_pton(AF_INET, s, &a) != 1)
		return false;
	*out = ntohl(a.s_addr);
	return true;
}

bool
addr6_parse(const char *s, unsigned char out[16])
{
	return inet_pton(AF_INET6, s, out) == 1;
}

char *
addr4_text(uint32_t addr, char *out)
{
	struct in_addr a = {.s_addr = htonl(addr)};

	return (char *)inet_ntop(AF_INET, &a, out, ADDR_TEXT);
}

char *
addr6_text(const unsigned char addr[16], char *out)
{
	return (char *)inet_ntop(AF_INET6, addr, out, ADDR_TEXT);
}

bool
subnet4_parse(const char *s, struct subnet4 *out)
{
	char addr[ADDR_TEXT];

	out->bits = split(s, addr, BITS4_MIN, BITS4_MAX);
	if (out->bits < 0 || !addr4_parse(addr, &out->gateway))
		return false;
	if ((out->gateway & ~mask(out->bits)) == 0)
		out->gateway++;
	return out->gateway != subnet4_broadcast(out);
}

bool
subnet6_parse(const char *s, struct subnet6 *out)
{
	char addr[ADDR_TEXT];
	bool host = false;

	out->bits = split(s, addr, BITS6_MIN, BITS6_MAX);
	if (out->bits < 0 || !addr6_parse(addr, out->gateway))
		return false;
	for (int i = out->bits; i < 128; i++)
		host |= out->gateway[i / 8] >> (7 - i % 8) & 1;
	if (!host)
		out->gateway[15] = 1;
	return true;
}

void
subnet6_local(const char *seed, struct subnet6 *out)
{
	uint64_t h = hash_text(seed);

	/* fd, then 40 bits of "global ID", then 16 bits of subnet ID; RFC 4193, 3.1. */
	*out = (struct subnet6){.bits = 64};
	out->gateway[0] = 0xfd;
	for (int i = 1; i < 8; i++, h >>= 8)
		out->gateway[i] = h;
	out->gateway[15] = 1;
}

uint32_t
subnet4_network(const struct subnet4 *s)
{
	return s->gateway & mask(s->bits);
}

uint32_t
subnet4_broadcast(const struct subnet4 *s)
{
	return s->gateway | ~mask(s->bits);
}

void
subnet6_range(const struct subnet6 *s, unsigned char first[16], unsigned char last[16])
{
	for (int i = 0; i < 16; i++) {
		int bits = s->bits - 8 * i;
		int keep = bits <= 0 ? 0 : bits >= 8 ? 0xff : 0xff << (8 - bits) & 0xff;

		first[i] = s->gateway[i] & keep;
		last[i] = s->gateway[i] | (~keep & 0xff);
	}
}

bool
subnet4_usable(const struct subnet4 *s, uint32_t addr)
{
	return addr > subnet4_network(s) && addr < subnet4_broadcast(s) && addr != s->gateway;
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

uint32_t
subnet4_free(const struct subnet4 *s, uint32_t *used, size_t n)
{
	uint32_t addr = subnet4_network(s) + 1;
	size_t i = 0;

	qsort(used, n, sizeof *used, compare);
	for (; addr < subnet4_broadcast(s); addr++) {
		while (i < n && used[i] < addr)
			i++;
		if (addr != s->gateway && (i == n || used[i] != addr))
			return addr;
	}
	return 0;
}

bool
subnet4_overlap(uint32_t a, int a_bits, uint32_t b, int b_bits)
{
	uint32_t m = mask(a_bits < b_bits ? a_bits : b_bits);

	return (a & m) == (b & m);
}

void
subnet6_address(const struct subnet6 *s6, const struct subnet4 *s4, uint32_t addr,
		unsigned char out[16])
{
	uint32_t number = addr - subnet4_network(s4);
	/* The gateways pair up as well, so the offset between them is kept. */
	uint32_t gateway = s4->gateway - subnet4_network(s4);

	memcpy(out, s6->gateway, 16);
	/* A /112 holds 16 bits of number; larger IPv4 subnets wrap only in theory, the
	 * caller refuses that pair. */
	if (number == gateway)
		return;
	for (int i = 15; i >= 12 && i * 8 >= s6->bits; i--, number >>= 8)
		out[i] = number;
}

void
mac_of(unsigned char first, unsigned char second, uint32_t addr, unsigned char out[MAC_LEN])
{
	out[0] = first;
	out[1] = second;
	for (int i = 0; i < 4; i++)
		out[2 + i] = addr >> (24 - 8 * i);
}
