/* forwarding: let packets pass between a bridge and the outside, and no more.
 *
 * The classic net.ipv4.ip_forward=1 turns the host into a router between all its
 * networks, for ever.  Here only the interfaces that routes lead to are switched, each
 * is "guarded" (firewall.h: what it forwards must be for a bridge), and the guard's set
 * is the memory of what to switch off when the last container is gone.  Where forwarding
 * is on globally it is another's decision, and nothing is touched. */
#ifndef LONGSHORE_FORWARDING_H
#define LONGSHORE_FORWARDING_H

#include <stdbool.h>

#include "netstate.h"

/* Switch on what is missing for a bridge (index 0: not there yet), each act a step.  fd is
 * a NETLINK_ROUTE and nft a NETLINK_NETFILTER socket of this network namespace.  Dies on
 * failure. */
void forwarding_on(int fd, int nft, const char *bridge, int index, const struct routes *routes,
		   bool ip6);

/* Switch off what forwarding_on() had switched on; before the table is deleted. */
void forwarding_off(int nft);

#endif
