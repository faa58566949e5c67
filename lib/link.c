#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "link.h"
#include "netlink.h"

static void
begin_link(struct nl_buf *b, uint16_t type, uint16_t flags, struct ifinfomsg head)
{
	nl_begin(b, type, flags, &head, sizeof head);
}

static int
get_link(int fd, struct nl_buf *b, struct link_info *out)
{
	const struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct nl_buf answer = {0};
	const struct nlmsghdr *m;
	const struct ifinfomsg *head;

	nl_put_u32(b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (nl_answer(fd, b, &answer) < 0)
		return -1;
	m = nl_first(&answer);
	if (!m || m->nlmsg_type != RTM_NEWLINK) {
		errno = EPROTO;
		return -1;
	}
	head = NLMSG_DATA(m);
	nl_index(m, sizeof *head, tb, IFLA_MAX);
	nl_index_nest(tb[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	*out = (struct link_info){.index = head->ifi_index,
				  .mtu = nl_u32(tb[IFLA_MTU]),
				  .bridge = nl_u32(tb[IFLA_MASTER]),
				  .peer_ns = -1};
	if (nl_len(tb[IFLA_ADDRESS]) == MAC_LEN)
		memcpy(out->mac, nl_data(tb[IFLA_ADDRESS]), MAC_LEN);
	if (tb[IFLA_LINK_NETNSID])
		out->peer_ns = nl_u32(tb[IFLA_LINK_NETNSID]);
	strncpy(out->name, nl_str(tb[IFLA_IFNAME]), sizeof out->name - 1);
	strncpy(out->kind, nl_str(info[IFLA_INFO_KIND]), sizeof out->kind - 1);
	strncpy(out->alias, nl_str(tb[IFLA_IFALIAS]), sizeof out->alias - 1);
	return 0;
}

int
link_by_name(int fd, const char *name, struct link_info *out)
{
	struct nl_buf b = {0};

	begin_link(&b, RTM_GETLINK, 0, (struct ifinfomsg){0});
	nl_put_str(&b, IFLA_IFNAME, name);
	return get_link(fd, &b, out);
}

int
link_by_index(int fd, int index, struct link_info *out)
{
	struct nl_buf b = {0};

	begin_link(&b, RTM_GETLINK, 0, (struct ifinfomsg){.ifi_index = index});
	return get_link(fd, &b, out);
}

bool
link_is_our_bridge(const struct link_info *l)
{
	return strcmp(l->kind, "bridge") == 0 &&
	       (lease_is_bridge_mac(l->mac) || strcmp(l->alias, LEASE_MARK) == 0);
}

bool
link_ns_alive(int fd, int number)
{
	struct nl_buf b = {0};

	if (number < 0)
		return false;
	/* Asking about that namespace's first interface fails with EINVAL once its last
	 * reference is gone, even while its interfaces still await the clean-up worker. */
	begin_link(&b, RTM_GETLINK, 0, (struct ifinfomsg){.ifi_index = 1});
	nl_put_u32(&b, IFLA_TARGET_NETNSID, number);
	return nl_send(fd, &b) == 0 || errno != EINVAL;
}

int
link_ns_number(int fd, int ns_fd)
{
	struct rtgenmsg head = {.rtgen_family = AF_UNSPEC};
	const struct nlattr *tb[NETNSA_MAX + 1];
	struct nl_buf b = {0}, answer = {0};

	nl_begin(&b, RTM_GETNSID, 0, &head, sizeof head);
	nl_put_u32(&b, NETNSA_FD, ns_fd);
	if (nl_answer(fd, &b, &answer) < 0 || !nl_first(&answer))
		return -1;
	nl_index(nl_first(&answer), sizeof head, tb, NETNSA_MAX);
	return (int)nl_u32(tb[NETNSA_NSID]);
}

int
link_add_veth(int fd, const char *name, const unsigned char mac[MAC_LEN], int mtu,
	      const char *peer, const unsigned char peer_mac[MAC_LEN], int peer_ns_fd)
{
	struct ifinfomsg none = {0};
	struct nl_buf b = {0};
	size_t info, data, other;

	begin_link(&b, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, none);
	nl_put_str(&b, IFLA_IFNAME, name);
	nl_put(&b, IFLA_ADDRESS, mac, MAC_LEN);
	nl_put_u32(&b, IFLA_MTU, mtu);
	info = nl_nest(&b, IFLA_LINKINFO);
	nl_put_str(&b, IFLA_INFO_KIND, "veth");
	data = nl_nest(&b, IFLA_INFO_DATA);
	/* The peer's nest holds a whole second request, header included. */
	other = nl_nest(&b, VETH_INFO_PEER);
	nl_raw(&b, &none, sizeof none);
	nl_put_str(&b, IFLA_IFNAME, peer);
	nl_put(&b, IFLA_ADDRESS, peer_mac, MAC_LEN);
	nl_put_u32(&b, IFLA_MTU, mtu);
	/* Born in its namespace, under its final name: moving it there later would wait
	 * for an RCU grace period, some 20 ms. */
	nl_put_u32(&b, IFLA_NET_NS_FD, peer_ns_fd);
	nl_nest_end(&b, other);
	nl_nest_end(&b, data);
	nl_nest_end(&b, info);
	return nl_send(fd, &b);
}

int
link_set_up(int fd, int index)
{
	struct nl_buf b = {0};

	begin_link(&b, RTM_NEWLINK, NLM_F_ACK,
		   (struct ifinfomsg){
			   .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP});
	return nl_send(fd, &b);
}

int
link_set_alias(int fd, int index, const char *alias)
{
	struct nl_buf b = {0};

	begin_link(&b, RTM_NEWLINK, NLM_F_ACK, (struct ifinfomsg){.ifi_index = index});
	nl_put(&b, IFLA_IFALIAS, alias, strlen(alias));
	return nl_send(fd, &b);
}

int
link_del(int fd, int index)
{
	struct nl_buf b = {0};

	begin_link(&b, RTM_DELLINK, NLM_F_ACK, (struct ifinfomsg){.ifi_index = index});
	return nl_send(fd, &b);
}

void
link_retire(int fd, int index)
{
	static const unsigned char nobody[MAC_LEN] = {MAC_PORT};
	char name[IFNAME_SIZE];
	struct nl_buf b = {0};

	begin_link(&b, RTM_NEWLINK, NLM_F_ACK, (struct ifinfomsg){.ifi_index = index});
	nl_put(&b, IFLA_ADDRESS, nobody, sizeof nobody);
	nl_put(&b, IFLA_IFALIAS, "", 0);
	nl_send(fd, &b);
	/* Renaming what is up works since Linux 6.3; before that EBUSY, and the name is
	 * free when the interface is gone. */
	snprintf(name, sizeof name, "ls~%d", index);
	begin_link(&b, RTM_NEWLINK, NLM_F_ACK, (struct ifinfomsg){.ifi_index = index});
	nl_put_str(&b, IFLA_IFNAME, name);
	nl_send(fd, &b);
}
