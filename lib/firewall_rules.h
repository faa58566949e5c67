/* firewall_rules: what our table consists of, each rule as nft(8) writes it beside the
 * code that builds the same (nftables.h).  Pure. */
#ifndef LONGSHORE_FIREWALL_RULES_H
#define LONGSHORE_FIREWALL_RULES_H

#include "nftables.h"

struct firewall_chain {
	const char *name;
	const char *type; /* NULL: a chain that others jump to */
	const char *hook_name;
	int hook;
	int priority;
};

struct firewall_rule {
	const char *chain;
	const char *text;
	void (*build)(struct nft_table *t);
	/* Instead, where there is one rule for each family. */
	void (*build_for)(struct nft_table *t, enum nft_family family);
	enum nft_family family;
};

/* Each ends with an entry of zeros. */
extern const struct nft_set firewall_sets[];
extern const struct firewall_chain firewall_chains[];
extern const struct firewall_rule firewall_rules[];

#endif
