#include <string.h>

#include "netlink.h"

static const struct nlmsghdr *
message_at(const struct nl_buf *b, size_t at)
{
	const struct nlmsghdr *m = (const void *)(b->data + at);

	if (at > b->len || b->len - at < sizeof *m)
		return NULL;
	return m->nlmsg_len < sizeof *m || m->nlmsg_len > b->len - at ? NULL : m;
}

const struct nlmsghdr *
nl_first(const struct nl_buf *b)
{
	return message_at(b, 0);
}

const struct nlmsghdr *
nl_next(const struct nl_buf *b, const struct nlmsghdr *m)
{
	return message_at(b, (const char *)m - b->data + NLMSG_ALIGN(m->nlmsg_len));
}

static void
index_bytes(const char *p, size_t len, const struct nlattr **tb, int max)
{
	memset(tb, 0, (max + 1) * sizeof *tb);
	while (len >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)p;
		size_t step = NLA_ALIGN(a->nla_len);
		int type = a->nla_type & NLA_TYPE_MASK;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > len)
			return;
		if (type <= max)
			tb[type] = a;
		if (step >= len)
			return;
		p += step;
		len -= step;
	}
}

void
nl_index(const struct nlmsghdr *m, size_t head_len, const struct nlattr **tb, int max)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(head_len);

	index_bytes((const char *)m + skip, m->nlmsg_len > skip ? m->nlmsg_len - skip : 0, tb,
		    max);
}

void
nl_index_nest(const struct nlattr *nest, const struct nlattr **tb, int max)
{
	index_bytes(nl_data(nest), nl_len(nest), tb, max);
}

const struct nlattr *
nl_inner(const struct nlattr *nest, const struct nlattr *a)
{
	const char *end = (const char *)nl_data(nest) + nl_len(nest);
	const char *p = a ? (const char *)a + NLA_ALIGN(a->nla_len) : nl_data(nest);

	if (!nest || end - p < NLA_HDRLEN)
		return NULL;
	a = (const void *)p;
	return a->nla_len < NLA_HDRLEN || a->nla_len > end - p ? NULL : a;
}

const void *
nl_data(const struct nlattr *a)
{
	return a ? (const char *)a + NLA_HDRLEN : NULL;
}

size_t
nl_len(const struct nlattr *a)
{
	return a ? a->nla_len - NLA_HDRLEN : 0;
}

const char *
nl_str(const struct nlattr *a)
{
	const char *s = nl_data(a);

	return s && memchr(s, '\0', nl_len(a)) ? s : "";
}

uint32_t
nl_u32(const struct nlattr *a)
{
	uint32_t v = 0;

	if (nl_len(a) >= sizeof v)
		memcpy(&v, nl_data(a), sizeof v);
	return v;
}

uint32_t
nl_be32(const struct nlattr *a)
{
	const unsigned char *p = nl_data(a);

	if (nl_len(a) < 4)
		return 0;
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}
