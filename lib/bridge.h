/* bridge: a bridge and its ports, by rtnetlink(7); ip-link(8), bridge(8).
 *
 * fd is a NETLINK_ROUTE socket (netlink.h) of the bridge's network namespace. */
#ifndef LONGSHORE_BRIDGE_H
#define LONGSHORE_BRIDGE_H

#include <stdbool.h>

#include "subnet.h"

/* Create one.  0, or -1 with errno. */
int bridge_add(int fd, const char *name, const unsigned char mac[MAC_LEN], int mtu);

/* Make an interface fit for a port: alias, up, and no IPv6 address of its own, in one
 * message.  0, or -1 with errno. */
int bridge_port_up(int fd, int index, const char *alias);

/* Make it a port.  0, or -1 with errno. */
int bridge_attach(int fd, int index, int bridge);

/* Port flags: may a frame leave by the port it came in; is it kept apart from the other
 * isolated ones.  0, or -1 with errno. */
int bridge_set_port(int fd, int index, bool hairpin, bool isolated);

/* Does the bridge have a port, anybody's? */
bool bridge_has_ports(int fd, int bridge);

/* The index of the port whose own hardware address this is; 0: none, -1: the kernel
 * (before 5.0) can't say. */
int bridge_port_of(int fd, int bridge, const unsigned char mac[MAC_LEN]);

#endif
