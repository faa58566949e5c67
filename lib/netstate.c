#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "die.h"
#include "link.h"
#include "netlink.h"
#include "netstate.h"

static void *
grow(void *list, size_t count, size_t size)
{
	/* Powers of two: a longer list moves only when the count reaches one. */
	if (count & (count - 1))
		return list;
	list = realloc(list, 2 * (count ? count : 1) * size);
	if (!list)
		die("out of memory");
	return list;
}

void
leases_append(struct leases *to, const struct lease *l)
{
	to->list = grow(to->list, to->count, sizeof *l);
	to->list[to->count++] = *l;
}

int
netstate_leases(int fd, struct leases *out)
{
	struct ifinfomsg head = {.ifi_family = AF_BRIDGE};
	struct nl_buf b = {0}, dump = {0};

	*out = (struct leases){0};
	nl_begin(&b, RTM_GETLINK, 0, &head, sizeof head);
	if (nl_dump(fd, &b, &dump) < 0)
		return -1;
	for (const struct nlmsghdr *m = nl_first(&dump); m; m = nl_next(&dump, m)) {
		const struct ifinfomsg *port = NLMSG_DATA(m);
		const struct nlattr *tb[IFLA_MASTER + 1];
		struct lease l = {.index = port->ifi_index};

		nl_index(m, sizeof *port, tb, IFLA_MASTER);
		l.bridge = nl_u32(tb[IFLA_MASTER]);
		if (nl_len(tb[IFLA_ADDRESS]) == MAC_LEN &&
		    lease_from_port(nl_str(tb[IFLA_IFNAME]), nl_data(tb[IFLA_ADDRESS]), &l))
			leases_append(out, &l);
	}
	return 0;
}

int
netstate_complete(int fd, struct lease *l)
{
	struct link_info link;

	if (link_by_index(fd, l->index, &link) < 0)
		return -1;
	errno = ENODEV;
	return lease_parse(link.alias, l) ? 0 : -1;
}

int
netstate_bridges(int fd, struct leases *out)
{
	struct ifinfomsg head = {0};
	struct nl_buf b = {0}, dump = {0};
	size_t info;

	*out = (struct leases){0};
	nl_begin(&b, RTM_GETLINK, 0, &head, sizeof head);
	info = nl_nest(&b, IFLA_LINKINFO);
	nl_put_str(&b, IFLA_INFO_KIND, "bridge");
	nl_nest_end(&b, info);
	if (nl_dump(fd, &b, &dump) < 0)
		return -1;
	for (const struct nlmsghdr *m = nl_first(&dump); m; m = nl_next(&dump, m)) {
		const struct ifinfomsg *link = NLMSG_DATA(m);
		const struct nlattr *tb[IFLA_MAX + 1];
		struct lease l = {.index = link->ifi_index};

		nl_index(m, sizeof *link, tb, IFLA_MAX);
		strncpy(l.ifname, nl_str(tb[IFLA_IFNAME]), sizeof l.ifname - 1);
		if ((nl_len(tb[IFLA_ADDRESS]) == MAC_LEN &&
		     lease_is_bridge_mac(nl_data(tb[IFLA_ADDRESS]))) ||
		    strcmp(nl_str(tb[IFLA_IFALIAS]), LEASE_MARK) == 0)
			leases_append(out, &l);
	}
	return 0;
}

int
netstate_subnets(int fd, int index, struct subnet4 *s4, struct subnet6 *s6)
{
	struct ifaddrmsg head = {.ifa_index = index};
	struct nl_buf b = {0}, dump = {0};

	*s4 = (struct subnet4){0};
	*s6 = (struct subnet6){0};
	nl_begin(&b, RTM_GETADDR, 0, &head, sizeof head);
	if (nl_dump(fd, &b, &dump) < 0)
		return -1;
	for (const struct nlmsghdr *m = nl_first(&dump); m; m = nl_next(&dump, m)) {
		const struct ifaddrmsg *addr = NLMSG_DATA(m);
		const struct nlattr *tb[IFA_MAX + 1];
		const struct nlattr *own;

		nl_index(m, sizeof *addr, tb, IFA_MAX);
		own = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
		if ((int)addr->ifa_index != index || addr->ifa_scope != RT_SCOPE_UNIVERSE)
			continue;
		if (addr->ifa_family == AF_INET && !s4->bits && nl_len(own) == 4) {
			s4->gateway = ntohl(nl_u32(own));
			s4->bits = addr->ifa_prefixlen;
		} else if (addr->ifa_family == AF_INET6 && !s6->bits && nl_len(own) == 16) {
			memcpy(s6->gateway, nl_data(own), 16);
			s6->bits = addr->ifa_prefixlen;
		}
	}
	return 0;
}

