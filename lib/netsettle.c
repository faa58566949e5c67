#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <time.h>
#include <unistd.h>

#include "bridge.h"
#include "cgroup.h"
#include "die.h"
#include "firewall.h"
#include "firewall_sets.h"
#include "forwarding.h"
#include "link.h"
#include "netfiles.h"
#include "netlink.h"
#include "netsettle.h"
#include "step.h"
#include "supervise.h"
#include "syscalls.h"
#include "undo.h"

enum {
	IDLE_MS = 200,
	IDLE_TRIES = 50,
};

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

/* Fork into the nearest cgroup above ours that takes a process: one with controllers
 * below it answers EBUSY, the root never.  Else "cg-place -r NAME -- net-plumb -r" would
 * kill the child with all that is left in its cgroup. */
static pid_t
fork_outside_cgroup(void)
{
	struct cgroup cg, up;
	char *own = cgroup_top(&cg) ? cgroup_of(&cg, 0) : NULL;
	pid_t child = -1;

	if (own)
		cg = cgroup_sibling(&cg, own);
	for (; own && child < 0 && cgroup_parent(&cg, &up); cg = up) {
		int fd = cgroup_open(&up);

		if (fd >= 0)
			child = supervise_clone(0, fd);
		if (child != 0)
			close(fd);
	}
	return child < 0 ? fork() : child;
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
	if (fork_outside_cgroup() != 0)
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

bool
netsettle_part(struct network *n, int index, const char *ifname)
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

void
netsettle_bridge(struct network *n, int index, bool now)
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

void
netsettle_table(struct network *n)
{
	if (n->leases.count > 0 || !firewall_exists(n->nft))
		return;
	forwarding_off(n->nft);
	if (step(STEP_SAME, "nft delete table %s", FIREWALL_TABLE))
		if (firewall_delete(n->nft) < 0 && errno != ENOENT)
			die_errno("delete the nftables table %s", FIREWALL_TABLE);
}

void
netsettle_bridges(struct network *n, const char *ifname, bool now)
{
	struct leases bridges;
	struct link_info link;

	if (netstate_bridges(n->rtnl, &bridges) < 0)
		die_errno("list the bridges");
	for (size_t i = 0; i < bridges.count; i++)
		if (!has_leases(n, bridges.list[i].index))
			netsettle_bridge(n, bridges.list[i].index, now);
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
