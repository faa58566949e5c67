#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "bridge.h"
#include "die.h"
#include "firewall.h"
#include "firewall_sets.h"
#include "forwarding.h"
#include "fwpolicy.h"
#include "link.h"
#include "netfiles.h"
#include "netlink.h"
#include "netns.h"
#include "netup.h"
#include "resolv.h"
#include "step.h"
#include "sysctl.h"

enum {
	SETTLE_TRIES = 20,
	LO_INDEX = 1, /* in every namespace; include/net/net_namespace.h */
};

#define INSIDE "eth0"
#define INSIDE6 "net/ipv6/conf/" INSIDE

static char *
mac_text(const unsigned char *m)
{
	return text("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

/* die_errno(), and the kernel's own sentence where it gave one. */
static _Noreturn void
refused(const char *what, const char *name)
{
	const char *more = NULL;

	if (errno == EPERM)
		more = "it takes CAP_NET_ADMIN, as root or in a user namespace of your own";
	else if (*nl_why())
		more = text("the kernel says: %s", nl_why());
	die_errno_hint(more, "%s %s", what, name);
}

/* nf_tables may be missing, or only the family "inet", or (ENOENT) one of the expressions. */
static _Noreturn void
no_table(void)
{
	if (errno != EPERM)
		die_errno_hint("this kernel lacks a part of nftables: nf_tables with its inet "
			       "family, nft_ct, nft_nat, nft_masq or nft_fib_inet",
			       "create the nftables table %s", FIREWALL_TABLE);
	refused("create the nftables table", FIREWALL_TABLE);
}

/* addr4, and addr6 where there is one, to an interface. */
static void
add_addresses(const struct network *n, int fd, const char *ip, const char *ifname, int index,
	      uint32_t addr4, const unsigned char addr6[16])
{
	char a[ADDR_TEXT];

	if (step(STEP_SAME, "%s address add %s/%d broadcast + dev %s", ip, addr4_text(addr4, a),
		 n->s4.bits, sh(ifname)))
		if (link_add_addr4(fd, index, addr4, n->s4.bits) < 0)
			refused("add an address to", ifname);
	if (n->s6.bits == 0)
		return;
	if (step(STEP_SAME, "%s address add %s/%d dev %s nodad", ip, addr6_text(addr6, a),
		 n->s6.bits, sh(ifname)))
		if (link_add_addr6(fd, index, addr6, n->s6.bits) < 0)
			refused("add an IPv6 address to", ifname);
}

void
netup_bridge(struct network *n)
{
	unsigned char mac[MAC_LEN];
	struct link_info link;

	if (!n->bridge_new)
		return;
	lease_bridge_mac(n->bridge, mac);
	if (step(STEP_SAME, "ip link add %s address %s mtu %d type bridge", sh(n->bridge),
		 mac_text(mac), n->mtu)) {
		if (bridge_add(n->rtnl, n->bridge, mac, n->mtu) < 0)
			refused("create bridge", n->bridge);
		if (link_by_name(n->rtnl, n->bridge, &link) < 0)
			die_errno("find bridge %s", n->bridge);
		n->bridge_index = link.index;
	}
	/* A container could else announce itself as this host's IPv6 router
	 * (CVE-2020-13401).  Before the bridge is up, so that it never listens. */
	sysctl_set(text("net/ipv6/conf/%s/accept_ra", n->bridge), "0");
	/* Its link-local address asks for neighbours: no second's wait until it may. */
	sysctl_set(text("net/ipv6/conf/%s/accept_dad", n->bridge), "0");
	if (step(STEP_SAME, "ip link set %s up", sh(n->bridge)))
		if (link_set_up(n->rtnl, n->bridge_index) < 0)
			refused("bring up bridge", n->bridge);
	add_addresses(n, n->rtnl, "ip", n->bridge, n->bridge_index, n->s4.gateway,
		      n->s6.gateway);
	if (step(STEP_SAME, "ip link set %s alias %s", sh(n->bridge), LEASE_MARK))
		if (link_set_alias(n->rtnl, n->bridge_index, LEASE_MARK) < 0)
			refused("mark bridge", n->bridge);
}

void
netup_firewall(struct network *n)
{
	struct firewall_bridge b = {n->bridge, n->bridge_ours, n->s4, n->s6};
	char *policy;

	if (!firewall_complete(n->nft) &&
	    step(STEP_SAME, "nft -f - <<'EOF'\n%s\nEOF", firewall_script()))
		if (firewall_create(n->nft) < 0)
			no_table();
	if (step(STEP_SAME, "%s", firewall_bridge_script(&b, true)))
		if (firewall_add_bridge(n->nft, &b) < 0)
			refused("let the firewall know bridge", n->bridge);
	policy = fwpolicy_hint(n->nft, n->bridge);
	if (policy)
		hint("%s", policy);
	/* Another's bridge is his to route; ours gets all that forwards safely. */
	if (n->bridge_ours)
		forwarding_on(n->rtnl, n->nft, n->bridge, n->bridge_index, &n->routes,
			      n->s6.bits > 0);
	/* Only here: answers to 127.0.0.1 come in by the bridge, where the kernel takes
	 * that address for a forgery unless told otherwise.  (CVE-2020-8558 is what
	 * happens when "all" or the uplink is told so.) */
	if (n->port_count > 0)
		sysctl_set(text("net/ipv4/conf/%s/route_localnet", n->bridge), "1");
}

void
netup_files(struct network *n)
{
	char *dir = netfiles_dir(n->name), *shared = netfiles_hosts_path(n->bridge);
	char *resolv = resolv_text(n->dns, n->dns_count);

	n->lease.bridge = n->bridge_index;
	members_drop(&n->members, n->lease.ifname);
	members_write(&n->members, &n->lease);
	if (step(STEP_SAME,
		 "mkdir -p %s\ncat > %s/resolv.conf <<'EOF'\n%sEOF\nln -f %s %s/hosts", sh(dir),
		 sh(dir), resolv, sh(shared), sh(dir)))
		if (netfiles_write(n->name, n->bridge, resolv) < 0)
			die_errno("write %s", dir);
}

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
		 sh(n->lease.ifname), mac_text(mac), n->mtu, mac_text(peer_mac), n->mtu,
		 sh(n->name))) {
		ns = netns_self();
		if (ns < 0 || link_add_veth(n->rtnl, n->lease.ifname, mac, n->mtu, INSIDE,
					    peer_mac, ns) < 0)
			refused("create veth", n->lease.ifname);
		close(ns);
		if (link_by_name(n->rtnl, n->lease.ifname, &link) < 0)
			die_errno("find veth %s", n->lease.ifname);
		n->lease.index = link.index;
	}
	lease_alias(&n->lease, alias);
	if (step(STEP_SAME, "ip link set %s alias %s addrgenmode none up", sh(n->lease.ifname),
		 sh(alias)))
		if (bridge_port_up(n->rtnl, n->lease.index, alias) < 0)
			refused("bring up", n->lease.ifname);
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
	static const struct {
		const char *key, *value;
	} all[] = {
		{"accept_ra", "0"},
		{"accept_dad", "0"},
		{"force_mld_version", "1"},
		{"mldv1_unsolicited_report_interval", "86400000"},
		{"disable_ipv6", "1"},
	};
	size_t first = n->s6.bits ? 0 : 4, end = n->s6.bits ? 4 : 5;
	const char *words = "";

	for (size_t i = first; i < end; i++)
		words = text("%s " INSIDE6 "/%s=%s", words, all[i].key, all[i].value);
	if (!step(STEP_SAME, "ip netns exec %s sysctl -qew%s", sh(n->name), words))
		return;
	for (size_t i = first; i < end; i++)
		if (sysctl_write(text(INSIDE6 "/%s", all[i].key), all[i].value) < 0)
			die_errno("set " INSIDE6 "/%s to %s", all[i].key, all[i].value);
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
	add_addresses(n, n->inside, ip, INSIDE, link.index, n->lease.addr4, n->lease.addr6);
	if (step(STEP_SAME, "%s link set " INSIDE " up", ip))
		if (link_set_up(n->inside, link.index) < 0)
			die_errno("bring up " INSIDE);
	if (step(STEP_SAME, "%s route add default via %s", ip, addr4_text(n->s4.gateway, a)))
		if (link_add_default4(n->inside, link.index, n->s4.gateway) < 0)
			refused("route to", a);
	if (n->s6.bits == 0)
		return;
	if (step(STEP_SAME, "%s -6 route add default via %s", ip,
		 addr6_text(n->s6.gateway, a))) {
		if (link_add_default6(n->inside, link.index, n->s6.gateway) < 0)
			refused("route to", a);
		wait_ip6(n->inside, link.index);
	}
}

void
netup_attach(struct network *n)
{
	if (step(STEP_SAME, "ip link set %s master %s", sh(n->lease.ifname), sh(n->bridge)))
		if (bridge_attach(n->rtnl, n->lease.index, n->bridge_index) < 0)
			refused("attach to bridge", n->bridge);
	if (!n->hairpin && !n->isolated)
		return;
	if (step(STEP_SAME, "bridge link set dev %s hairpin %s isolated %s",
		 sh(n->lease.ifname), n->hairpin ? "on" : "off", n->isolated ? "on" : "off"))
		if (bridge_set_port(n->rtnl, n->lease.index, n->hairpin, n->isolated) < 0)
			refused("set the bridge port", n->lease.ifname);
}

void
netup_ports(struct network *n)
{
	char *script;

	if (n->port_count == 0)
		return;
	script = publish_script(n->ports, n->port_count, &n->lease);
	if (n->stale.count > 0)
		script = text("%s\n%s", publish_del_script(&n->stale), script);
	if (step(STEP_SAME, "%s", script))
		if (publish_add(n->nft, n->ports, n->port_count, &n->lease, &n->stale) < 0)
			refused("publish the ports of", n->name);
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
