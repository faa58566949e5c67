/* publish: published ports as elements of our table's maps (firewall.h).
 *
 * fd is a NETLINK_NETFILTER socket; 0, or -1 with errno. */
#ifndef LONGSHORE_PUBLISH_H
#define LONGSHORE_PUBLISH_H

#include <stddef.h>

#include "lease.h"
#include "ports.h"

/* One element as the kernel has it: ports.count is 1, ports.family is never AF_UNSPEC. */
struct published {
	struct ports ports;
	uint32_t to4;
	unsigned char to6[16];
	char tag[TAG_SIZE];
};

struct publications {
	struct published *list;
	size_t count;
};

/* All published ports.  Allocated; an absent table has none. */
int publish_read(int fd, struct publications *out);

/* Remove the stale elements and publish ports for a lease, all at once. */
int publish_add(int fd, const struct ports *ports, size_t n, const struct lease *to,
		const struct publications *stale);

/* Remove elements; one that is not there fails them all (ENOENT). */
int publish_del(int fd, const struct publications *list);

/* The map of our table that an element belongs to. */
const char *publish_map(const struct published *p);

/* Call fn for each single element that n publications mean for a lease. */
void publish_expand(const struct ports *ports, size_t n, const struct lease *to,
		    void (*fn)(const struct published *, void *), void *arg);

/* The nft(8) commands that do the same; allocated. */
char *publish_script(const struct ports *ports, size_t n, const struct lease *to);
char *publish_del_script(const struct publications *list);

/* Has a process of the host bound one of these ports?  The first such port, 0 if none
 * has.  (Rules come before sockets: the listener would never hear again.) */
int publish_bound(const struct ports *ports);

#endif
