#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "firewall.h"
#include "lease.h"
#include "nftables.h"
#include "step.h"

enum {
	/* NFT_REG_1 and NFT_REG_2 are 16 bytes, or NFT_REG32_00 to 03 and 04 to 07 of
	 * four each: a concatenation's parts lie in neighbouring ones. */
	IP_SADDR = 12, /* offsets in the network header */
	IP_DADDR = 16,
	IP6_SADDR = 8,
	IP6_DADDR = 24,
	DPORT = 2,
	CT_ESTABLISHED_RELATED = 6, /* nft's "ct state" bits */
	CT_STATUS_DNAT = 0x20,      /* IPS_DST_NAT */
	ADDR_LOCAL = 2,             /* RTN_LOCAL */
	LOOPBACK_NET = 127,
};

static const unsigned char loopback6[16] = {[15] = 1};

/* Small phrases of which the rules below are made. */

static void
family(struct nft_table *t, uint8_t f)
{
	nft_meta(t, NFT_META_NFPROTO, NFT_REG_1);
	nft_cmp(t, NFT_CMP_EQ, NFT_REG_1, &f, sizeof f);
}

static void
iface_in(struct nft_table *t, enum nft_meta_keys key, const char *set, bool invert)
{
	nft_meta(t, key, NFT_REG_1);
	nft_lookup(t, set, NFT_REG_1, 0, invert);
}

static void
loopback4(struct nft_table *t, int offset)
{
	uint8_t net = LOOPBACK_NET;

	family(t, FAMILY_IPV4);
	nft_payload(t, NFT_PAYLOAD_NETWORK_HEADER, offset, 1, NFT_REG_1);
	nft_cmp(t, NFT_CMP_EQ, NFT_REG_1, &net, sizeof net);
}

static void
loopback6_at(struct nft_table *t, int offset)
{
	family(t, FAMILY_IPV6);
	nft_payload(t, NFT_PAYLOAD_NETWORK_HEADER, offset, 16, NFT_REG_1);
	nft_cmp(t, NFT_CMP_EQ, NFT_REG_1, loopback6, sizeof loopback6);
}

static void
same_bridge(struct nft_table *t)
{
	nft_meta(t, NFT_META_IIFNAME, NFT_REG_1);
	nft_meta(t, NFT_META_OIFNAME, NFT_REG_2);
	nft_lookup(t, "inside", NFT_REG_1, 0, false);
}

static void
ct_bits(struct nft_table *t, enum nft_ct_keys key, uint32_t bits)
{
	uint32_t zero = 0;

	nft_ct(t, key, NFT_REG_1);
	nft_mask(t, NFT_REG_1, bits);
	nft_cmp(t, NFT_CMP_NEQ, NFT_REG_1, &zero, sizeof zero);
}

/* Load "protocol . destination port" from register reg on, and look it up there. */
static void
dnat(struct nft_table *t, const char *map, enum nft_family f, int key, int proto, int port)
{
	nft_meta(t, NFT_META_L4PROTO, proto);
	nft_payload(t, NFT_PAYLOAD_TRANSPORT_HEADER, DPORT, 2, port);
	nft_lookup(t, map, key, NFT_REG_1, false);
	nft_dnat(t, f, NFT_REG_1, f == FAMILY_IPV4 ? NFT_REG32_01 : NFT_REG_2);
}

/* The rules, each in the form that follows its text in the table below. */

static void
raw_loopback(struct nft_table *t)
{
	iface_in(t, NFT_META_IIFNAME, "bridges", false);
	loopback4(t, IP_DADDR);
	nft_verdict(t, VERDICT_DROP, NULL);
}

static void
dnat_host4(struct nft_table *t)
{
	family(t, FAMILY_IPV4);
	nft_payload(t, NFT_PAYLOAD_NETWORK_HEADER, IP_DADDR, 4, NFT_REG_1);
	dnat(t, "host4", FAMILY_IPV4, NFT_REG_1, NFT_REG32_01, NFT_REG32_02);
}

static void
dnat_host6(struct nft_table *t)
{
	family(t, FAMILY_IPV6);
	nft_payload(t, NFT_PAYLOAD_NETWORK_HEADER, IP6_DADDR, 16, NFT_REG_1);
	dnat(t, "host6", FAMILY_IPV6, NFT_REG_1, NFT_REG_2, NFT_REG32_05);
}

static void
dnat_any4(struct nft_table *t)
{
	dnat(t, "any4", FAMILY_IPV4, NFT_REG_1, NFT_REG_1, NFT_REG32_01);
}

