#include <string.h>

#include "die.h"
#include "firewall.h"
#include "firewall_sets.h"
#include "forwarding.h"
#include "link.h"
#include "step.h"
#include "sysctl.h"

enum { EXITS_MAX = 64 };

/* The key of an interface's setting; allocated. */
static char *
key(const char *ipv, const char *ifname, const char *setting)
{
	return text("net/%s/conf/%s/%s", ipv, ifname, setting);
}

static bool
is_on(const char *ipv, const char *ifname, const char *setting)
{
	return sysctl_is(key(ipv, ifname, setting), "1");
}

static void
set(const char *ipv, const char *ifname, const char *setting, const char *value)
{
	sysctl_set(key(ipv, ifname, setting), value);
}

/* Guard first: there is no moment at which the interface forwards unguarded. */
static void
guard(int nft, int family, const char *ifname)
{
	if (step(STEP_SAME, "nft add element " FIREWALL_TABLE " guarded%d '{ \"%s\" }'",
		 family == FAMILY_IPV4 ? 4 : 6, ifname))
		if (firewall_guard(nft, family, ifname) < 0)
			die_errno("guard the forwarding of %s", ifname);
}

static void
on4(int fd, int nft, const char *bridge, int index, const struct routes *routes)
{
	struct link_info link;

	if (netstate_forwards4(fd, -1))
		return;
	if (!netstate_forwards4(fd, index))
		set("ipv4", bridge, "forwarding", "1");
	for (size_t i = 0; i < routes->count; i++) {
		if (link_by_index(fd, routes->list[i].index, &link) < 0 ||
		    link_is_our_bridge(&link) ||
		    netstate_forwards4(fd, link.index))
			continue;
		guard(nft, FAMILY_IPV4, link.name);
		set("ipv4", link.name, "forwarding", "1");
	}
}

/* IPv6 knows forwarding per interface only since Linux 6.17 (force_forwarding).  Before
 * that there is but one switch; it also makes the host forget the default route that it
 * learnt from a router, unless accept_ra is 2. */
static void
on6(int fd, int nft, const char *bridge)
{
	bool single = sysctl_exists(key("ipv6", "all", "force_forwarding"));
	int exits[EXITS_MAX];
	size_t n = EXITS_MAX, outside = 0;
	struct link_info link;

	if (is_on("ipv6", "all", "forwarding"))
		return;
	if (netstate_exits6(fd, exits, &n) < 0)
		die_errno("list the IPv6 routes");
	for (size_t i = 0; i < n; i++) {
		if (link_by_index(fd, exits[i], &link) < 0 ||
		    link_is_our_bridge(&link) || strcmp(link.name, "lo") == 0 ||
		    (single && is_on("ipv6", link.name, "force_forwarding")))
			continue;
		outside++;
		guard(nft, FAMILY_IPV6, link.name);
		if (single)
			set("ipv6", link.name, "force_forwarding", "1");
		else if (is_on("ipv6", link.name, "accept_ra"))
			set("ipv6", link.name, "accept_ra", "2");
	}
	if (single)
		set("ipv6", bridge, "force_forwarding", "1");
	else if (outside > 0)
		set("ipv6", "all", "forwarding", "1");
}

void
forwarding_on(int fd, int nft, const char *bridge, int index, const struct routes *routes,
	      bool ip6)
{
	on4(fd, nft, bridge, index, routes);
	if (ip6)
		on6(fd, nft, bridge);
}

void
forwarding_off(int nft)
{
	bool single = sysctl_exists(key("ipv6", "all", "force_forwarding"));
	char **names = firewall_guarded(nft, FAMILY_IPV4);

	/* Somebody has switched forwarding on globally meanwhile: it is his now. */
	if (!is_on("ipv4", "all", "forwarding"))
		for (; *names; names++)
			set("ipv4", *names, "forwarding", "0");
	names = firewall_guarded(nft, FAMILY_IPV6);
	if (!single && *names)
		set("ipv6", "all", "forwarding", "0");
	for (; *names; names++) {
		if (single)
			set("ipv6", *names, "force_forwarding", "0");
		else if (sysctl_is(key("ipv6", *names, "accept_ra"), "2"))
			set("ipv6", *names, "accept_ra", "1");
	}
}
