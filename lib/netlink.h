/* netlink: messages to the kernel's network configuration, built by hand.
 *
 * A message is a struct nlmsghdr, a fixed header of its family (struct ifinfomsg,
 * struct nfgenmsg ...), then attributes: a length, a type, a payload, padded to four
 * bytes; a nest is an attribute whose payload is attributes.  Several messages may
 * stand behind one another in one buffer.  netlink(7), rtnetlink(7). */
#ifndef LONGSHORE_NETLINK_H
#define LONGSHORE_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialise; grows as needed, is never freed (exit is the free). */
struct nl_buf {
	char *data;
	size_t len;
	size_t cap;
	size_t msg; /* where the message under construction starts */
};

/* Open a netlink socket (NETLINK_ROUTE, NETLINK_NETFILTER).  It speaks to the network
 * namespace in which it was opened, for ever: setns(2) does not move it.
 * Close-on-exec; -1 and errno on failure. */
int nl_open(int protocol);

/* Start a message; head is the family's fixed header.  NLM_F_REQUEST is implied. */
void nl_begin(struct nl_buf *b, uint16_t type, uint16_t flags, const void *head,
	      size_t head_len);

/* Add one attribute to the message.  The be forms write network byte order, which
 * nfnetlink wants; rtnetlink takes the host's. */
void nl_put(struct nl_buf *b, uint16_t type, const void *data, size_t len);
void nl_put_str(struct nl_buf *b, uint16_t type, const char *s);
void nl_put_u8(struct nl_buf *b, uint16_t type, uint8_t v);
void nl_put_u32(struct nl_buf *b, uint16_t type, uint32_t v);
void nl_put_be32(struct nl_buf *b, uint16_t type, uint32_t v);

/* Append bytes without an attribute around them: veth's peer nest starts with a header. */
void nl_raw(struct nl_buf *b, const void *data, size_t len);

/* Room for n more bytes, which the caller fills. */
void *nl_append(struct nl_buf *b, size_t n);

/* Open a nest, and close the one that nl_nest() returned. */
size_t nl_nest(struct nl_buf *b, uint16_t type);
void nl_nest_end(struct nl_buf *b, size_t nest);

/* Send all messages of b and wait for the answer.  0, or -1 with the errno of the first
 * message that the kernel refused (nl_why() may say more).  Empties b.
 * nl_answer(): also keep the first message that is no acknowledgement, in *answer. */
int nl_send(int fd, struct nl_buf *b);
int nl_answer(int fd, struct nl_buf *b, struct nl_buf *answer);

/* Send one dump request and gather the whole answer in *out.  A dump that the kernel
 * marks as inconsistent (NLM_F_DUMP_INTR: the list changed under it, entries may be
 * missing or twice) is repeated.  0, or -1 with errno.  Empties b. */
int nl_dump(int fd, struct nl_buf *b, struct nl_buf *out);

/* The kernel's own words on the last refusal (extended acknowledgement), or "". */
const char *nl_why(void);

/* Walk the messages of a dump: for (m = nl_first(&out); m; m = nl_next(&out, m)). */
const struct nlmsghdr *nl_first(const struct nl_buf *b);
const struct nlmsghdr *nl_next(const struct nl_buf *b, const struct nlmsghdr *m);

/* Index the attributes behind a fixed header of head_len bytes, or inside a nest, by
 * type; types above max are skipped.  tb has max + 1 entries; absent ones are NULL. */
void nl_index(const struct nlmsghdr *m, size_t head_len, const struct nlattr **tb, int max);
void nl_index_nest(const struct nlattr *nest, const struct nlattr **tb, int max);

/* Walk the attributes inside a nest: the first for NULL, else the one behind a. */
const struct nlattr *nl_inner(const struct nlattr *nest, const struct nlattr *a);

/* Payload of an attribute; a string is "" and a number 0 where a is NULL or short. */
const void *nl_data(const struct nlattr *a);
size_t nl_len(const struct nlattr *a);
const char *nl_str(const struct nlattr *a);
uint32_t nl_u32(const struct nlattr *a);
uint32_t nl_be32(const struct nlattr *a);

#endif
