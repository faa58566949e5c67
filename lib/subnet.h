/* subnet: which addresses a bridge has to give.  Pure arithmetic, no system calls.
 *
 * IPv4 addresses are in host byte order here, so that + and < mean what they say; IPv6
 * addresses are 16 bytes as on the wire.  A container's IPv6 address is the prefix and
 * the container's number in the IPv4 subnet: 10.209.0.7 goes with fd..::7, so one
 * lease serves both families. */
#ifndef LONGSHORE_SUBNET_H
#define LONGSHORE_SUBNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ADDR_TEXT = 46, /* INET6_ADDRSTRLEN, with room for the NUL */
	MAC_LEN = 6,
};

struct subnet4 {
	uint32_t gateway; /* the bridge's own address */
	int bits;
};

struct subnet6 {
	unsigned char gateway[16];
	int bits; /* 0: no IPv6 */
};

/* Parse "10.1.0.0/24".  Where host bits are set they are the gateway, else it is the
 * first address.  Prefixes from 8 to 30 bits.  false: malformed. */
bool subnet4_parse(const char *s, struct subnet4 *out);

/* The same for "fd12::/64"; prefixes from 48 to 112 bits. */
bool subnet6_parse(const char *s, struct subnet6 *out);

/* A unique local prefix (RFC 4193) of 64 bits that depends on seed only: the same
 * machine and bridge get the same one at each start. */
void subnet6_local(const char *seed, struct subnet6 *out);

uint32_t subnet4_network(const struct subnet4 *s);
uint32_t subnet4_broadcast(const struct subnet4 *s);

/* The first and last address of an IPv6 subnet. */
void subnet6_range(const struct subnet6 *s, unsigned char first[16], unsigned char last[16]);

/* May addr be given to a container?  Not the network, broadcast or gateway address. */
bool subnet4_usable(const struct subnet4 *s, uint32_t addr);

/* The smallest usable address that is not among the n in used (which is sorted in
 * place); 0 when the subnet is full. */
uint32_t subnet4_free(const struct subnet4 *s, uint32_t *used, size_t n);

/* Do two subnets share an address? */
bool subnet4_overlap(uint32_t a, int a_bits, uint32_t b, int b_bits);

/* The IPv6 address that goes with a container's IPv4 address. */
void subnet6_address(const struct subnet6 *s6, const struct subnet4 *s4, uint32_t addr,
		     unsigned char out[16]);

/* Text forms, in buffers of ADDR_TEXT; they return out. */
char *addr4_text(uint32_t addr, char *out);
char *addr6_text(const unsigned char addr[16], char *out);
bool addr4_parse(const char *s, uint32_t *out);
bool addr6_parse(const char *s, unsigned char out[16]);

/* A hardware address made of the IPv4 address.  An address that is given again comes
 * with the same one, so no neighbour's ARP cache is ever wrong. */
enum mac_byte {
	MAC_LOCAL = 0x02, /* first: "locally administered"; IEEE 802 */
	/* A bridge likes to wear its lowest port's address, and its neighbours have to
	 * learn the new one: ports get high ones, and the bridge one of its own. */
	MAC_PORT = 0xfe,
	MAC_BOTH = 0x6c, /* second: IPv6 as well */
	MAC_ONLY4 = 0x64,
};
void mac_of(unsigned char first, unsigned char second, uint32_t addr,
	    unsigned char out[MAC_LEN]);

#endif
