#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "die.h"
#include "netlink.h"

enum {
	RECV_SIZE = 32768, /* the kernel fills dumps up to this; larger is never used */
	DUMP_TRIES = 100,
};

static uint32_t sequence;
static char why[256];

/* One datagram; static, so that only pages which the kernel fills are ever touched. */
static char in[RECV_SIZE];

int
nl_open(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int on = 1, size = 4 << 20;

	if (fd < 0)
		return -1;
	/* NETLINK_EXT_ACK: errors come with a sentence.  NETLINK_CAP_ACK: and without
	 * the message that caused them.  A kernel without either still answers. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
	/* Filters in the request (one interface's addresses, one table's routes) work
	 * only with this; a kernel before 4.20 sends everything, so callers look again. */
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
	/* A batch goes out in one piece or fails with EMSGSIZE, so allow large ones;
	 * FORCE needs CAP_NET_ADMIN, which is just what our callers have. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	return fd;
}

/* Room for n more bytes, which the caller fills. */
static void *
append(struct nl_buf *b, size_t n)
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
	return memset(append(b, n), 0, n);
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

const char *
nl_why(void)
{
	return why;
}

/* Keep the sentence of an extended acknowledgement: it stands behind the error number
 * and the echoed header (the rest is cut off by NETLINK_CAP_ACK). */
static void
keep_why(const struct nlmsghdr *m)
{
	const struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];

	if (!(m->nlmsg_flags & NLM_F_ACK_TLVS) || !(m->nlmsg_flags & NLM_F_CAPPED))
		return;
	nl_index(m, sizeof(struct nlmsgerr), tb, NLMSGERR_ATTR_MAX);
	strncpy(why, nl_str(tb[NLMSGERR_ATTR_MSG]), sizeof why - 1);
}

static ssize_t
receive(int fd, void *buf, size_t size, int flags)
{
	ssize_t n;

	do
		n = recv(fd, buf, size, flags);
	while (n < 0 && errno == EINTR);
	return n;
}

int
nl_answer(int fd, struct nl_buf *b, struct nl_buf *answer)
{
	ssize_t n;
	int error = 0;

	why[0] = '\0';
	n = send(fd, b->data, b->len, 0);
	b->len = b->msg = 0;
	if (n < 0)
		return -1;
	/* The kernel works inside send(2): every answer is in the queue by now, so an
	 * empty queue means that all is said.  (It acknowledges what asks for it, and
	 * reports each message that fails.) */
	while ((n = receive(fd, in, sizeof in, MSG_DONTWAIT)) > 0) {
		struct nl_buf view = {.data = in, .len = n};

		for (const struct nlmsghdr *m = nl_first(&view); m; m = nl_next(&view, m)) {
			const struct nlmsgerr *e = NLMSG_DATA(m);

			if (m->nlmsg_type != NLMSG_ERROR) {
				if (answer && answer->len == 0)
					memcpy(append(answer, m->nlmsg_len), m,
					       m->nlmsg_len);
			} else if (e->error && !error) {
				error = -e->error;
				keep_why(m);
			}
		}
	}
	if (n < 0 && errno != EAGAIN && !error)
		error = errno;
	errno = error;
	return error ? -1 : 0;
}

int
nl_send(int fd, struct nl_buf *b)
{
	return nl_answer(fd, b, NULL);
}

/* Receive one dump.  0, or -1 with errno; EAGAIN: it was inconsistent. */
static int
dump_once(int fd, struct nl_buf *out)
{
	bool torn = false;

	for (;;) {
		ssize_t n = receive(fd, in, sizeof in, 0);
		struct nl_buf view = {.data = in, .len = n > 0 ? n : 0};

		if (n < 0)
			return -1;
		for (const struct nlmsghdr *m = nl_first(&view); m; m = nl_next(&view, m)) {
			torn |= m->nlmsg_flags & NLM_F_DUMP_INTR;
			if (m->nlmsg_type == NLMSG_DONE) {
				errno = EAGAIN;
				return torn ? -1 : 0;
			}
			if (m->nlmsg_type == NLMSG_ERROR) {
				errno = -((const struct nlmsgerr *)NLMSG_DATA(m))->error;
				return errno ? -1 : 0;
			}
			/* nl_next() counts padding in, which the last one may lack. */
			memcpy(append(out, NLMSG_ALIGN(m->nlmsg_len)), m, m->nlmsg_len);
		}
	}
}

int
nl_dump(int fd, struct nl_buf *b, struct nl_buf *out)
{
	size_t len = b->len;
	int r = -1;

	current(b)->nlmsg_flags |= NLM_F_DUMP;
	b->len = b->msg = 0;
	for (int i = 0; i < DUMP_TRIES; i++) {
		out->len = out->msg = 0;
		if (send(fd, b->data, len, 0) < 0)
			return -1;
		r = dump_once(fd, out);
		if (r == 0 || errno != EAGAIN)
			break;
	}
	return r;
}

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
