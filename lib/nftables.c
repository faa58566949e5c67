#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "nftables.h"

enum {
	FIB_RESULT_TYPE = NFT_FIB_RESULT_ADDRTYPE,
	COMMENT_TYPE = 0, /* user data of an element: type, length, text; libnftnl's */
};

void
nft_request(struct nl_buf *b, int message, int family)
{
	struct nfgenmsg head = {.nfgen_family = family, .version = NFNETLINK_V0};

	nl_begin(b, NFNL_SUBSYS_NFTABLES << 8 | message, 0, &head, sizeof head);
}

static void
begin(struct nft_table *t, int message, uint16_t flags)
{
	struct nfgenmsg head = {.nfgen_family = FAMILY_INET, .version = NFNETLINK_V0};

	nl_begin(&t->batch, NFNL_SUBSYS_NFTABLES << 8 | message, flags, &head, sizeof head);
}

static void
mark(struct nft_table *t, uint16_t type)
{
	struct nfgenmsg head = {.version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)};

	nl_begin(&t->batch, type, 0, &head, sizeof head);
}

void
nft_batch(struct nft_table *t)
{
	t->batch.len = t->batch.msg = 0;
	mark(t, NFNL_MSG_BATCH_BEGIN);
}

int
nft_commit(struct nft_table *t)
{
	mark(t, NFNL_MSG_BATCH_END);
	return nl_send(t->fd, &t->batch);
}

