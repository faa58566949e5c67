#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "bridge.h"
#include "netlink.h"

int
bridge_add(int fd, const char *name, const unsigned char mac[MAC_LEN], int mtu)
{
	struct ifinfomsg head = {0};
	struct nl_buf b = {0};
	size_t info;

	nl_begin(&b, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head);
	nl_put_str(&b, IFLA_IFNAME, name);
	nl_put(&b, IFLA_ADDRESS, mac, MAC_LEN);
	nl_put_u32(&b, IFLA_MTU, mtu);
	info = nl_nest(&b, IFLA_LINKINFO);
	nl_put_str(&b, IFLA_INFO_KIND, "bridge");
	nl_nest_end(&b, info);
	return nl_send(fd, &b);
}

int
bridge_port_up(int fd, int index, const char *alias)
{
	struct ifinfomsg head = {
		.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct nl_buf b = {0};
	size_t families, inet6;

	nl_begin(&b, RTM_NEWLINK, NLM_F_ACK, &head, sizeof head);
	nl_put(&b, IFLA_IFALIAS, alias, strlen(alias));
	/* A bridge port speaks for others only.  An address of its own would make it
	 * join multicast groups, which the bridge floods to all other ports. */
	families = nl_nest(&b, IFLA_AF_SPEC);
	inet6 = nl_nest(&b, AF_INET6);
	nl_put_u8(&b, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nl_nest_end(&b, inet6);
	nl_nest_end(&b, families);
	return nl_send(fd, &b);
}

int
bridge_attach(int fd, int index, int bridge)
{
	struct ifinfomsg head = {.ifi_index = index};
	struct nl_buf b = {0};

	nl_begin(&b, RTM_NEWLINK, NLM_F_ACK, &head, sizeof head);
	nl_put_u32(&b, IFLA_MASTER, bridge);
	return nl_send(fd, &b);
}

int
bridge_set_port(int fd, int index, bool hairpin, bool isolated)
{
	struct ifinfomsg head = {.ifi_family = AF_BRIDGE, .ifi_index = index};
	struct nl_buf b = {0};
	size_t port;

	nl_begin(&b, RTM_SETLINK, NLM_F_ACK, &head, sizeof head);
	port = nl_nest(&b, IFLA_PROTINFO);
	nl_put_u8(&b, IFLA_BRPORT_MODE, hairpin);
	nl_put_u8(&b, IFLA_BRPORT_ISOLATED, isolated);
	nl_nest_end(&b, port);
	return nl_send(fd, &b);
}

bool
bridge_has_ports(int fd, int bridge)
{
	struct ifinfomsg head = {0};
	struct nl_buf b = {0}, dump = {0};

	nl_begin(&b, RTM_GETLINK, 0, &head, sizeof head);
	nl_put_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	nl_put_u32(&b, IFLA_MASTER, bridge);
	return nl_dump(fd, &b, &dump) < 0 || nl_first(&dump) != NULL;
}

int
bridge_port_of(int fd, int bridge, const unsigned char mac[MAC_LEN])
{
	struct ndmsg head = {.ndm_family = AF_BRIDGE};
	struct nl_buf b = {0}, answer = {0};
	const struct ndmsg *entry;

	/* What "bridge fdb get MAC br BRIDGE" asks: a look into a hash table, however
	 * many ports there are. */
	nl_begin(&b, RTM_GETNEIGH, 0, &head, sizeof head);
	nl_put(&b, NDA_LLADDR, mac, MAC_LEN);
	nl_put_u32(&b, NDA_MASTER, bridge);
	if (nl_answer(fd, &b, &answer) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!nl_first(&answer) || nl_first(&answer)->nlmsg_type != RTM_NEWNEIGH)
		return -1;
	entry = NLMSG_DATA(nl_first(&answer));
	/* An address that the bridge learnt is a neighbour's forgery, no lease. */
	return entry->ndm_state & NUD_PERMANENT ? entry->ndm_ifindex : 0;
}
