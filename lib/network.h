/* network: all that one container's network consists of, and how it is decided. */
#ifndef LONGSHORE_NETWORK_H
#define LONGSHORE_NETWORK_H

#include <stdbool.h>

#include "lease.h"
#include "members.h"
#include "netstate.h"
#include "ports.h"
#include "publish.h"
#include "subnet.h"

enum { PORTS_MAX = 256 };

struct network {
	/* What the command line says; zero: decide. */
	const char *name;
	const char *bridge;
	const char *subnet4, *subnet6;
	const char *addr4, *addr6;
	int mtu;
	bool no_ip6;
	bool isolated;
	char *dns[8];
	int dns_count;
	struct ports ports[PORTS_MAX];
	size_t port_count;

	/* What network_plan() decides. */
	bool bridge_new;  /* it is still to be created */
	bool bridge_ours; /* we created it, so we configure, guard and remove it */
	bool hairpin;     /* frames have to leave by the port that they came in */
	int bridge_index;
	struct subnet4 s4;
	struct subnet6 s6;
	struct lease lease;
	struct members members; /* of the bridge */
	struct leases leases;   /* of all containers, once network_read_leases() was called */
	struct routes routes;
	struct publications stale; /* elements in the way whose owner is gone */

	/* What the acts use. */
	int rtnl, nft; /* sockets of the host's network namespace */
	int host_ns;
	int lock;
	int inside; /* a NETLINK_ROUTE socket of the container's */
};

/* Take the lock that serialises all changes, and let go of it.  It is a file of root's
 * (or in XDG_RUNTIME_DIR): an advisory lock on something that others may open would let
 * them stop us for ever. */
void network_lock(struct network *n);
void network_unlock(struct network *n);

/* Lock (but for -n) and open the sockets.  Dies on failure. */
void network_open(struct network *n);

/* List all leases, on whichever bridge: slow when there are many.  Dies on failure. */
void network_read_leases(struct network *n);

/* Decide everything that the command line left open, from the kernel's state, and refuse
 * what is taken.  Changes nothing but left-overs of killed runs under this name.  Dies. */
void network_plan(struct network *n);

/* Parts of it: find the bridge, or choose what a new one is like; see whether the ports
 * are free. */
void network_plan_bridge(struct network *n);
void network_plan_ports(struct network *n);

#endif
