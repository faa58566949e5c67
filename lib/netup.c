#include <errno.h>
#include <linux/netlink.h>
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
#include "netup.h"
#include "resolv.h"
#include "step.h"
#include "sysctl.h"

char *
netup_mac(const unsigned char m[MAC_LEN])
{
	return text("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

_Noreturn void
netup_refused(const char *what, const char *name)
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
	netup_refused("create the nftables table", FIREWALL_TABLE);
}

void
netup_add_addresses(const struct network *n, int fd, const char *ip, const char *ifname,
		    int index, uint32_t addr4, const unsigned char addr6[16])
{
	char a[ADDR_TEXT];

	if (step(STEP_SAME, "%s address add %s/%d broadcast + dev %s", ip, addr4_text(addr4, a),
		 n->s4.bits, sh(ifname)))
		if (link_add_addr4(fd, index, addr4, n->s4.bits) < 0)
			netup_refused("add an address to", ifname);
	if (n->s6.bits == 0)
		return;
	if (step(STEP_SAME, "%s address add %s/%d dev %s nodad", ip, addr6_text(addr6, a),
		 n->s6.bits, sh(ifname)))
		if (link_add_addr6(fd, index, addr6, n->s6.bits) < 0)
			netup_refused("add an IPv6 address to", ifname);
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
		 netup_mac(mac), n->mtu)) {
		if (bridge_add(n->rtnl, n->bridge, mac, n->mtu) < 0)
			netup_refused("create bridge", n->bridge);
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
			netup_refused("bring up bridge", n->bridge);
	netup_add_addresses(n, n->rtnl, "ip", n->bridge, n->bridge_index, n->s4.gateway,
		      n->s6.gateway);
	if (step(STEP_SAME, "ip link set %s alias %s", sh(n->bridge), LEASE_MARK))
		if (link_set_alias(n->rtnl, n->bridge_index, LEASE_MARK) < 0)
			netup_refused("mark bridge", n->bridge);
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
			netup_refused("let the firewall know bridge", n->bridge);
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
			netup_refused("publish the ports of", n->name);
}
