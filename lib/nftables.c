#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "nftables.h"

enum {
	COMMENT_TYPE = 0, /* user data of an element: type, length, text; libnftnl's */
};

void
nft_request(struct nl_buf *b, int message, int family)
{
	struct nfgenmsg head = {.nfgen_family = family, .version = NFNETLINK_V0};

	nl_begin(b, NFNL_SUBSYS_NFTABLES << 8 | message, 0, &head, sizeof head);
}

void
nft_begin(struct nft_table *t, int message, uint16_t flags)
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
	nft_begin(t, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	nl_put_str(&t->batch, NFTA_TABLE_NAME, t->name);
}

void
nft_del_table(struct nft_table *t)
{
	nft_begin(t, NFT_MSG_DELTABLE, 0);
	nl_put_str(&t->batch, NFTA_TABLE_NAME, t->name);
}

void
nft_flush(struct nft_table *t)
{
	nft_begin(t, NFT_MSG_DELRULE, 0);
	nl_put_str(&t->batch, NFTA_RULE_TABLE, t->name);
}

/* Ranges of concatenations: the kernel wants to know where each part ends. */
static void
put_parts(struct nl_buf *b, const struct nft_set *set)
{
	size_t about = nl_nest(b, NFTA_SET_DESC), concat = nl_nest(b, NFTA_SET_DESC_CONCAT);

	for (size_t i = 0; i < sizeof set->part && set->part[i]; i++) {
		size_t part = nl_nest(b, NFTA_LIST_ELEM);

		nl_put_be32(b, NFTA_SET_FIELD_LEN, set->part[i]);
		nl_nest_end(b, part);
	}
	nl_nest_end(b, concat);
	nl_nest_end(b, about);
}

void
nft_add_set(struct nft_table *t, const struct nft_set *set)
{
	/* libnftnl's user data, byte order of keys: 1, the host's, makes nft(8) print
	 * interface names as such. */
	unsigned char order[] = {0, 4, set->key == TYPE_IFNAME, 0, 0, 0};
	uint32_t flags = 0, len = 0;
	static uint32_t id;

	for (size_t i = 0; i < sizeof set->part; i++)
		len += set->part[i];
	if (set->data)
		flags |= NFT_SET_MAP;
	if (set->interval)
		flags |= NFT_SET_INTERVAL | NFT_SET_CONCAT;
	nft_begin(t, NFT_MSG_NEWSET, NLM_F_CREATE);
	nl_put_str(&t->batch, NFTA_SET_TABLE, t->name);
	nl_put_str(&t->batch, NFTA_SET_NAME, set->name);
	nl_put_be32(&t->batch, NFTA_SET_FLAGS, flags);
	nl_put_be32(&t->batch, NFTA_SET_KEY_TYPE, set->key);
	nl_put_be32(&t->batch, NFTA_SET_KEY_LEN, len);
	if (set->data) {
		nl_put_be32(&t->batch, NFTA_SET_DATA_TYPE, set->data);
		nl_put_be32(&t->batch, NFTA_SET_DATA_LEN, set->data_len);
	}
	nl_put_be32(&t->batch, NFTA_SET_ID, ++id);
	if (set->interval)
		put_parts(&t->batch, set);
	nl_put(&t->batch, NFTA_SET_USERDATA, order, sizeof order);
}

void
nft_put_value(struct nl_buf *b, uint16_t type, const void *data, size_t len)
{
	size_t nest = nl_nest(b, type);

	nl_put(b, NFTA_DATA_VALUE, data, len);
	nl_nest_end(b, nest);
}

static void
put_element(struct nft_table *t, const char *set, const void *key, const void *last,
	    size_t key_len, const void *data, size_t data_len, const char *comment)
{
	size_t elements, element;

	nl_put_str(&t->batch, NFTA_SET_ELEM_LIST_TABLE, t->name);
	nl_put_str(&t->batch, NFTA_SET_ELEM_LIST_SET, set);
	elements = nl_nest(&t->batch, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = nl_nest(&t->batch, NFTA_LIST_ELEM);
	nft_put_value(&t->batch, NFTA_SET_ELEM_KEY, key, key_len);
	if (last)
		nft_put_value(&t->batch, NFTA_SET_ELEM_KEY_END, last, key_len);
	if (data)
		nft_put_value(&t->batch, NFTA_SET_ELEM_DATA, data, data_len);
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
	nft_begin(t, NFT_MSG_NEWSETELEM, NLM_F_CREATE | (data ? NLM_F_EXCL : 0));
	put_element(t, set, key, NULL, key_len, data, data_len, comment);
}

void
nft_del_element(struct nft_table *t, const char *set, const void *key, size_t key_len)
{
	nft_begin(t, NFT_MSG_DELSETELEM, 0);
	put_element(t, set, key, NULL, key_len, NULL, 0, NULL);
}

void
nft_add_range(struct nft_table *t, const char *set, const void *first, const void *last,
	      size_t len)
{
	nft_begin(t, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	put_element(t, set, first, last, len, NULL, 0, NULL);
}

void
nft_del_range(struct nft_table *t, const char *set, const void *first, const void *last,
	      size_t len)
{
	nft_begin(t, NFT_MSG_DELSETELEM, 0);
	put_element(t, set, first, last, len, NULL, 0, NULL);
}

void
nft_add_chain(struct nft_table *t, const char *name, const char *type, int hook, int priority)
{
	size_t nest;

	nft_begin(t, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
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
