/* nftables: the wire form of tables, sets, chains and rules; Documentation of nft(8) for
 * the language, <linux/netfilter/nf_tables.h> for the numbers.
 *
 * All that stands between nft_batch() and nft_commit() happens at once or not at all.
 * A rule is a list of expressions that load into and compare registers: the classic
 * "ip daddr 127.0.0.1 drop" is payload (4 bytes at 16 of the network header into
 * register 1), cmp (register 1, 4 bytes), immediate (verdict drop).  "nft
 * --debug=netlink" prints the same for any rule. */
#ifndef LONGSHORE_NFTABLES_H
#define LONGSHORE_NFTABLES_H

#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink.h"

/* From <linux/netfilter.h>, which cannot be included beside musl's <netinet/in.h>. */
enum nft_hook {
	HOOK_PREROUTING = 0,
	HOOK_FORWARD = 2,
	HOOK_OUTPUT = 3,
	HOOK_POSTROUTING = 4,
};
enum nft_verdict {
	VERDICT_DROP = 0,
	VERDICT_ACCEPT = 1,
};
enum nft_family {
	FAMILY_INET = 1,
	FAMILY_IPV4 = 2,
	FAMILY_IPV6 = 10,
};

/* nft(8)'s numbers of data types; a concatenation has six bits for each. */
enum nft_type {
	TYPE_IPV4 = 7,
	TYPE_IPV6 = 8,
	TYPE_PROTO = 12,
	TYPE_PORT = 13,
	TYPE_IFNAME = 41,
};

/* A set or map: how it is written, and what its keys consist of. */
struct nft_set {
	const char *name;
	const char *text;  /* the types in nft(8)'s words */
	uint32_t key;      /* enum nft_type, concatenated */
	uint8_t part[4];   /* length of each part of the key, rounded up to 4 bytes */
	uint32_t data;     /* of a map's values; 0: a set */
	uint32_t data_len;
	bool interval;     /* elements are ranges */
};

struct nft_table {
	int fd; /* a NETLINK_NETFILTER socket */
	const char *name;
	struct nl_buf batch;
	size_t rule; /* nests that are open while a rule is being written */
	size_t list;
};

/* Begin a batch, and send it: 0, or -1 with errno. */
void nft_batch(struct nft_table *t);
int nft_commit(struct nft_table *t);

/* Start a message of the batch; a value in its nest.  What the others are made of. */
void nft_begin(struct nft_table *t, int message, uint16_t flags);
void nft_put_value(struct nl_buf *b, uint16_t type, const void *data, size_t len);

/* Whole objects.  Adding what is there already changes nothing, but for rules. */
void nft_add_table(struct nft_table *t);
void nft_del_table(struct nft_table *t);
void nft_flush(struct nft_table *t); /* all rules of all chains; sets stay */

/* A set, or with a data type a map. */
void nft_add_set(struct nft_table *t, const struct nft_set *set);

/* An element: key, with data and comment where those are not NULL.  An element of a set
 * may be there already; of a map, whose value it would have to change, it may not. */
void nft_add_element(struct nft_table *t, const char *set, const void *key, size_t key_len,
		     const void *data, size_t data_len, const char *comment);
void nft_del_element(struct nft_table *t, const char *set, const void *key, size_t key_len);

/* The same for all keys from first to last, part by part, in a set with intervals. */
void nft_add_range(struct nft_table *t, const char *set, const void *first, const void *last,
		   size_t len);
void nft_del_range(struct nft_table *t, const char *set, const void *first, const void *last,
		   size_t len);

/* type NULL: no hook, a chain to jump to. */
void nft_add_chain(struct nft_table *t, const char *name, const char *type, int hook,
		   int priority);

/* A rule at the chain's end, expression by expression between begin and end. */
void nft_rule(struct nft_table *t, const char *chain);
void nft_rule_end(struct nft_table *t);

void nft_meta(struct nft_table *t, enum nft_meta_keys key, int reg);
void nft_ct(struct nft_table *t, enum nft_ct_keys key, int reg);
void nft_payload(struct nft_table *t, enum nft_payload_bases base, int offset, int len, int reg);
void nft_fib_daddr_type(struct nft_table *t, int reg);
void nft_mask(struct nft_table *t, int reg, uint32_t mask); /* host byte order */
void nft_cmp(struct nft_table *t, enum nft_cmp_ops op, int reg, const void *data, size_t len);

/* dreg 0: a test of membership; else the map's value is loaded there. */
void nft_lookup(struct nft_table *t, const char *set, int reg, int dreg, bool invert);
void nft_verdict(struct nft_table *t, int verdict, const char *chain);
void nft_dnat(struct nft_table *t, enum nft_family family, int addr_reg, int port_reg);
void nft_masquerade(struct nft_table *t);

/* Start a request outside of a batch, about our table where table is not NULL (a dump
 * of its rules or elements); message is an NFT_MSG_ number. */
void nft_request(struct nl_buf *b, int message, int family);

#endif
