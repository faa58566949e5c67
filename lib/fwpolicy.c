#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "firewall.h"
#include "fwpolicy.h"
#include "io.h"
#include "nftables.h"
#include "step.h"

enum {
	/* <linux/netfilter_ipv4/ip_tables.h>, which drags in headers that musl's clash
	 * with: the two getsockopt(2) questions, and where things lie in the answers. */
	GET_INFO = 64,
	GET_ENTRIES = 65,
	RULE_MIN = 112, /* struct ipt_entry; its target follows at target_offset */
	TARGET_OFFSET = 88,
	TARGET_VERDICT = 32, /* struct xt_entry_target is as long */
	LEGACY_DROP = -1,    /* -NF_DROP - 1 */
};

/* struct ipt_getinfo */
struct legacy_info {
	char table[32];
	uint32_t valid_hooks;
	uint32_t hook_entry[5];
	uint32_t underflow[5]; /* where each chain's policy is */
	uint32_t entries;
	uint32_t size;
};

/* struct ipt_get_entries */
struct legacy_entries {
	char table[32];
	uint32_t size;
	uint64_t rules[];
};

static bool
mentions(const void *rules, size_t len, const char *bridge)
{
	return len > 0 && memmem(rules, len, bridge, strlen(bridge) + 1);
}

/* The rules of one table, as bytes: an interface name to compare with is among them as
 * it is, whatever the expressions around it. */
static bool
table_mentions(int nft, int family, const char *table, const char *bridge)
{
	struct nl_buf b = {0}, dump = {0};

	nft_request(&b, NFT_MSG_GETRULE, family);
	nl_put_str(&b, NFTA_RULE_TABLE, table);
	return nl_dump(nft, &b, &dump) == 0 && mentions(dump.data, dump.len, bridge);
}

static char *
advice(const char *who, const char *bridge, const char *commands)
{
	return text("%s drops forwarded packets by default, those of %s too; allow them: %s", who,
		    bridge, commands);
}

static char *
iptables_commands(const char *iptables, const char *bridge)
{
	return text("%s -I FORWARD -i %s -j ACCEPT; %s -I FORWARD -o %s -j ACCEPT", iptables,
		    bridge, iptables, bridge);
}

/* "nft insert rule ..." on a table that iptables-nft owns would confuse it. */
static char *
nft_advice(int family, const char *table, const char *chain, const char *bridge)
{
	const char *name = family == FAMILY_INET ? "inet" : family == FAMILY_IPV4 ? "ip" : "ip6";
	char *who = text("the nftables chain \"%s %s %s\"", name, table, chain);

	if (family != FAMILY_INET && strcmp(chain, "FORWARD") == 0)
		return advice(who, bridge,
			      iptables_commands(family == FAMILY_IPV4 ? "iptables" : "ip6tables",
						bridge));
	return advice(who, bridge,
		      text("nft insert rule %s %s %s iifname %s accept; "
			   "nft insert rule %s %s %s oifname %s accept",
			   name, table, chain, bridge, name, table, chain, bridge));
}

static char *
nft_hint(int nft, const char *bridge)
{
	struct nl_buf b = {0}, dump = {0};

	nft_request(&b, NFT_MSG_GETCHAIN, 0);
	if (nl_dump(nft, &b, &dump) < 0)
		return NULL;
	for (const struct nlmsghdr *m = nl_first(&dump); m; m = nl_next(&dump, m)) {
		const struct nlattr *tb[NFTA_CHAIN_MAX + 1], *hook[NFTA_HOOK_MAX + 1];
		const struct nfgenmsg *head = NLMSG_DATA(m);
		int family = head->nfgen_family;
		const char *table;

		nl_index(m, sizeof *head, tb, NFTA_CHAIN_MAX);
		nl_index_nest(tb[NFTA_CHAIN_HOOK], hook, NFTA_HOOK_MAX);
		table = nl_str(tb[NFTA_CHAIN_TABLE]);
		if ((family != FAMILY_INET && family != FAMILY_IPV4 && family != FAMILY_IPV6) ||
		    !tb[NFTA_CHAIN_POLICY] || nl_be32(tb[NFTA_CHAIN_POLICY]) != VERDICT_DROP ||
		    nl_be32(hook[NFTA_HOOK_HOOKNUM]) != HOOK_FORWARD ||
		    table_mentions(nft, family, table, bridge))
			continue;
		return nft_advice(family, table, nl_str(tb[NFTA_CHAIN_NAME]), bridge);
	}
	return NULL;
}

/* Is the legacy filter table in use?  Asking for it otherwise would load it. */
static bool
legacy_in_use(const char *names)
{
	char *tables = read_file_at(AT_FDCWD, names);

	return tables && strstr(tables, "filter");
}

/* The legacy tables speak their own language, through socket options; iptables(8). */
static char *
legacy_hint(const char *bridge, int family, int level, const char *iptables)
{
	struct legacy_info info = {.table = "filter"};
	struct legacy_entries *all = NULL;
	socklen_t len = sizeof info;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, 255), verdict;
	char *found = NULL, *policy;
	uint16_t target;

	if (fd < 0 || getsockopt(fd, level, GET_INFO, &info, &len) < 0)
		goto out;
	len = sizeof *all + info.size;
	all = calloc(1, len);
	if (!all)
		goto out;
	strcpy(all->table, info.table);
	all->size = info.size;
	if (getsockopt(fd, level, GET_ENTRIES, all, &len) < 0 ||
	    info.underflow[HOOK_FORWARD] + RULE_MIN + TARGET_VERDICT + sizeof verdict > info.size)
		goto out;
	policy = (char *)all->rules + info.underflow[HOOK_FORWARD];
	memcpy(&target, policy + TARGET_OFFSET, sizeof target);
	if (info.underflow[HOOK_FORWARD] + target + TARGET_VERDICT + sizeof verdict > info.size)
		goto out;
	memcpy(&verdict, policy + target + TARGET_VERDICT, sizeof verdict);
	if (verdict == LEGACY_DROP && !mentions(all->rules, info.size, bridge))
		found = advice(text("%s's chain FORWARD", iptables), bridge,
			       iptables_commands(iptables, bridge));
out:
	if (fd >= 0)
		close(fd);
	return found;
}

char *
fwpolicy_hint(int nft, const char *bridge)
{
	char *found = nft_hint(nft, bridge);

	if (!found && legacy_in_use("/proc/self/net/ip_tables_names"))
		found = legacy_hint(bridge, AF_INET, 0, "iptables-legacy");
	return found;
}
