#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "bridge.h"
#include "die.h"
#include "link.h"
#include "netlink.h"
#include "netns.h"
#include "netup.h"
#include "step.h"
#include "sysctl.h"

enum {
	SETTLE_TRIES = 20,
	LO_INDEX = 1, /* in every namespace; include/net/net_namespace.h */
};

#define INSIDE "eth0"
#define INSIDE6 "net/ipv6/conf/" INSIDE

void
netup_namespace(struct network *n)
{
	int fd;

	if (step(STEP_SAME, "ip netns add %s", sh(n->name))) {
		if (netns_dir() < 0)
			die_errno_hint(errno == EACCES || errno == EPERM || errno == EROFS
					       ? "without root, use mount and user namespaces "
						 "with a tmpfs on /run"
					       : NULL,
				       "prepare %s", NETNS_DIR);
		if (unshare(CLONE_NEWNET) < 0)
			die_errno_hint(errno == EPERM ? "it takes root, or a user namespace of "
							"your own: ns-exec --user --map-auto"
						      : NULL,
				       "create a network namespace");
	}
	/* The alias marks the namespace as ours, whatever its name becomes. */
	if (step(STEP_SAME, "ip -n %s link set lo alias %s up", sh(n->name), LEASE_MARK)) {
		fd = nl_open(NETLINK_ROUTE);
		if (fd < 0 || link_set_alias(fd, LO_INDEX, LEASE_MARK) < 0 ||
		    link_set_up(fd, LO_INDEX) < 0)
			die_errno("bring up lo");
		n->inside = fd;
	}
}

void
netup_veth(struct network *n)
{
	unsigned char mac[MAC_LEN], peer_mac[MAC_LEN];
	struct link_info link;
	char alias[ALIAS_SIZE];
	int ns;

	lease_mac(&n->lease, mac);
	mac_of(MAC_LOCAL, MAC_BOTH, n->lease.addr4, peer_mac);
	if (step(STEP_SAME,
		 "ip link add %s address %s mtu %d type veth peer name " INSIDE
		 " address %s mtu %d netns %s",
		 sh(n->lease.ifname), netup_mac(mac), n->mtu, netup_mac(peer_mac), n->mtu,
		 sh(n->name))) {
		ns = netns_self();
		if (ns < 0 || link_add_veth(n->rtnl, n->lease.ifname, mac, n->mtu, INSIDE,
					    peer_mac, ns) < 0)
			netup_refused("create veth", n->lease.ifname);
		close(ns);
		if (link_by_name(n->rtnl, n->lease.ifname, &link) < 0)
			die_errno("find veth %s", n->lease.ifname);
		n->lease.index = link.index;
	}
	lease_alias(&n->lease, alias);
	if (step(STEP_SAME, "ip link set %s alias %s addrgenmode none up", sh(n->lease.ifname),
		 sh(alias)))
		if (bridge_port_up(n->rtnl, n->lease.index, alias) < 0)
			netup_refused("bring up", n->lease.ifname);
}

/* accept_ra, accept_dad: no neighbour may act the router, and no wait for duplicate
 * address detection.
 *
 * The rest is for the neighbours: to the bridge, a report of the multicast groups that
 * belong to an address (RFC 3810) is a packet for all, and four reports to 500 containers
 * cost more than all the rest of a new one.  Those of version 1 (RFC 2710) are sent when
 * the group is joined, here before the interface is plugged in (wait_ip6()), and once
 * more at random within the interval: a day.  A program's own groups are reported at
 * once, too. */
static void
settle_ip6(const struct network *n)
{
	static const char *const some[][2] = {
		{"accept_ra", "0"},
		{"accept_dad", "0"},
		{"force_mld_version", "1"},
		{"mldv1_unsolicited_report_interval", "86400000"},
	}, *const none[][2] = {{"disable_ipv6", "1"}};
	const char *const(*set)[2] = n->s6.bits ? some : none;
	size_t count = n->s6.bits ? sizeof some / sizeof *some : 1;
	const char *words = "";

	for (size_t i = 0; i < count; i++)
		words = text("%s " INSIDE6 "/%s=%s", words, set[i][0], set[i][1]);
	if (!step(STEP_SAME, "ip netns exec %s sysctl -qew%s", sh(n->name), words))
		return;
	for (size_t i = 0; i < count; i++)
		if (sysctl_write(text(INSIDE6 "/%s", set[i][0]), set[i][1]) < 0)
			die_errno("set " INSIDE6 "/%s to %s", set[i][0], set[i][1]);
}

/* The link-local address is the last one, and its report the last. */
static void
wait_ip6(int fd, int index)
{
	static const struct timespec pause = {.tv_nsec = 50000};

	for (int i = 0; i < SETTLE_TRIES && !link_is_settled6(fd, index); i++)
		if (i == 0)
			sched_yield();
		else
			nanosleep(&pause, NULL);
}

void
netup_addresses(struct network *n)
{
	char *ip = text("ip -n %s", sh(n->name)), a[ADDR_TEXT];
	struct link_info link = {0};

	if (!step_dry && link_by_name(n->inside, INSIDE, &link) < 0)
		die_errno("find " INSIDE);
	settle_ip6(n);
	netup_add_addresses(n, n->inside, ip, INSIDE, link.index, n->lease.addr4, n->lease.addr6);
	if (step(STEP_SAME, "%s link set " INSIDE " up", ip))
		if (link_set_up(n->inside, link.index) < 0)
			die_errno("bring up " INSIDE);
	if (step(STEP_SAME, "%s route add default via %s", ip, addr4_text(n->s4.gateway, a)))
		if (link_add_default4(n->inside, link.index, n->s4.gateway) < 0)
			netup_refused("route to", a);
	if (n->s6.bits == 0)
		return;
	if (step(STEP_SAME, "%s -6 route add default via %s", ip,
		 addr6_text(n->s6.gateway, a))) {
		if (link_add_default6(n->inside, link.index, n->s6.gateway) < 0)
			netup_refused("route to", a);
		wait_ip6(n->inside, link.index);
	}
}

void
netup_attach(struct network *n)
{
	if (step(STEP_SAME, "ip link set %s master %s", sh(n->lease.ifname), sh(n->bridge)))
		if (bridge_attach(n->rtnl, n->lease.index, n->bridge_index) < 0)
			netup_refused("attach to bridge", n->bridge);
	if (!n->hairpin && !n->isolated)
		return;
	if (step(STEP_SAME, "bridge link set dev %s hairpin %s isolated %s",
		 sh(n->lease.ifname), n->hairpin ? "on" : "off", n->isolated ? "on" : "off"))
		if (bridge_set_port(n->rtnl, n->lease.index, n->hairpin, n->isolated) < 0)
			netup_refused("set the bridge port", n->lease.ifname);
}

void
netup_name(struct network *n)
{
	if (step(STEP_NONE,
		 "mount(2): /proc/self/ns/net on %s/%s, ip netns add's second half, last",
		 NETNS_DIR, n->name)) {
		if (netns_bind(n->name) < 0)
			die_errno("mount the namespace on %s/%s", NETNS_DIR, n->name);
		members_seal(&n->members);
	}
}
