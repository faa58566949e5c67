#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "firewall.h"
#include "io.h"
#include "link.h"
#include "netfiles.h"
#include "netlink.h"
#include "netns.h"
#include "network.h"
#include "step.h"
#include "sysctl.h"

enum {
	MTU_DEFAULT = 1500,
	MTU_IP6_MIN = 1280, /* below it the kernel switches IPv6 off; RFC 8200, 5 */
};

void
network_lock(struct network *n)
{
	const char *run = getuid() == 0 ? NULL : getenv("XDG_RUNTIME_DIR");
	char *dir = text("%s/longshore", run && *run ? run : "/run");
	char *path = text("%s/net.lock", dir);

	mkdir(dir, 0755);
	n->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (n->lock < 0)
		die_errno("open %s", path);
	while (flock(n->lock, LOCK_EX) < 0)
		if (errno != EINTR)
			die_errno("lock %s", path);
}

void
network_unlock(struct network *n)
{
	close(n->lock);
	n->lock = -1;
}

void
network_open(struct network *n)
{
	if (!step_dry)
		network_lock(n);
	n->host_ns = netns_self();
	n->rtnl = nl_open(NETLINK_ROUTE);
	n->nft = nl_open(NETLINK_NETFILTER);
	if (n->host_ns < 0 || n->rtnl < 0 || n->nft < 0)
		die_errno("open netlink sockets");
}

void
network_read_leases(struct network *n)
{
	if (netstate_leases(n->rtnl, &n->leases) < 0)
		die_errno("list the interfaces");
}

/* The name and its interface must be free; remove what a killed run left of them. */
static void
plan_name(struct network *n)
{
	struct link_info link;

	if (netns_taken(n->name)) {
		int fd = netns_open(n->name);

		if (fd >= 0 || errno != EINVAL || !netfiles_ours(n->name))
			die("network namespace %s exists already", n->name);
		if (!step_dry && netns_unbind(n->name) < 0)
			die_errno("remove %s/%s", NETNS_DIR, n->name);
	}
	lease_tag(n->name, n->lease.tag);
	lease_ifname(n->name, n->lease.ifname);
	if (link_by_name(n->rtnl, n->lease.ifname, &link) < 0)
		return;
	if (*link.alias && strncmp(link.alias, LEASE_MARK, strlen(LEASE_MARK)) != 0)
		die("interface %s exists already, and is not net-plumb's", n->lease.ifname);
	if (link_ns_alive(n->rtnl, link.peer_ns))
		die_hint(text("net-plumb -d %s takes it away from them", sh(n->name)),
			 "the network of %s is still in use by processes", n->name);
	/* Its namespace is gone, and the kernel's clean-up worker will come: be quicker. */
	if (!step_dry && link_del(n->rtnl, link.index) < 0 && errno != ENODEV)
		die_errno("remove interface %s", n->lease.ifname);
}

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

static void
plan_bridge(struct network *n)
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

static void
plan_mtu(struct network *n)
{
	struct link_info link;

	if (n->mtu)
		return;
	n->mtu = MTU_DEFAULT;
	if (n->routes.count == 0 || n->routes.list[0].bits != 0)
		return;
	if (n->routes.list[0].mtu)
		n->mtu = n->routes.list[0].mtu;
	else if (link_by_index(n->rtnl, n->routes.list[0].index, &link) == 0)
		n->mtu = link.mtu;
}

static void
plan_address(struct network *n)
{
	char a[ADDR_TEXT];
	const char *holder;

	members_read(&n->members, n->rtnl, n->bridge, n->bridge_new ? 0 : n->bridge_index);
	members_prune(&n->members);
	if (!n->addr4) {
		n->lease.addr4 = members_free(&n->members, &n->s4);
		if (n->lease.addr4 == 0)
			die("no address is free on bridge %s: all %zu are taken", n->bridge,
			    n->members.hosts.count);
	} else {
		if (!addr4_parse(n->addr4, &n->lease.addr4) ||
		    !subnet4_usable(&n->s4, n->lease.addr4))
			die("address %s is not one that bridge %s (%s/%d) has to give",
			    n->addr4, n->bridge, addr4_text(n->s4.gateway, a), n->s4.bits);
		holder = members_holder(&n->members, n->lease.addr4);
		if (holder)
			die("address %s is taken by interface %s", n->addr4, holder);
	}
	n->lease.has6 = n->s6.bits > 0;
	if (n->lease.has6)
		subnet6_address(&n->s6, &n->s4, n->lease.addr4, n->lease.addr6);
}

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

static void
plan_ports(struct network *n)
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

void
network_plan(struct network *n)
{
	if (netstate_routes(n->rtnl, &n->routes) < 0)
		die_errno("list the routes");
	plan_name(n);
	plan_mtu(n);
	plan_bridge(n);
	plan_address(n);
	plan_ports(n);
}
