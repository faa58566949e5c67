/* link: interfaces, addresses and routes by rtnetlink(7).
 *
 * fd is a NETLINK_ROUTE socket (netlink.h); it decides in which network namespace the
 * call acts.  Everything returns 0, or -1 with errno. */
#ifndef LONGSHORE_LINK_H
#define LONGSHORE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lease.h"
#include "subnet.h"

struct link_info {
	int index;
	char name[IFNAME_SIZE];
	char kind[16]; /* "bridge", "veth", ... or "" */
	char alias[ALIAS_SIZE];
	unsigned char mac[MAC_LEN];
	int mtu;
	int bridge;  /* index; 0: none */
	int peer_ns; /* number of the namespace of a veth's other end; -1: this one */
};

/* Look an interface up; ENODEV when there is none. */
int link_by_name(int fd, const char *name, struct link_info *out);
int link_by_index(int fd, int index, struct link_info *out);

/* Is it a bridge that we created? */
bool link_is_our_bridge(const struct link_info *l);

/* Is the network namespace that fd's namespace calls NUMBER alive?  (It dies when the
 * last process, mount or descriptor lets go; its interfaces vanish a little later.) */
bool link_ns_alive(int fd, int number);

/* fd's namespace's number for the namespace behind ns_fd; -1: it has none. */
int link_ns_number(int fd, int ns_fd);

/* The acts, named as ip(8) names them. */
int link_add_veth(int fd, const char *name, const unsigned char mac[MAC_LEN], int mtu,
		  const char *peer, const unsigned char peer_mac[MAC_LEN], int peer_ns_fd);
int link_set_up(int fd, int index);
int link_set_alias(int fd, int index, const char *alias);
int link_del(int fd, int index);

/* Make an interface that the kernel is about to remove give up its name and lease. */
void link_retire(int fd, int index);

/* bits as in 10.0.0.1/24; IPv6 addresses are usable at once (nodad). */
int link_add_addr4(int fd, int index, uint32_t addr, int bits);
int link_add_addr6(int fd, int index, const unsigned char addr[16], int bits);

/* Has the interface got its link-local address, ready for use?  (A worker of the kernel
 * makes it, some time after the interface has gone up.) */
bool link_is_settled6(int fd, int index);

int link_add_default4(int fd, int index, uint32_t gateway);
int link_add_default6(int fd, int index, const unsigned char gateway[16]);

#endif