static void
dnat_any6(struct nft_table *t)
{
	dnat(t, "any6", FAMILY_IPV6, NFT_REG_1, NFT_REG_1, NFT_REG32_01);
}

static void
skip_loopback4(struct nft_table *t)
{
	loopback4(t, IP_DADDR);
	nft_verdict(t, NFT_RETURN, NULL);
}

static void
skip_loopback6(struct nft_table *t)
{
	loopback6_at(t, IP6_DADDR);
	nft_verdict(t, NFT_RETURN, NULL);
}

static void
local_published(struct nft_table *t)
{
	uint32_t local = ADDR_LOCAL;

	nft_fib_daddr_type(t, NFT_REG_1);
	nft_cmp(t, NFT_CMP_EQ, NFT_REG_1, &local, sizeof local);
	nft_verdict(t, NFT_JUMP, "published");
}

static void
into_answers(struct nft_table *t)
{
	iface_in(t, NFT_META_OIFNAME, "bridges", false);
	ct_bits(t, NFT_CT_STATE, CT_ESTABLISHED_RELATED);
	nft_verdict(t, VERDICT_ACCEPT, NULL);
}

static void
into_published(struct nft_table *t)
{
	iface_in(t, NFT_META_OIFNAME, "bridges", false);
	ct_bits(t, NFT_CT_STATUS, CT_STATUS_DNAT);
	nft_verdict(t, VERDICT_ACCEPT, NULL);
}

static void
into_neighbours(struct nft_table *t)
{
	same_bridge(t);
	nft_verdict(t, VERDICT_ACCEPT, NULL);
}

static void
into_nothing_else(struct nft_table *t)
{
	iface_in(t, NFT_META_OIFNAME, "bridges", false);
	nft_verdict(t, VERDICT_DROP, NULL);
}

static void
guard4(struct nft_table *t)
{
	family(t, FAMILY_IPV4);
	iface_in(t, NFT_META_IIFNAME, "guarded4", false);
	nft_verdict(t, VERDICT_DROP, NULL);
}

static void
guard6(struct nft_table *t)
{
	family(t, FAMILY_IPV6);
	iface_in(t, NFT_META_IIFNAME, "guarded6", false);
	nft_verdict(t, VERDICT_DROP, NULL);
}

static void
masquerade_out(struct nft_table *t)
{
	iface_in(t, NFT_META_IIFNAME, "bridges", false);
	iface_in(t, NFT_META_OIFNAME, "bridges", true);
	nft_masquerade(t);
}

static void
masquerade_hairpin(struct nft_table *t)
{
	same_bridge(t);
	ct_bits(t, NFT_CT_STATUS, CT_STATUS_DNAT);
	nft_masquerade(t);
}

static void
masquerade_loopback(struct nft_table *t)
{
	loopback4(t, IP_SADDR);
	iface_in(t, NFT_META_OIFNAME, "bridges", false);
	nft_masquerade(t);
}

static const struct set {
	const char *name;
	const char *type; /* as nft(8) writes it */
	uint32_t key, key_len, data, data_len;
} sets[] = {
	{"bridges", "ifname", TYPE_IFNAME, 16, 0, 0},
	{"inside", "ifname . ifname", TYPE_IFNAME << 6 | TYPE_IFNAME, 32, 0, 0},
	{"guarded4", "ifname", TYPE_IFNAME, 16, 0, 0},
	{"guarded6", "ifname", TYPE_IFNAME, 16, 0, 0},
	{"any4", "inet_proto . inet_service : ipv4_addr . inet_service",
	 TYPE_PROTO << 6 | TYPE_PORT, 8, TYPE_IPV4 << 6 | TYPE_PORT, 8},
	{"any6", "inet_proto . inet_service : ipv6_addr . inet_service",
	 TYPE_PROTO << 6 | TYPE_PORT, 8, TYPE_IPV6 << 6 | TYPE_PORT, 20},
	{"host4", "ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service",
	 TYPE_IPV4 << 12 | TYPE_PROTO << 6 | TYPE_PORT, 12, TYPE_IPV4 << 6 | TYPE_PORT, 8},
	{"host6", "ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service",
	 TYPE_IPV6 << 12 | TYPE_PROTO << 6 | TYPE_PORT, 24, TYPE_IPV6 << 6 | TYPE_PORT, 20},
};

static const struct chain {
	const char *name;
	const char *type; /* NULL: jumped to */
	const char *hook_name;
	int hook, priority;
} chains[] = {
	{"raw", "filter", "prerouting", HOOK_PREROUTING, -300},
	{"published", NULL, NULL, 0, 0},
	{"prerouting", "nat", "prerouting", HOOK_PREROUTING, -100},
	{"output", "nat", "output", HOOK_OUTPUT, -100},
	{"forward", "filter", "forward", HOOK_FORWARD, 0},
	{"postrouting", "nat", "postrouting", HOOK_POSTROUTING, 100},
};