bool
netstate_forwards4(int fd, int index)
{
	struct netconfmsg head = {.ncm_family = AF_INET};
	const struct nlattr *tb[NETCONFA_MAX + 1];
	struct nl_buf b = {0}, answer = {0};

	nl_begin(&b, RTM_GETNETCONF, 0, &head, sizeof head);
	nl_put_u32(&b, NETCONFA_IFINDEX, index);
	if (nl_answer(fd, &b, &answer) < 0 || !nl_first(&answer))
		return false;
	nl_index(nl_first(&answer), sizeof head, tb, NETCONFA_MAX);
	return nl_u32(tb[NETCONFA_FORWARDING]) != 0;
}

/* Dump the main table of one family; the filter in the header is only a wish that old
 * kernels ignore, so callers look at each route's table again. */
static int
dump_routes(int fd, int family, struct nl_buf *dump)
{
	struct rtmsg head = {.rtm_family = family, .rtm_table = RT_TABLE_MAIN};
	struct nl_buf b = {0};

	nl_begin(&b, RTM_GETROUTE, 0, &head, sizeof head);
	return nl_dump(fd, &b, dump);
}

/* The outgoing interface: of the route, or of a multipath route's first hop. */
static int
exit_of(const struct nlattr *const *tb)
{
	const struct rtnexthop *hop = nl_data(tb[RTA_MULTIPATH]);

	if (!tb[RTA_OIF] && nl_len(tb[RTA_MULTIPATH]) >= sizeof *hop)
		return hop->rtnh_ifindex;
	return nl_u32(tb[RTA_OIF]);
}

int
netstate_routes(int fd, struct routes *out)
{
	struct nl_buf dump = {0};
	uint32_t best = UINT32_MAX;

	*out = (struct routes){0};
	if (dump_routes(fd, AF_INET, &dump) < 0)
		return -1;
	for (const struct nlmsghdr *m = nl_first(&dump); m; m = nl_next(&dump, m)) {
		const struct rtmsg *route = NLMSG_DATA(m);
		const struct nlattr *tb[RTA_MAX + 1], *metrics[RTAX_MAX + 1];
		struct route4 r = {.bits = route->rtm_dst_len};

		nl_index(m, sizeof *route, tb, RTA_MAX);
		nl_index_nest(tb[RTA_METRICS], metrics, RTAX_MAX);
		if (route->rtm_table != RT_TABLE_MAIN || route->rtm_type != RTN_UNICAST)
			continue;
		r.net = ntohl(nl_u32(tb[RTA_DST]));
		r.index = exit_of(tb);
		r.mtu = nl_u32(metrics[RTAX_MTU]);
		out->list = grow(out->list, out->count, sizeof r);
		out->list[out->count++] = r;
		if (r.bits == 0 && nl_u32(tb[RTA_PRIORITY]) < best) {
			best = nl_u32(tb[RTA_PRIORITY]);
			out->list[out->count - 1] = out->list[0];
			out->list[0] = r;
		}
	}
	return 0;
}

int
netstate_exits6(int fd, int *index, size_t *n)
{
	size_t max = *n, i;
	struct nl_buf dump = {0};

	*n = 0;
	if (dump_routes(fd, AF_INET6, &dump) < 0)
		return -1;
	for (const struct nlmsghdr *m = nl_first(&dump); m; m = nl_next(&dump, m)) {
		const struct rtmsg *route = NLMSG_DATA(m);
		const struct nlattr *tb[RTA_MAX + 1];
		const unsigned char *dst;
		int exit;

		nl_index(m, sizeof *route, tb, RTA_MAX);
		dst = nl_data(tb[RTA_DST]);
		exit = exit_of(tb);
		if (route->rtm_table != RT_TABLE_MAIN || route->rtm_type != RTN_UNICAST ||
		    (dst && dst[0] >= 0xfe))
			continue;
		for (i = 0; i < *n && index[i] != exit; i++)
			;
		if (i == *n && *n < max)
			index[(*n)++] = exit;
	}
	return 0;
}
