/* firewall_sets: elements of the sets and maps of our table (firewall.h).
 *
 * fd is a NETLINK_NETFILTER socket; 0, or -1 with errno, unless it says otherwise. */
#ifndef LONGSHORE_FIREWALL_SETS_H
#define LONGSHORE_FIREWALL_SETS_H

#include <stdbool.h>

#include "netlink.h"
#include "subnet.h"

struct firewall_bridge {
	const char *name;
	bool owned; /* we created it: guard and masquerade what passes it */
	struct subnet4 s4;
	struct subnet6 s6;
};

/* Make the rules apply to a bridge, or no longer (ENOENT: they did not). */
int firewall_add_bridge(int fd, const struct firewall_bridge *b);
int firewall_del_bridge(int fd, const struct firewall_bridge *b);

/* The commands that do the same; allocated. */
char *firewall_bridge_script(const struct firewall_bridge *b, bool add);

/* Dump a set or map; ENOENT when it is not there. */
int firewall_elements(int fd, const char *set, struct nl_buf *dump);

/* Call each() for all elements of such a dump. */
void firewall_each(const struct nl_buf *dump,
		   void (*each)(const struct nlattr *const *element, void *arg), void *arg);

/* Interfaces on which we switched forwarding on, for family FAMILY_IPV4 or _IPV6: they
 * forward into bridges only, and the set is the memory of what to switch off again. */
int firewall_guard(int fd, int family, const char *ifname);

/* The guarded interfaces, NULL-terminated, allocated. */
char **firewall_guarded(int fd, int family);

#endif
