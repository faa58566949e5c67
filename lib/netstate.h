/* netstate: what the kernel's network looks like now.  Reads only.
 *
 * fd is a NETLINK_ROUTE socket.  Everything returns 0, or -1 with errno. */
#ifndef LONGSHORE_NETSTATE_H
#define LONGSHORE_NETSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lease.h"
#include "subnet.h"

struct leases {
	struct lease *list;
	size_t count;
};

struct route4 {
	uint32_t net;
	int bits; /* 0: a default route */
	int index;
	int mtu; /* of the route; 0: the interface's */
};

struct routes {
	struct route4 *list;
	size_t count;
};

/* Add a copy of one lease to a list. */
void leases_append(struct leases *to, const struct lease *l);

/* The bridges that we created.  Allocated, as leases without tag and addresses. */
int netstate_bridges(int fd, struct leases *out);

/* All leases, on whichever bridge.  Allocated.  Asked of the bridges, whose answers are a
 * quarter as long as the interfaces' own; still slow when there are many (members.h). */
int netstate_leases(int fd, struct leases *out);

/* Fill in from its alias what a lease still lacks: tag and IPv6 address.  -1 when the
 * interface is gone, or not ours. */
int netstate_complete(int fd, struct lease *l);

/* The addresses of one interface, as the subnets that they belong to.  bits is 0 where
 * there is none; link-local addresses do not count. */
int netstate_subnets(int fd, int index, struct subnet4 *s4, struct subnet6 *s6);

/* Does the interface forward IPv4 packets?  index -1: do all? */
bool netstate_forwards4(int fd, int index);

/* Unicast IPv4 routes of the main table, the default route of lowest metric first. */
int netstate_routes(int fd, struct routes *out);

/* The interfaces that IPv6 routes of the main table lead to, but for link-local and
 * multicast ones; at most n, each once. */
int netstate_exits6(int fd, int *index, size_t *n);

#endif
