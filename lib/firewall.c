#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "firewall.h"
#include "firewall_rules.h"
#include "step.h"

struct nft_table
firewall_table(int fd)
{
	return (struct nft_table){.fd = fd, .name = strchr(FIREWALL_TABLE, ' ') + 1};
}

bool
firewall_complete(int fd)
{
	struct nft_table t = firewall_table(fd);
	struct nl_buf b = {0}, dump = {0};
	int missing = 0;

	for (const struct firewall_rule *r = firewall_rules; r->chain; r++)
		missing++;
	nft_request(&b, NFT_MSG_GETRULE, FAMILY_INET);
	nl_put_str(&b, NFTA_RULE_TABLE, t.name);
	if (nl_dump(fd, &b, &dump) < 0)
		return false;
	for (const struct nlmsghdr *m = nl_first(&dump); m; m = nl_next(&dump, m))
		missing--;
	return missing <= 0;
}

bool
firewall_exists(int fd)
{
	struct nft_table t = firewall_table(fd);
	struct nl_buf b = {0};

	nft_request(&b, NFT_MSG_GETTABLE, FAMILY_INET);
	nl_put_str(&b, NFTA_TABLE_NAME, t.name);
	return nl_send(fd, &b) == 0;
}

const char *
firewall_script(void)
{
	char *out = text("add table %s\nflush table %s\ntable %s {\n", FIREWALL_TABLE,
			 FIREWALL_TABLE, FIREWALL_TABLE);

	for (const struct nft_set *s = firewall_sets; s->name; s++)
		out = text("%s\t%s %s { type %s;%s }\n", out, s->data ? "map" : "set", s->name,
			   s->text, s->interval ? " flags interval;" : "");
	for (const struct firewall_chain *c = firewall_chains; c->name; c++) {
		out = text("%s\tchain %s {\n", out, c->name);
		if (c->type)
			out = text("%s\t\ttype %s hook %s priority %d; policy accept;\n", out,
				   c->type, c->hook_name, c->priority);
		for (const struct firewall_rule *r = firewall_rules; r->chain; r++)
			if (strcmp(r->chain, c->name) == 0)
				out = text("%s\t\t%s\n", out, r->text);
		out = text("%s\t}\n", out);
	}
	return text("%s}", out);
}

int
firewall_create(int fd)
{
	struct nft_table t = firewall_table(fd);

	nft_batch(&t);
	nft_add_table(&t);
	for (const struct nft_set *s = firewall_sets; s->name; s++)
		nft_add_set(&t, s);
	for (const struct firewall_chain *c = firewall_chains; c->name; c++)
		nft_add_chain(&t, c->name, c->type, c->hook, c->priority);
	/* Where only the rules were flushed the old ones that are left would double. */
	nft_flush(&t);
	for (const struct firewall_rule *r = firewall_rules; r->chain; r++) {
		nft_rule(&t, r->chain);
		if (r->build)
			r->build(&t);
		else
			r->build_for(&t, r->family);
		nft_rule_end(&t);
	}
	return nft_commit(&t);
}

int
firewall_delete(int fd)
{
	struct nft_table t = firewall_table(fd);

	nft_batch(&t);
	nft_del_table(&t);
	return nft_commit(&t);
}
