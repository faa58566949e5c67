#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "netstate.h"
#include "network.h"

/* An element is stale when no lease of its owner has the address that it leads to. */
static bool
is_stale(struct network *n, const struct published *p)
{
	for (size_t i = 0; i < n->leases.count; i++) {
		struct lease *l = &n->leases.list[i];

		if (p->to4 && p->to4 != l->addr4)
			continue;
		if (netstate_complete(n->rtnl, l) == 0 && strcmp(l->tag, p->tag) == 0 &&
		    (p->to4 || memcmp(p->to6, l->addr6, 16) == 0))
			return false;
	}
	return true;
}

void
network_plan_ports(struct network *n)
{
	struct publications all;
	size_t i, j;

	if (n->port_count == 0)
		return;
	for (i = 0; i < n->port_count; i++) {
		int port = publish_bound(&n->ports[i]);

		if (port)
			die("port %d/%s is taken by a process of this host", port,
			    proto_name(n->ports[i].proto));
		for (j = 0; j < i; j++)
			if (ports_clash(&n->ports[i], &n->ports[j]))
				die("port %u/%s is asked for twice", n->ports[i].host,
				    proto_name(n->ports[i].proto));
	}
	if (publish_read(n->nft, &all) < 0)
		die_errno("list the published ports");
	if (all.count > 0)
		network_read_leases(n);
	n->stale.list = calloc(all.count + 1, sizeof *n->stale.list);
	if (!n->stale.list)
		die("out of memory");
	for (i = 0; i < all.count; i++) {
		const struct published *p = &all.list[i];
		bool clash = false;

		for (j = 0; j < n->port_count; j++)
			clash |= ports_clash(&n->ports[j], &p->ports);
		if (clash && !is_stale(n, p))
			die("port %u/%s is taken by %s", p->ports.host,
			    proto_name(p->ports.proto), p->tag);
		if (clash)
			n->stale.list[n->stale.count++] = *p;
	}
}
