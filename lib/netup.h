/* netup: the acts that make a planned network (network.h), each a step.  All die on
 * failure; what has been done by then is the caller's to undo (netdown.h). */
#ifndef LONGSHORE_NETUP_H
#define LONGSHORE_NETUP_H

#include "network.h"

/* Create the bridge where it is new, with the subnet's first address. */
void netup_bridge(struct network *n);

/* Our table, complete and with this bridge in it; forwarding; route_localnet. */
void netup_firewall(struct network *n);

/* /etc/netns/NAME/resolv.conf and hosts. */
void netup_files(struct network *n);

/* A new network namespace, which the calling process enters, with lo up. */
void netup_namespace(struct network *n);

/* A veth pair, one end in there; addresses and default routes. */
void netup_veth(struct network *n);
void netup_addresses(struct network *n);

/* Plug the other end into the bridge: what the new addresses make the kernel announce
 * has been said by then, to nobody. */
void netup_attach(struct network *n);

/* The published ports. */
void netup_ports(struct network *n);

/* Give the namespace its name.  The last act: a name that is seen stands for a network
 * that is complete, and a run that is killed before leaves a namespace that nobody
 * holds, which the kernel removes together with its veth. */
void netup_name(struct network *n);

/* For netup.c and netup_inside.c: a hardware address as ip(8) writes it, allocated;
 * die_errno(), and the kernel's own sentence where it gave one; addr4, and addr6 where
 * there is one, to an interface of fd's namespace (ip: the command that goes there). */
char *netup_mac(const unsigned char mac[MAC_LEN]);
_Noreturn void netup_refused(const char *what, const char *name);
void netup_add_addresses(const struct network *n, int fd, const char *ip, const char *ifname,
			 int index, uint32_t addr4, const unsigned char addr6[16]);

#endif
