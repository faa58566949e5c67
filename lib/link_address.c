#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "link.h"
#include "netlink.h"

static int
add_addr(int fd, int family, int index, const void *addr, size_t len, int bits,
	 const void *broadcast)
{
	struct ifaddrmsg head = {
		.ifa_family = family, .ifa_prefixlen = bits, .ifa_index = index};
	struct nl_buf b = {0};

	/* No duplicate address detection: an address stays "tentative" and unusable for
	 * one to two seconds with it, and ours are unique by construction. */
	if (family == AF_INET6)
		head.ifa_flags = IFA_F_NODAD;
	nl_begin(&b, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head);
	nl_put(&b, IFA_LOCAL, addr, len);
	nl_put(&b, IFA_ADDRESS, addr, len);
	if (broadcast)
		nl_put(&b, IFA_BROADCAST, broadcast, len);
	return nl_send(fd, &b);
}

int
link_add_addr4(int fd, int index, uint32_t addr, int bits)
{
	struct subnet4 s = {.gateway = addr, .bits = bits};
	uint32_t be = htonl(addr), all = htonl(subnet4_broadcast(&s));

	return add_addr(fd, AF_INET, index, &be, sizeof be, bits, &all);
}

int
link_add_addr6(int fd, int index, const unsigned char addr[16], int bits)
{
	return add_addr(fd, AF_INET6, index, addr, 16, bits, NULL);
}

bool
link_is_settled6(int fd, int index)
{
	struct ifaddrmsg head = {.ifa_family = AF_INET6, .ifa_index = index};
	struct nl_buf b = {0}, dump = {0};

	nl_begin(&b, RTM_GETADDR, 0, &head, sizeof head);
	if (nl_dump(fd, &b, &dump) < 0)
		return true;
	for (const struct nlmsghdr *m = nl_first(&dump); m; m = nl_next(&dump, m)) {
		const struct ifaddrmsg *a = NLMSG_DATA(m);

		if ((int)a->ifa_index == index && a->ifa_scope == RT_SCOPE_LINK &&
		    !(a->ifa_flags & IFA_F_TENTATIVE))
			return true;
	}
	return false;
}

static int
add_default(int fd, int family, int index, const void *gateway, size_t len)
{
	struct rtmsg head = {.rtm_family = family,
			     .rtm_table = RT_TABLE_MAIN,
			     .rtm_protocol = RTPROT_BOOT,
			     .rtm_scope = RT_SCOPE_UNIVERSE,
			     .rtm_type = RTN_UNICAST};
	struct nl_buf b = {0};

	nl_begin(&b, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head);
	nl_put(&b, RTA_GATEWAY, gateway, len);
	nl_put_u32(&b, RTA_OIF, index);
	return nl_send(fd, &b);
}

int
link_add_default4(int fd, int index, uint32_t gateway)
{
	uint32_t be = htonl(gateway);

	return add_default(fd, AF_INET, index, &be, sizeof be);
}

int
link_add_default6(int fd, int index, const unsigned char gateway[16])
{
	return add_default(fd, AF_INET6, index, gateway, 16);
}
