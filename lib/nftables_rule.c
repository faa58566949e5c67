#include "nftables.h"

void
nft_rule(struct nft_table *t, const char *chain)
{
	nft_begin(t, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
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
	nl_put_be32(&t->batch, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
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
	nft_put_value(&t->batch, NFTA_BITWISE_MASK, &mask, sizeof mask);
	nft_put_value(&t->batch, NFTA_BITWISE_XOR, &zero, sizeof zero);
	expression_end(t, e);
}

void
nft_cmp(struct nft_table *t, enum nft_cmp_ops op, int reg, const void *data, size_t len)
{
	size_t e = expression(t, "cmp");

	nl_put_be32(&t->batch, NFTA_CMP_SREG, reg);
	nl_put_be32(&t->batch, NFTA_CMP_OP, op);
	nft_put_value(&t->batch, NFTA_CMP_DATA, data, len);
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
