#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge.h"
#include "die.h"
#include "firewall.h"
#include "firewall_sets.h"
#include "forwarding.h"
#include "link.h"
#include "netdown.h"
#include "netfiles.h"
#include "netlink.h"
#include "netns.h"
#include "publish.h"
#include "step.h"
#include "syscalls.h"
#include "undo.h"

enum {
	LO_INDEX = 1,
	IDLE_MS = 200,
	IDLE_TRIES = 50,
};

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

static bool
has_leases(const struct network *n, int bridge)
{
	for (size_t i = 0; i < n->leases.count; i++)
		if (n->leases.list[i].bridge == bridge)
			return true;
	return false;
}

static void
del_bridge(struct network *n, const char *bridge, int index)
{
	if (step(STEP_SAME, "ip link del %s", sh(bridge)))
		if (link_del(n->rtnl, index) < 0 && errno != ENODEV)
			die_errno("remove bridge %s", bridge);
}

/* Is the bridge ours, and nobody's any more?  *later: not yet, the kernel still has to
 * clean up interfaces of dead namespaces. */
static bool
is_idle(struct network *n, const char *bridge, int *index, bool *later)
{
	struct link_info link;

	*later = false;
	network_read_leases(n);
	if (link_by_name(n->rtnl, bridge, &link) < 0 || !link_is_our_bridge(&link) ||
	    has_leases(n, link.index))
		return false;
	*index = link.index;
	*later = bridge_has_ports(n->rtnl, link.index);
	return !*later;
}

/* Deleting a bridge takes some 50 ms, and the next container may come at any moment: a
 * child of ours, out of everybody's way, deletes it when it is still empty a little
 * later.  (If that child is killed, the bridge stays for the next one, or for --gc.) */
static void
del_idle_bridge(struct network *n, const char *bridge)
{
	struct timespec pause = {.tv_nsec = IDLE_MS * 1000000L};
	bool later = true;
	int index;

	if (step_dry) {
		del_bridge(n, bridge, 0);
		return;
	}
	if (step_explain)
		step(STEP_SAME, "ip link del %s", sh(bridge));
	if (fork() != 0)
		return;
	/* The child: a descriptor that it kept would keep a pipe's reader waiting. */
	undo_forget();
	sys_close_range(0, ~0U, 0);
	if (open("/dev/null", O_RDWR) != 0 || dup(0) < 0 || dup(0) < 0 || setsid() < 0 ||
	    chdir("/") < 0)
		_exit(0);
	n->rtnl = nl_open(NETLINK_ROUTE);
	for (int i = 0; later && i < IDLE_TRIES; i++) {
		nanosleep(&pause, NULL);
		network_lock(n);
		if (is_idle(n, bridge, &index, &later)) {
			link_del(n->rtnl, index);
			/* Of one whose interface somebody else has deleted. */
			netfiles_remove_hosts(bridge);
		}
		network_unlock(n);
	}
	_exit(0);
}

/* The table stays for other bridges: this one's elements go. */
static void
unguard(struct network *n, const struct link_info *link)
{
	struct firewall_bridge b = {.name = link->name,
				    .owned = link_is_our_bridge(link)};

	if (!firewall_exists(n->nft) ||
	    netstate_subnets(n->rtnl, link->index, &b.s4, &b.s6) < 0)
		return;
	if (step(STEP_SAME, "%s", firewall_bridge_script(&b, false)))
		if (firewall_del_bridge(n->nft, &b) < 0 && errno != ENOENT)
			die_errno("make the firewall forget bridge %s", link->name);
}

static void
remove_hosts(const char *bridge)
{
	if (step(STEP_SAME, "rm -f %s\nrmdir %s 2>/dev/null || true",
		 sh(netfiles_hosts_path(bridge)), NETFILES_SHARED))
		netfiles_remove_hosts(bridge);
}

/* Take the leaver's name out of the others' hosts file; false: there are no others. */
static bool
part(struct network *n, int index, const char *ifname)
{
	struct link_info link;

	if (link_by_index(n->rtnl, index, &link) < 0)
		return false;
	members_read(&n->members, n->rtnl, text("%s", link.name), index);
	if (!members_remain(&n->members, ifname))
		return false;
	members_write(&n->members, NULL);
	return true;
}

/* Remove what only served the one who left a bridge last. */
static void
settle_bridge(struct network *n, int index, bool now)
{
	struct link_info link;

	if (link_by_index(n->rtnl, index, &link) < 0)
		return;
	remove_hosts(link.name);
	if (n->leases.count > 0)
		unguard(n, &link);
	if (!link_is_our_bridge(&link))
		return;
	if (now)
		del_bridge(n, link.name, index);
	else
		del_idle_bridge(n, link.name);
}

static void
settle_table(struct network *n)
{
	if (n->leases.count > 0 || !firewall_exists(n->nft))
		return;
	forwarding_off(n->nft);
	if (step(STEP_SAME, "nft delete table %s", FIREWALL_TABLE))
		if (firewall_delete(n->nft) < 0 && errno != ENOENT)
			die_errno("delete the nftables table %s", FIREWALL_TABLE);
}

/* All bridges of ours: where the interface is gone already, so is the knowledge of its
 * bridge.  Then what bridges have left that are gone themselves. */
static void
settle_bridges(struct network *n, const char *ifname, bool now)
{
	struct leases bridges;
	struct link_info link;

	if (netstate_bridges(n->rtnl, &bridges) < 0)
		die_errno("list the bridges");
	for (size_t i = 0; i < bridges.count; i++)
		if (!has_leases(n, bridges.list[i].index))
			settle_bridge(n, bridges.list[i].index, now);
	for (char **b = netfiles_bridges(); *b; b++) {
		if (link_by_name(n->rtnl, *b, &link) < 0) {
			remove_hosts(*b);
		} else if (has_leases(n, link.index)) {
			members_read(&n->members, n->rtnl, *b, link.index);
			members_drop(&n->members, ifname);
			members_prune(&n->members);
			members_write(&n->members, NULL);
		}
	}
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
	if (link.bridge && part(n, link.bridge, ifname))
		return;
	if (!n->leases.list)
		network_read_leases(n);
	forget(n, ifname);
	settle_table(n);
	if (link.bridge)
		settle_bridge(n, link.bridge, false);
	else
		settle_bridges(n, ifname, false);
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
	settle_table(n);
	settle_bridges(n, "", true);
	netfiles_tidy();
}
