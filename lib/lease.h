/* lease: how a container's network is written into names that the kernel keeps.
 *
 * There is no lease file.  The veth's end on the bridge is the lease, and is gone exactly
 * when the interface is: its hardware address holds the IPv4 address, its name NAME, and
 * its alias, "longshore TAG 10.209.0.2 fd12::2", says it all for people and ip(8).
 * TAG is NAME where that is short and plain, else a shortened NAME with a fingerprint: it
 * must fit an alias (255 bytes) and an nft comment (128), and stand between blanks and
 * quotes.  Pure code. */
#ifndef LONGSHORE_LEASE_H
#define LONGSHORE_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "subnet.h"

enum {
	IFNAME_SIZE = 16, /* IFNAMSIZ */
	TAG_SIZE = 101,
	ALIAS_SIZE = 256, /* IFALIASZ */
};

#define LEASE_MARK "longshore"

struct lease {
	char tag[TAG_SIZE];       /* "": only the alias tells */
	char ifname[IFNAME_SIZE]; /* the end on the bridge */
	int index;
	int bridge; /* index; 0: on none */
	uint32_t addr4;
	unsigned char addr6[16]; /* from the alias only */
	bool has6;
};

/* NAME's tag. */
void lease_tag(const char *name, char out[TAG_SIZE]);

/* The interface name of NAME's end on the bridge: "ls-NAME" where that fits into 15
 * bytes, else "ls_" and twelve hexadecimal digits. */
void lease_ifname(const char *name, char out[IFNAME_SIZE]);

/* Is it a file name that can stand in /run/netns?  (Not "", ".", "..", no slash, no
 * control characters, at most NAME_MAX bytes.) */
bool lease_name_ok(const char *name);

/* Is it a host name that can stand in a hosts file? */
bool lease_name_is_host(const char *name);

/* The alias of a lease, from its tag and addresses. */
void lease_alias(const struct lease *l, char out[ALIAS_SIZE]);

/* The hardware address of the end on the bridge, and what it and the interface's name
 * say; false: not one of ours. */
void lease_mac(const struct lease *l, unsigned char out[MAC_LEN]);
bool lease_from_port(const char *ifname, const unsigned char mac[MAC_LEN], struct lease *out);

/* The hardware address of a bridge of ours: what tells it from others from its first
 * moment on.  Its alias, LEASE_MARK, comes last and says that it is complete. */
void lease_bridge_mac(const char *bridge, unsigned char out[MAC_LEN]);
bool lease_is_bridge_mac(const unsigned char mac[MAC_LEN]);

/* Parse an alias into tag and addresses; false: not one of ours. */
bool lease_parse(const char *alias, struct lease *out);

#endif
