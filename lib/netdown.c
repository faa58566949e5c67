#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "die.h"
#include "firewall.h"
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
	IDLE_MS = 300,
};

static const struct lease *
lease_of(const struct network *n, const char *tag)
{
	for (size_t i = 0; i < n->leases.count; i++)
		if (strcmp(n->leases.list[i].tag, tag) == 0)
			return &n->leases.list[i];
	return NULL;
}

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
remove_name(struct network *n, const struct lease *l)
{
	int fd = netns_open(n->name);
	bool file = fd < 0 && errno == EINVAL;
	bool ours = file && netfiles_ours(n->name);

	if (fd >= 0) {
		ours = (l && l->peer_ns >= 0 && link_ns_number(n->rtnl, fd) == l->peer_ns) ||
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
remove_link(struct network *n, const struct lease *l)
{
	if (!l)
		return;
	if (!link_ns_alive(n->rtnl, l->peer_ns) && !step_dry) {
		link_retire(n->rtnl, l->index);
		return;
	}
	if (step(STEP_SAME, "ip link del %s 2>/dev/null || true", sh(l->ifname)))
		if (link_del(n->rtnl, l->index) < 0 && errno != ENODEV)
			die_errno("remove interface %s", l->ifname);
}

static void
remove_ports(struct network *n, const char *tag)
{
	struct publications all, own = {0};

	if (publish_read(n->nft, &all) < 0)
		die_errno("list the published ports");
	own.list = calloc(all.count + 1, sizeof *own.list);
	if (!own.list)
		die("out of memory");
	for (size_t i = 0; i < all.count; i++)
		if (tag ? strcmp(all.list[i].tag, tag) == 0 : !lease_of(n, all.list[i].tag))
			own.list[own.count++] = all.list[i];
	if (own.count > 0 && step(STEP_SAME, "%s", publish_del_script(&own)))
		if (publish_del(n->nft, &own) < 0 && errno != ENOENT)
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

/* Forget a lease that is being removed, so that what follows counts the others. */
static void
forget(struct network *n, const char *tag)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->leases.count; i++)
		if (strcmp(n->leases.list[i].tag, tag) != 0)
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

/* Deleting a bridge takes some 50 ms, and the next container may come at any moment: a
 * child of ours, out of everybody's way, deletes it when it is still empty a little
 * later.  (If that child is killed, the bridge stays for the next one, or for --gc.) */
static void
del_idle_bridge(struct network *n, const char *bridge)
{
	struct timespec pause = {.tv_nsec = IDLE_MS * 1000000L};
	struct link_info link;

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
	nanosleep(&pause, NULL);
	network_open(n);
	if (link_by_name(n->rtnl, bridge, &link) == 0 &&
	    strcmp(link.alias, LEASE_MARK) == 0 && !link_has_ports(n->rtnl, link.index))
		link_del(n->rtnl, link.index);
	_exit(0);
}

/* Rewrite the bridge's hosts file for those who stay, or remove what only served the
 * one who left. */
static void
settle_bridge(struct network *n, int index, bool now)
{
	struct link_info link;
	bool ours;
	char *hosts, *path;

	if (link_by_index(n->rtnl, index, &link) < 0)
		return;
	ours = strcmp(link.alias, LEASE_MARK) == 0;
	path = netfiles_hosts_path(link.name);
	if (has_leases(n, index)) {
		hosts = netfiles_hosts(&n->leases, index);
		if (step(STEP_SAME, "cat > %s <<'EOF'\n%sEOF", sh(path), hosts))
			if (netfiles_write_hosts(link.name, hosts) < 0)
				die_errno("write %s", path);
		return;
	}
	if (step(STEP_SAME, "rm -f %s\nrmdir %s 2>/dev/null || true", sh(path), NETFILES_SHARED))
		netfiles_remove_hosts(link.name);
	if (!ours)
		return;
	if (n->leases.count > 0 && firewall_exists(n->nft) &&
	    step(STEP_SAME, "%s", firewall_bridge_script(link.name, false)))
		if (firewall_del_bridge(n->nft, link.name) < 0 && errno != ENOENT)
			die_errno("unguard bridge %s", link.name);
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

void
netdown(struct network *n)
{
	const struct lease *found;
	struct lease copy;
	char tag[TAG_SIZE];
	int bridge;

	lease_tag(n->name, tag);
	found = lease_of(n, tag);
	if (found)
		copy = *found;
	bridge = found ? copy.bridge : 0;
	remove_ports(n, tag);
	remove_name(n, found ? &copy : NULL);
	remove_link(n, found ? &copy : NULL);
	remove_files(n->name);
	forget(n, tag);
	settle_table(n);
	if (bridge)
		settle_bridge(n, bridge, false);
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
	network_read_leases(n);
	netdown(n);
}

void
netdown_garbage(struct network *n)
{
	struct leases bridges;
	char **names = netfiles_names();

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
	if (netstate_bridges(n->rtnl, &bridges) < 0)
		die_errno("list the bridges");
	for (size_t i = 0; i < bridges.count; i++)
		if (!has_leases(n, bridges.list[i].index))
			settle_bridge(n, bridges.list[i].index, true);
}
