#include <fcntl.h>
#include <string.h>

#include "die.h"
#include "io.h"
#include "link.h"
#include "network.h"
#include "step.h"
#include "sysctl.h"

enum {
	MTU_IP6_MIN = 1280, /* below it the kernel switches IPv6 off; RFC 8200, 5 */
};

/* The i-th subnet that we would take; 0: no more.  10.209-10.240 are what least many
 * others default to; the rest is for hosts that route all of 10.0.0.0/8. */
static uint32_t
candidate(int i, int *bits)
{
	*bits = i < 48 ? 16 : 24;
	if (i < 32)
		return 10U << 24 | (209U + i) << 16;
	if (i < 48)
		return 172U << 24 | (31U - (i - 32)) << 16;
	if (i < 64)
		return 192U << 24 | 168U << 16 | (209U + (i - 48)) << 8;
	return 0;
}

/* A subnet of our choice that no route of this host touches. */
static bool
pick_subnet(struct network *n)
{
	uint32_t net;

	for (int i = 0; (net = candidate(i, &n->s4.bits)) != 0; i++) {
		bool clash = false;

		for (size_t j = 0; j < n->routes.count; j++) {
			const struct route4 *r = &n->routes.list[j];

			clash |= r->bits > 0 &&
				 subnet4_overlap(net, n->s4.bits, r->net, r->bits);
		}
		n->s4.gateway = net + 1;
		if (!clash)
			return true;
	}
	return false;
}

static void
check_subnet(const struct network *n)
{
	char a[ADDR_TEXT];

	/* A wider route is no clash: that is what "more specific" is for. */
	for (size_t i = 0; i < n->routes.count; i++) {
		const struct route4 *r = &n->routes.list[i];

		if (r->bits >= n->s4.bits &&
		    subnet4_overlap(subnet4_network(&n->s4), n->s4.bits, r->net, r->bits))
			die("subnet %s is in use here: there is a route to %s/%d", n->subnet4,
			    addr4_text(r->net, a), r->bits);
	}
}

static bool
host_has_ip6(void)
{
	return sysctl_is("net/ipv6/conf/all/disable_ipv6", "0") &&
	       sysctl_is("net/ipv6/conf/default/disable_ipv6", "0");
}

static void
plan_new_bridge(struct network *n)
{
	char *id;

	if (n->subnet4) {
		if (!subnet4_parse(n->subnet4, &n->s4))
			usage("-s %s: want ADDRESS/BITS, from 8 to 30 bits", n->subnet4);
		check_subnet(n);
	} else if (!pick_subnet(n)) {
		die_hint("name a subnet with -s",
			 "every private subnet that would serve is routed elsewhere");
	}
	if (n->subnet6) {
		if (!subnet6_parse(n->subnet6, &n->s6))
			usage("-s %s: want ADDRESS/BITS, from 48 to 112 bits", n->subnet6);
		return;
	}
	id = read_file_at(AT_FDCWD, "/etc/machine-id");
	subnet6_local(text("%s %s", id ? id : "", n->bridge), &n->s6);
}

static void
check_old_bridge(const struct network *n)
{
	struct subnet4 want4;
	struct subnet6 want6;
	char a[ADDR_TEXT];

	if (n->s4.bits < 8 || n->s4.bits > 30)
		die_hint(text("ip address add 10.1.2.1/24 dev %s", n->bridge),
			 "bridge %s has no IPv4 address to share a subnet of", n->bridge);
	if (n->subnet4 &&
	    (!subnet4_parse(n->subnet4, &want4) || want4.bits != n->s4.bits ||
	     subnet4_network(&want4) != subnet4_network(&n->s4)))
		die("bridge %s has the subnet of %s/%d, not %s", n->bridge,
		    addr4_text(n->s4.gateway, a), n->s4.bits, n->subnet4);
	if (n->subnet6 && (!subnet6_parse(n->subnet6, &want6) || want6.bits != n->s6.bits ||
			   memcmp(want6.gateway, n->s6.gateway, want6.bits / 8) != 0))
		die("bridge %s has the subnet of %s/%d, not %s", n->bridge,
		    addr6_text(n->s6.gateway, a), n->s6.bits, n->subnet6);
}

void
network_plan_bridge(struct network *n)
{
	struct link_info link;

	n->bridge_new = link_by_name(n->rtnl, n->bridge, &link) < 0;
	if (!n->bridge_new && link_is_our_bridge(&link) && !*link.alias) {
		/* A run was killed before the bridge was complete: start over. */
		if (!step_dry && link_del(n->rtnl, link.index) < 0)
			die_errno("remove bridge %s", n->bridge);
		n->bridge_new = true;
		if (netstate_routes(n->rtnl, &n->routes) < 0)
			die_errno("list the routes");
	}
	if (n->bridge_new) {
		n->bridge_ours = true;
		plan_new_bridge(n);
	} else {
		if (strcmp(link.kind, "bridge") != 0)
			die("interface %s is no bridge", n->bridge);
		n->bridge_ours = link_is_our_bridge(&link);
		n->bridge_index = link.index;
		if (netstate_subnets(n->rtnl, link.index, &n->s4, &n->s6) < 0)
			die_errno("list the addresses of %s", n->bridge);
		check_old_bridge(n);
	}
	/* With br_netfilter a published port is translated inside the bridge, and who calls
	 * himself by it gets his frame back by the port that it came from. */
	n->hairpin = n->port_count > 0 && sysctl_is("net/bridge/bridge-nf-call-iptables", "1");
	if (n->no_ip6 || n->mtu < MTU_IP6_MIN || !host_has_ip6())
		n->s6.bits = 0;
	if (n->s6.bits > 96 && 128 - n->s6.bits < 32 - n->s4.bits)
		die("the IPv6 subnet is smaller than the IPv4 subnet that it pairs with");
}
