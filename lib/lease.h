/* lease: how a container's network is written into names that the kernel keeps.
 *
 * There is no lease file.  The veth's end on the bridge carries the lease in its
 * ifalias, "longshore TAG 10.209.0.2 fd12::2", which ip(8) shows; it is gone exactly
 * when the interface is.  TAG is NAME where that is short and plain, else a shortened
 * NAME with a fingerprint: it must fit an alias (255 bytes), an nft comment (128), and
 * stand between blanks and quotes.  Pure code. */
#ifndef LONGSHORE_LEASE_H
#define LONGSHORE_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IFNAME_SIZE = 16, /* IFNAMSIZ */
	TAG_SIZE = 101,
	ALIAS_SIZE = 256, /* IFALIASZ */
};

#define LEASE_MARK "longshore"

struct lease {
	char tag[TAG_SIZE];
	char ifname[IFNAME_SIZE]; /* the end on the bridge */
	int index;
	int bridge;  /* index; 0: on none */
	int peer_ns; /* the kernel's number of the peer's namespace; -1: none */
	uint32_t addr4;
	unsigned char addr6[16];
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

/* Parse an alias into tag and addresses; false: not one of ours. */
bool lease_parse(const char *alias, struct lease *out);

#endif