void
nft_add_table(struct nft_table *t)
{
	begin(t, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	nl_put_str(&t->batch, NFTA_TABLE_NAME, t->name);
}

void
nft_del_table(struct nft_table *t)
{
	begin(t, NFT_MSG_DELTABLE, 0);
	nl_put_str(&t->batch, NFTA_TABLE_NAME, t->name);
}

void
nft_flush(struct nft_table *t)
{
	begin(t, NFT_MSG_DELRULE, 0);
	nl_put_str(&t->batch, NFTA_RULE_TABLE, t->name);
}

void
nft_add_set(struct nft_table *t, const char *name, uint32_t type, uint32_t len,
	    uint32_t data_type, uint32_t data_len, const void *about, size_t about_len)
{
	static uint32_t id;

	begin(t, NFT_MSG_NEWSET, NLM_F_CREATE);
	nl_put_str(&t->batch, NFTA_SET_TABLE, t->name);
	nl_put_str(&t->batch, NFTA_SET_NAME, name);
	nl_put_be32(&t->batch, NFTA_SET_FLAGS, data_len ? NFT_SET_MAP : 0);
	nl_put_be32(&t->batch, NFTA_SET_KEY_TYPE, type);
	nl_put_be32(&t->batch, NFTA_SET_KEY_LEN, len);
	if (data_len > 0) {
		nl_put_be32(&t->batch, NFTA_SET_DATA_TYPE, data_type);
		nl_put_be32(&t->batch, NFTA_SET_DATA_LEN, data_len);
	}
	nl_put_be32(&t->batch, NFTA_SET_ID, ++id);
	nl_put(&t->batch, NFTA_SET_USERDATA, about, about_len);
}

static void
put_value(struct nl_buf *b, uint16_t type, const void *data, size_t len)
{
	size_t nest = nl_nest(b, type);

	nl_put(b, NFTA_DATA_VALUE, data, len);
	nl_nest_end(b, nest);
}

static void
put_element(struct nft_table *t, const char *set, const void *key, size_t key_len,
	    const void *data, size_t data_len, const char *comment)
{
	size_t elements, element;

	nl_put_str(&t->batch, NFTA_SET_ELEM_LIST_TABLE, t->name);
	nl_put_str(&t->batch, NFTA_SET_ELEM_LIST_SET, set);
	elements = nl_nest(&t->batch, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = nl_nest(&t->batch, NFTA_LIST_ELEM);
	put_value(&t->batch, NFTA_SET_ELEM_KEY, key, key_len);
	if (data)
		put_value(&t->batch, NFTA_SET_ELEM_DATA, data, data_len);
	if (comment) {
		unsigned char user[256] = {COMMENT_TYPE, strlen(comment) + 1};

		memcpy(user + 2, comment, user[1]);
		nl_put(&t->batch, NFTA_SET_ELEM_USERDATA, user, 2 + user[1]);
	}
	nl_nest_end(&t->batch, element);
	nl_nest_end(&t->batch, elements);
}

void
nft_add_element(struct nft_table *t, const char *set, const void *key, size_t key_len,
		const void *data, size_t data_len, const char *comment)
{
	begin(t, NFT_MSG_NEWSETELEM, NLM_F_CREATE | (data ? NLM_F_EXCL : 0));
	put_element(t, set, key, key_len, data, data_len, comment);
}

void
nft_del_element(struct nft_table *t, const char *set, const void *key, size_t key_len)
{
	begin(t, NFT_MSG_DELSETELEM, 0);
	put_element(t, set, key, key_len, NULL, 0, NULL);
}

void
nft_add_chain(struct nft_table *t, const char *name, const char *type, int hook, int priority)
{
	size_t nest;

	begin(t, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	nl_put_str(&t->batch, NFTA_CHAIN_TABLE, t->name);
	nl_put_str(&t->batch, NFTA_CHAIN_NAME, name);
	if (!type)
		return;
	nest = nl_nest(&t->batch, NFTA_CHAIN_HOOK);
	nl_put_be32(&t->batch, NFTA_HOOK_HOOKNUM, hook);
	nl_put_be32(&t->batch, NFTA_HOOK_PRIORITY, priority);
	nl_nest_end(&t->batch, nest);
	nl_put_be32(&t->batch, NFTA_CHAIN_POLICY, VERDICT_ACCEPT);
	nl_put_str(&t->batch, NFTA_CHAIN_TYPE, type);
}

void
nft_rule(struct nft_table *t, const char *chain)
{
	begin(t, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	nl_put_str(&t->batch, NFTA_RULE_TABLE, t->name);
	nl_put_str(&t->batch, NFTA_RULE_CHAIN, chain);
	t->rule = nl_nest(&t->batch, NFTA_RULE_EXPRESSIONS);
}

void
nft_rule_end(struct nft_table *t)
{
	nl_nest_end(&t->batch, t->rule);
}

/* Open one expression; the nest to close is returned, t->list closes with it. */
static size_t
expression(struct nft_table *t, const char *name)
{
	t->list = nl_nest(&t->batch, NFTA_LIST_ELEM);
	nl_put_str(&t->batch, NFTA_EXPR_NAME, name);
	return nl_nest(&t->batch, NFTA_EXPR_DATA);
}

static void
expression_end(struct nft_table *t, size_t data)
{
	nl_nest_end(&t->batch, data);
	nl_nest_end(&t->batch, t->list);
}

void
nft_meta(struct nft_table *t, enum nft_meta_keys key, int reg)
{
	size_t e = expression(t, "meta");

	nl_put_be32(&t->batch, NFTA_META_KEY, key);
	nl_put_be32(&t->batch, NFTA_META_DREG, reg);
	expression_end(t, e);
}

void
nft_ct(struct nft_table *t, enum nft_ct_keys key, int reg)
{
	size_t e = expression(t, "ct");

	nl_put_be32(&t->batch, NFTA_CT_KEY, key);
	nl_put_be32(&t->batch, NFTA_CT_DREG, reg);
	expression_end(t, e);
}

void
nft_payload(struct nft_table *t, enum nft_payload_bases base, int offset, int len, int reg)
{
	size_t e = expression(t, "payload");

	nl_put_be32(&t->batch, NFTA_PAYLOAD_DREG, reg);
	nl_put_be32(&t->batch, NFTA_PAYLOAD_BASE, base);
	nl_put_be32(&t->batch, NFTA_PAYLOAD_OFFSET, offset);
	nl_put_be32(&t->batch, NFTA_PAYLOAD_LEN, len);
	expression_end(t, e);
}

void
nft_fib_daddr_type(struct nft_table *t, int reg)
{
	size_t e = expression(t, "fib");

	nl_put_be32(&t->batch, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	nl_put_be32(&t->batch, NFTA_FIB_RESULT, FIB_RESULT_TYPE);
	nl_put_be32(&t->batch, NFTA_FIB_DREG, reg);
	expression_end(t, e);
}

void
nft_mask(struct nft_table *t, int reg, uint32_t mask)
{
	size_t e = expression(t, "bitwise");
	uint32_t zero = 0;

	nl_put_be32(&t->batch, NFTA_BITWISE_SREG, reg);
	nl_put_be32(&t->batch, NFTA_BITWISE_DREG, reg);
	nl_put_be32(&t->batch, NFTA_BITWISE_LEN, sizeof mask);
	put_value(&t->batch, NFTA_BITWISE_MASK, &mask, sizeof mask);
	put_value(&t->batch, NFTA_BITWISE_XOR, &zero, sizeof zero);
	expression_end(t, e);
}

void
nft_cmp(struct nft_table *t, enum nft_cmp_ops op, int reg, const void *data, size_t len)
{
	size_t e = expression(t, "cmp");

	nl_put_be32(&t->batch, NFTA_CMP_SREG, reg);
	nl_put_be32(&t->batch, NFTA_CMP_OP, op);
	put_value(&t->batch, NFTA_CMP_DATA, data, len);
	expression_end(t, e);
}

void
nft_lookup(struct nft_table *t, const char *set, int reg, int dreg, bool invert)
{
	size_t e = expression(t, "lookup");

	nl_put_str(&t->batch, NFTA_LOOKUP_SET, set);
	nl_put_be32(&t->batch, NFTA_LOOKUP_SREG, reg);
	if (dreg)
		nl_put_be32(&t->batch, NFTA_LOOKUP_DREG, dreg);
	if (invert)
		nl_put_be32(&t->batch, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	expression_end(t, e);
}

void
nft_verdict(struct nft_table *t, int verdict, const char *chain)
{
	size_t e = expression(t, "immediate"), data, inner;

	nl_put_be32(&t->batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nl_nest(&t->batch, NFTA_IMMEDIATE_DATA);
	inner = nl_nest(&t->batch, NFTA_DATA_VERDICT);
	nl_put_be32(&t->batch, NFTA_VERDICT_CODE, verdict);
	if (chain)
		nl_put_str(&t->batch, NFTA_VERDICT_CHAIN, chain);
	nl_nest_end(&t->batch, inner);
	nl_nest_end(&t->batch, data);
	expression_end(t, e);
}

void
nft_dnat(struct nft_table *t, enum nft_family family, int addr_reg, int port_reg)
{
	size_t e = expression(t, "nat");

	nl_put_be32(&t->batch, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	nl_put_be32(&t->batch, NFTA_NAT_FAMILY, family);
	nl_put_be32(&t->batch, NFTA_NAT_REG_ADDR_MIN, addr_reg);
	nl_put_be32(&t->batch, NFTA_NAT_REG_PROTO_MIN, port_reg);
	expression_end(t, e);
}

void
nft_masquerade(struct nft_table *t)
{
	expression_end(t, expression(t, "masq"));
}
