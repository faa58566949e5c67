#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "netlink.h"

static uint32_t sequence;

void *
nl_append(struct nl_buf *b, size_t n)
{
	size_t at = b->len;

	if (b->len + n > b->cap) {
		b->cap = 2 * (b->len + n) + 512;
		b->data = realloc(b->data, b->cap);
		if (!b->data)
			die("out of memory");
	}
	b->len += n;
	return b->data + at;
}

/* The same, zeroed: padding must not tell the kernel what was there before. */
static void *
reserve(struct nl_buf *b, size_t n)
{
	return memset(nl_append(b, n), 0, n);
}

static struct nlmsghdr *
current(struct nl_buf *b)
{
	return (struct nlmsghdr *)(void *)(b->data + b->msg);
}

void
nl_begin(struct nl_buf *b, uint16_t type, uint16_t flags, const void *head, size_t head_len)
{
	b->msg = b->len;
	reserve(b, NLMSG_HDRLEN + NLMSG_ALIGN(head_len));
	memcpy(b->data + b->msg + NLMSG_HDRLEN, head, head_len);
	*current(b) = (struct nlmsghdr){.nlmsg_len = b->len - b->msg,
					.nlmsg_type = type,
					.nlmsg_flags = flags | NLM_F_REQUEST,
					.nlmsg_seq = ++sequence};
}

void
nl_put(struct nl_buf *b, uint16_t type, const void *data, size_t len)
{
	char *p = reserve(b, NLA_ALIGN(NLA_HDRLEN + len));
	struct nlattr head = {.nla_len = NLA_HDRLEN + len, .nla_type = type};

	memcpy(p, &head, sizeof head);
	if (len > 0)
		memcpy(p + NLA_HDRLEN, data, len);
	current(b)->nlmsg_len = b->len - b->msg;
}

void
nl_put_str(struct nl_buf *b, uint16_t type, const char *s)
{
	nl_put(b, type, s, strlen(s) + 1);
}

void
nl_put_u8(struct nl_buf *b, uint16_t type, uint8_t v)
{
	nl_put(b, type, &v, sizeof v);
}

void
nl_put_u32(struct nl_buf *b, uint16_t type, uint32_t v)
{
	nl_put(b, type, &v, sizeof v);
}

void
nl_put_be32(struct nl_buf *b, uint16_t type, uint32_t v)
{
	unsigned char be[4] = {v >> 24, v >> 16, v >> 8, v};

	nl_put(b, type, be, sizeof be);
}

void
nl_raw(struct nl_buf *b, const void *data, size_t len)
{
	memcpy(reserve(b, NLA_ALIGN(len)), data, len);
	current(b)->nlmsg_len = b->len - b->msg;
}

size_t
nl_nest(struct nl_buf *b, uint16_t type)
{
	size_t nest = b->len;

	nl_put(b, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void
nl_nest_end(struct nl_buf *b, size_t nest)
{
	((struct nlattr *)(void *)(b->data + nest))->nla_len = b->len - nest;
}
