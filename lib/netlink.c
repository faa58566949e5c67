#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

enum {
	RECV_SIZE = 32768, /* the kernel fills dumps up to this; larger is never used */
	DUMP_TRIES = 100,
};

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
					memcpy(nl_append(answer, m->nlmsg_len), m,
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
			memcpy(nl_append(out, NLMSG_ALIGN(m->nlmsg_len)), m, m->nlmsg_len);
		}
	}
}

int
nl_dump(int fd, struct nl_buf *b, struct nl_buf *out)
{
	size_t len = b->len;
	int r = -1;

	((struct nlmsghdr *)(void *)(b->data + b->msg))->nlmsg_flags |= NLM_F_DUMP;
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
