#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "link.h"
#include "netfiles.h"
#include "netlink.h"
#include "netns.h"
#include "network.h"
#include "step.h"

enum {
	MTU_DEFAULT = 1500,
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
		die_errno_hint(getuid() == 0 ? NULL
					     : "a bridge needs root, or namespaces of one's own:"
					       " unshare -rnm, and a tmpfs on /run",
			       "open %s", path);
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
			die_hint(text("ns-exec --net=%s joins it; net-plumb -d %s takes it away",
				      sh(n->name), sh(n->name)),
				 "network namespace %s exists already", n->name);
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

void
network_plan(struct network *n)
{
	if (netstate_routes(n->rtnl, &n->routes) < 0)
		die_errno("list the routes");
	plan_name(n);
	plan_mtu(n);
	network_plan_bridge(n);
	plan_address(n);
	network_plan_ports(n);
}
