#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "link.h"
#include "netdown.h"
#include "netfiles.h"
#include "netlink.h"
#include "netns.h"
#include "netsettle.h"
#include "publish.h"
#include "step.h"

enum { LO_INDEX = 1 };

/* Does the namespace behind fd bear our mark?  To look inside one has to go there. */
static bool
is_marked(const struct network *n, int fd)
{
	struct link_info lo;
	bool marked = false;
	int inside;

	if (setns(fd, CLONE_NEWNET) < 0)
		return false;
	inside = nl_open(NETLINK_ROUTE);
	if (inside >= 0) {
		marked = link_by_index(inside, LO_INDEX, &lo) == 0 &&
			 strcmp(lo.alias, LEASE_MARK) == 0;
		close(inside);
	}
	if (setns(n->host_ns, CLONE_NEWNET) < 0)
		die_errno("return to the host's network namespace");
	return marked;
}

/* Take the name away if it is ours to take: its namespace is the one that our veth leads
 * to, or bears our mark.  A file that is no namespace is a killed run's. */
static void
remove_name(struct network *n, const struct link_info *link)
{
	int fd = netns_open(n->name);
	bool file = fd < 0 && errno == EINVAL;
	bool ours = file && netfiles_ours(n->name);

	if (fd >= 0) {
		ours = (link->index && link->peer_ns >= 0 &&
			link_ns_number(n->rtnl, fd) == link->peer_ns) ||
		       is_marked(n, fd);
		close(fd);
	}
	if (fd < 0 && !file)
		return;
	if (!ours)
		die("network namespace %s is not net-plumb's", n->name);
	if (file ? step(STEP_SAME, "rm %s/%s", NETNS_DIR, sh(n->name))
		 : step(STEP_SAME, "ip netns del %s", sh(n->name)))
		if (netns_unbind(n->name) < 0)
			die_errno("remove %s/%s", NETNS_DIR, n->name);
}

/* Without its name the namespace dies, unless a process or another mount holds it.  If
 * it dies, its veth goes with it in a moment, and nobody waits (deleting one takes 20 ms
 * or more): only free its name and lease at once.  Else cut the living off. */
static void
remove_link(struct network *n, const struct link_info *link)
{
	if (!link->index)
		return;
	if (!step_dry && !link_ns_alive(n->rtnl, link->peer_ns)) {
		link_retire(n->rtnl, link->index);
		return;
	}
	if (step(STEP_SAME, "ip link del %s 2>/dev/null || true", sh(link->name)))
		if (link_del(n->rtnl, link->index) < 0 && errno != ENODEV)
			die_errno("remove interface %s", link->name);
}

/* Has the published port an owner whose interface is there? */
static bool
has_owner(struct network *n, const struct published *p)
{
	for (size_t i = 0; i < n->leases.count; i++)
		if (netstate_complete(n->rtnl, &n->leases.list[i]) == 0 &&
		    strcmp(n->leases.list[i].tag, p->tag) == 0)
			return true;
	return false;
}

/* Withdraw the ports of one owner, or (tag NULL) of all who are gone. */
static void
remove_ports(struct network *n, const char *tag)
{
	struct publications all, gone = {0};

	if (publish_read(n->nft, &all) < 0)
		die_errno("list the published ports");
	gone.list = calloc(all.count + 1, sizeof *gone.list);
	if (!gone.list)
		die("out of memory");
	for (size_t i = 0; i < all.count; i++)
		if (tag ? strcmp(all.list[i].tag, tag) == 0 : !has_owner(n, &all.list[i]))
			gone.list[gone.count++] = all.list[i];
	if (gone.count > 0 && step(STEP_SAME, "%s", publish_del_script(&gone)))
		if (publish_del(n->nft, &gone) < 0 && errno != ENOENT)
			die_errno("withdraw the published ports of %s", tag ? tag : "the dead");
}

static void
remove_files(const char *name)
{
	char *dir = sh(netfiles_dir(name));

	if (netfiles_ours(name) &&
	    step(STEP_SAME, "rm -f %s/resolv.conf %s/hosts\nrmdir %s", dir, dir, dir))
		netfiles_remove(name);
}

/* Leave out the lease that is being removed: with -n it is still there. */
static void
forget(struct network *n, const char *ifname)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->leases.count; i++)
		if (strcmp(n->leases.list[i].ifname, ifname) != 0)
			n->leases.list[kept++] = n->leases.list[i];
	n->leases.count = kept;
}

void
netdown(struct network *n)
{
	char tag[TAG_SIZE], ifname[IFNAME_SIZE];
	struct link_info link;

	lease_tag(n->name, tag);
	lease_ifname(n->name, ifname);
	/* An interface of that name that is not ours is left alone. */
	if (link_by_name(n->rtnl, ifname, &link) < 0 ||
	    strncmp(link.alias, LEASE_MARK " ", strlen(LEASE_MARK " ")) != 0)
		link = (struct link_info){.peer_ns = -1};
	remove_ports(n, tag);
	remove_name(n, &link);
	remove_link(n, &link);
	remove_files(n->name);
	forget(n, ifname);
	if (link.bridge && netsettle_part(n, link.bridge, ifname))
		return;
	if (!n->leases.list)
		network_read_leases(n);
	forget(n, ifname);
	netsettle_table(n);
	if (link.bridge)
		netsettle_bridge(n, link.bridge, false);
	else
		netsettle_bridges(n, ifname, false);
}

void
netdown_undo(void *network)
{
	struct network *n = network;

	/* We may stand in the namespace that is to die. */
	if (setns(n->host_ns, CLONE_NEWNET) < 0)
		warn_errno("return to the host's network namespace");
	close(n->inside);
	if (n->lock < 0)
		network_lock(n);
	n->leases = (struct leases){0};
	netdown(n);
}

void
netdown_garbage(struct network *n)
{
	char **names = netfiles_names();

	network_read_leases(n);
	for (; *names; names++) {
		int fd = netns_open(*names);

		n->name = *names;
		if (fd < 0)
			netdown(n);
		else
			close(fd);
	}
	remove_ports(n, NULL);
	netsettle_table(n);
	netsettle_bridges(n, "", true);
	netfiles_tidy();
}