static const struct rule {
	const char *chain;
	const char *text;
	void (*build)(struct nft_table *t);
} rules[] = {
	/* route_localnet on the bridge (for answers to 127.0.0.1) would else let a
	 * container speak to services that trust the loopback address. */
	{"raw", "iifname @bridges ip daddr 127.0.0.0/8 drop", raw_loopback},
	{"published", "dnat ip to ip daddr . meta l4proto . th dport map @host4", dnat_host4},
	{"published", "dnat ip6 to ip6 daddr . meta l4proto . th dport map @host6", dnat_host6},
	{"published", "dnat ip to meta l4proto . th dport map @any4", dnat_any4},
	{"published", "dnat ip6 to meta l4proto . th dport map @any6", dnat_any6},
	/* A neighbour who sends us a packet for 127.0.0.1: rewritten here it would slip
	 * past the kernel's martian check, which comes later. */
	{"prerouting", "ip daddr 127.0.0.0/8 return", skip_loopback4},
	{"prerouting", "fib daddr type local jump published", local_published},
	/* There is no route_localnet for IPv6: let ::1 fail at once, so that clients
	 * turn to 127.0.0.1, instead of losing packets. */
	{"output", "ip6 daddr ::1 return", skip_loopback6},
	{"output", "fib daddr type local jump published", local_published},
	{"forward", "oifname @bridges ct state established,related accept", into_answers},
	{"forward", "oifname @bridges ct status dnat accept", into_published},
	{"forward", "iifname . oifname @inside accept", into_neighbours},
	{"forward", "oifname @bridges drop", into_nothing_else},
	{"forward", "meta nfproto ipv4 iifname @guarded4 drop", guard4},
	{"forward", "meta nfproto ipv6 iifname @guarded6 drop", guard6},
	{"postrouting", "iifname @bridges oifname != @bridges masquerade", masquerade_out},
	/* To a neighbour or oneself by a published port: the answer must come back
	 * through the host, which alone can put the addresses right again. */
	{"postrouting", "iifname . oifname @inside ct status dnat masquerade",
	 masquerade_hairpin},
	{"postrouting", "ip saddr 127.0.0.0/8 oifname @bridges masquerade",
	 masquerade_loopback},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct nft_table
firewall_table(int fd)
{
	return (struct nft_table){.fd = fd, .name = strchr(FIREWALL_TABLE, ' ') + 1};
}

static size_t
count_rules(int fd)
{
	struct nft_table t = firewall_table(fd);
	struct nl_buf b = {0}, dump = {0};
	size_t n = 0;

	nft_request(&b, NFT_MSG_GETRULE, FAMILY_INET);
	nl_put_str(&b, NFTA_RULE_TABLE, t.name);
	if (nl_dump(fd, &b, &dump) < 0)
		return 0;
	for (const struct nlmsghdr *m = nl_first(&dump); m; m = nl_next(&dump, m))
		n++;
	return n;
}

bool
firewall_complete(int fd)
{
	return count_rules(fd) >= COUNT(rules);
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
	char *out = text("table %s {\n", FIREWALL_TABLE);

	for (size_t i = 0; i < COUNT(sets); i++)
		out = text("%s\t%s %s { type %s; }\n", out, sets[i].data ? "map" : "set",
			   sets[i].name, sets[i].type);
	for (size_t i = 0; i < COUNT(chains); i++) {
		const struct chain *c = &chains[i];

		out = text("%s\tchain %s {\n", out, c->name);
		if (c->type)
			out = text("%s\t\ttype %s hook %s priority %d; policy accept;\n", out,
				   c->type, c->hook_name, c->priority);
		for (size_t j = 0; j < COUNT(rules); j++)
			if (strcmp(rules[j].chain, c->name) == 0)
				out = text("%s\t\t%s\n", out, rules[j].text);
		out = text("%s\t}\n", out);
	}
	return text("%s}", out);
}

int
firewall_create(int fd)
{
	/* libnftnl's user data: "keys are in host byte order", so that nft(8) prints
	 * interface names and not numbers. */
	static const unsigned char host_order[] = {0, 4, 1, 0, 0, 0};
	static const unsigned char net_order[] = {0, 4, 0, 0, 0, 0};
	struct nft_table t = firewall_table(fd);

	nft_batch(&t);
	nft_add_table(&t);
	for (size_t i = 0; i < COUNT(sets); i++)
		nft_add_set(&t, sets[i].name, sets[i].key, sets[i].key_len, sets[i].data,
			    sets[i].data_len,
			    sets[i].key == TYPE_IFNAME ? host_order : net_order,
			    sizeof host_order);
	for (size_t i = 0; i < COUNT(chains); i++)
		nft_add_chain(&t, chains[i].name, chains[i].type, chains[i].hook,
			      chains[i].priority);
	nft_flush(&t);
	for (size_t i = 0; i < COUNT(rules); i++) {
		nft_rule(&t, rules[i].chain);
		rules[i].build(&t);
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

static int
change_bridge(int fd, const char *bridge, bool add)
{
	struct nft_table t = firewall_table(fd);
	char key[2 * IFNAME_SIZE] = "";

	strncpy(key, bridge, IFNAME_SIZE - 1);
	memcpy(key + IFNAME_SIZE, key, IFNAME_SIZE);
	nft_batch(&t);
	if (add) {
		nft_add_element(&t, "bridges", key, IFNAME_SIZE, NULL, 0, NULL);
		nft_add_element(&t, "inside", key, sizeof key, NULL, 0, NULL);
	} else {
		nft_del_element(&t, "bridges", key, IFNAME_SIZE);
		nft_del_element(&t, "inside", key, sizeof key);
	}
	return nft_commit(&t);
}

int
firewall_add_bridge(int fd, const char *bridge)
{
	return change_bridge(fd, bridge, true);
}

int
firewall_del_bridge(int fd, const char *bridge)
{
	return change_bridge(fd, bridge, false);
}

char *
firewall_bridge_script(const char *bridge, bool add)
{
	const char *verb = add ? "add" : "delete";

	return text("nft %s element " FIREWALL_TABLE " bridges '{ \"%s\" }'\n"
		    "nft %s element " FIREWALL_TABLE " inside '{ \"%s\" . \"%s\" }'",
		    verb, bridge, verb, bridge, bridge);
}

int
firewall_elements(int fd, const char *set, struct nl_buf *dump)
{
	struct nft_table t = firewall_table(fd);
	struct nl_buf b = {0};

	nft_request(&b, NFT_MSG_GETSETELEM, FAMILY_INET);
	nl_put_str(&b, NFTA_SET_ELEM_LIST_TABLE, t.name);
	nl_put_str(&b, NFTA_SET_ELEM_LIST_SET, set);
	return nl_dump(fd, &b, dump);
}

void
firewall_each(const struct nl_buf *dump,
	      void (*each)(const struct nlattr *const *element, void *arg), void *arg)
{
	for (const struct nlmsghdr *m = nl_first(dump); m; m = nl_next(dump, m)) {
		const struct nlattr *tb[NFTA_SET_ELEM_LIST_MAX + 1], *e[NFTA_SET_ELEM_MAX + 1];
		const struct nlattr *list, *one;

		nl_index(m, sizeof(struct nfgenmsg), tb, NFTA_SET_ELEM_LIST_MAX);
		list = tb[NFTA_SET_ELEM_LIST_ELEMENTS];
		for (one = nl_inner(list, NULL); one; one = nl_inner(list, one)) {
			nl_index_nest(one, e, NFTA_SET_ELEM_MAX);
			each(e, arg);
		}
	}
}

static const char *
guard_set(int family)
{
	return family == FAMILY_IPV4 ? "guarded4" : "guarded6";
}

int
firewall_guard(int fd, int family, const char *ifname)
{
	struct nft_table t = firewall_table(fd);
	char key[IFNAME_SIZE] = "";

	strncpy(key, ifname, sizeof key - 1);
	nft_batch(&t);
	nft_add_element(&t, guard_set(family), key, sizeof key, NULL, 0, NULL);
	return nft_commit(&t);
}

static void
collect_name(const struct nlattr *const *element, void *arg)
{
	const struct nlattr *key[NFTA_DATA_MAX + 1];
	char ***names = arg;
	size_t n = 0;

	nl_index_nest(element[NFTA_SET_ELEM_KEY], key, NFTA_DATA_MAX);
	while ((*names)[n])
		n++;
	*names = realloc(*names, (n + 2) * sizeof **names);
	if (!*names)
		die("out of memory");
	(*names)[n] = text("%s", nl_str(key[NFTA_DATA_VALUE]));
	(*names)[n + 1] = NULL;
}

char **
firewall_guarded(int fd, int family)
{
	char **names = calloc(1, sizeof *names);
	struct nl_buf dump = {0};

	if (!names)
		die("out of memory");
	if (firewall_elements(fd, guard_set(family), &dump) == 0)
		firewall_each(&dump, collect_name, &names);
	return names;
}
