#include "firewall_rules.h"

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

/* Small phrases of which the rules below are made. */

static void
family(struct nft_table *t, uint8_t f)
{
	nft_meta(t, NFT_META_NFPROTO, NFT_REG_1);
	nft_cmp(t, NFT_CMP_EQ, NFT_REG_1, &f, sizeof f);
}

/* Where a header has its source or destination address. */
static int
offset_of(enum nft_family f, bool source)
{
	if (f == FAMILY_IPV4)
		return source ? IP_SADDR : IP_DADDR;
	return source ? IP6_SADDR : IP6_DADDR;
}

static void
address(struct nft_table *t, enum nft_family f, bool source)
{
	family(t, f);
	nft_payload(t, NFT_PAYLOAD_NETWORK_HEADER, offset_of(f, source),
		    f == FAMILY_IPV4 ? 4 : 16, NFT_REG_1);
}

/* The first byte of 127.0.0.0/8 is the whole prefix; of ::1 all 16 count. */
static void
loopback(struct nft_table *t, enum nft_family f, bool source)
{
	static const unsigned char loopback6[16] = {[15] = 1}, net4 = LOOPBACK_NET;
	bool v4 = f == FAMILY_IPV4;
	int len = v4 ? sizeof net4 : sizeof loopback6;

	family(t, f);
	nft_payload(t, NFT_PAYLOAD_NETWORK_HEADER, offset_of(f, source), len, NFT_REG_1);
	nft_cmp(t, NFT_CMP_EQ, NFT_REG_1, v4 ? &net4 : loopback6, len);
}

static void
iface_in(struct nft_table *t, enum nft_meta_keys key, const char *set, bool invert)
{
	nft_meta(t, key, NFT_REG_1);
	nft_lookup(t, set, NFT_REG_1, 0, invert);
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

/* The rules, each in the form that follows its text in the table below. */

static void
raw_loopback(struct nft_table *t)
{
	iface_in(t, NFT_META_IIFNAME, "bridges", false);
	loopback(t, FAMILY_IPV4, false);
	nft_verdict(t, VERDICT_DROP, NULL);
}

/* A concatenation's parts follow one another in the registers: address (of four bytes or
 * 16), protocol, port; the map's answer, address and port, takes their place. */
static void
dnat_host(struct nft_table *t, enum nft_family f)
{
	bool v4 = f == FAMILY_IPV4;

	address(t, f, false);
	nft_meta(t, NFT_META_L4PROTO, v4 ? NFT_REG32_01 : NFT_REG_2);
	nft_payload(t, NFT_PAYLOAD_TRANSPORT_HEADER, DPORT, 2, v4 ? NFT_REG32_02 : NFT_REG32_05);
	nft_lookup(t, v4 ? "host4" : "host6", NFT_REG_1, NFT_REG_1, false);
	nft_dnat(t, f, NFT_REG_1, v4 ? NFT_REG32_01 : NFT_REG_2);
}

static void
dnat_any(struct nft_table *t, enum nft_family f)
{
	bool v4 = f == FAMILY_IPV4;

	nft_meta(t, NFT_META_L4PROTO, NFT_REG_1);
	nft_payload(t, NFT_PAYLOAD_TRANSPORT_HEADER, DPORT, 2, NFT_REG32_01);
	nft_lookup(t, v4 ? "any4" : "any6", NFT_REG_1, NFT_REG_1, false);
	nft_dnat(t, f, NFT_REG_1, v4 ? NFT_REG32_01 : NFT_REG_2);
}

static void
skip_loopback(struct nft_table *t, enum nft_family f)
{
	loopback(t, f, false);
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
	iface_in(t, NFT_META_OIFNAME, "owned", false);
	nft_verdict(t, VERDICT_DROP, NULL);
}

static void
guard(struct nft_table *t, enum nft_family f)
{
	family(t, f);
	iface_in(t, NFT_META_IIFNAME, f == FAMILY_IPV4 ? "guarded4" : "guarded6", false);
	nft_verdict(t, VERDICT_DROP, NULL);
}

static void
masquerade_out(struct nft_table *t)
{
	iface_in(t, NFT_META_IIFNAME, "owned", false);
	iface_in(t, NFT_META_OIFNAME, "bridges", true);
	nft_masquerade(t);
}

static void
masquerade_near(struct nft_table *t, enum nft_family f)
{
	bool v4 = f == FAMILY_IPV4;

	address(t, f, true);
	nft_meta(t, NFT_META_OIFNAME, v4 ? NFT_REG32_01 : NFT_REG_2);
	nft_lookup(t, v4 ? "near4" : "near6", NFT_REG_1, 0, false);
	ct_bits(t, NFT_CT_STATUS, CT_STATUS_DNAT);
	nft_masquerade(t);
}

static void
masquerade_loopback(struct nft_table *t)
{
	loopback(t, FAMILY_IPV4, true);
	iface_in(t, NFT_META_OIFNAME, "bridges", false);
	nft_masquerade(t);
}

/* The parts of each set's key, in bytes, rounded up to four; the data of the maps. */
const struct nft_set firewall_sets[] = {
	{"bridges", "ifname", TYPE_IFNAME, {16}, 0, 0, false},
	{"owned", "ifname", TYPE_IFNAME, {16}, 0, 0, false},
	{"inside", "ifname . ifname", TYPE_IFNAME << 6 | TYPE_IFNAME, {16, 16}, 0, 0, false},
	{"near4", "ipv4_addr . ifname", TYPE_IPV4 << 6 | TYPE_IFNAME, {4, 16}, 0, 0, true},
	{"near6", "ipv6_addr . ifname", TYPE_IPV6 << 6 | TYPE_IFNAME, {16, 16}, 0, 0, true},
	{"guarded4", "ifname", TYPE_IFNAME, {16}, 0, 0, false},
	{"guarded6", "ifname", TYPE_IFNAME, {16}, 0, 0, false},
	{"any4", "inet_proto . inet_service : ipv4_addr . inet_service",
	 TYPE_PROTO << 6 | TYPE_PORT, {4, 4}, TYPE_IPV4 << 6 | TYPE_PORT, 8, false},
	{"any6", "inet_proto . inet_service : ipv6_addr . inet_service",
	 TYPE_PROTO << 6 | TYPE_PORT, {4, 4}, TYPE_IPV6 << 6 | TYPE_PORT, 20, false},
	{"host4", "ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service",
	 TYPE_IPV4 << 12 | TYPE_PROTO << 6 | TYPE_PORT, {4, 4, 4},
	 TYPE_IPV4 << 6 | TYPE_PORT, 8, false},
	{"host6", "ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service",
	 TYPE_IPV6 << 12 | TYPE_PROTO << 6 | TYPE_PORT, {16, 4, 4},
	 TYPE_IPV6 << 6 | TYPE_PORT, 20, false},
	{0},
};

const struct firewall_chain firewall_chains[] = {
	{"raw", "filter", "prerouting", HOOK_PREROUTING, -300},
	{"published", NULL, NULL, 0, 0},
	{"prerouting", "nat", "prerouting", HOOK_PREROUTING, -100},
	{"output", "nat", "output", HOOK_OUTPUT, -100},
	{"forward", "filter", "forward", HOOK_FORWARD, 0},
	{"postrouting", "nat", "postrouting", HOOK_POSTROUTING, 100},
	{0},
};

const struct firewall_rule firewall_rules[] = {
	/* route_localnet on the bridge (for answers to 127.0.0.1) would else let a
	 * container speak to services that trust the loopback address. */
	{"raw", "iifname @bridges ip daddr 127.0.0.0/8 drop", .build = raw_loopback},
	{"published", "dnat ip to ip daddr . meta l4proto . th dport map @host4",
	 .build_for = dnat_host, .family = FAMILY_IPV4},
	{"published", "dnat ip6 to ip6 daddr . meta l4proto . th dport map @host6",
	 .build_for = dnat_host, .family = FAMILY_IPV6},
	{"published", "dnat ip to meta l4proto . th dport map @any4",
	 .build_for = dnat_any, .family = FAMILY_IPV4},
	{"published", "dnat ip6 to meta l4proto . th dport map @any6",
	 .build_for = dnat_any, .family = FAMILY_IPV6},
	/* A neighbour who sends us a packet for 127.0.0.1: rewritten here it would slip
	 * past the kernel's martian check, which comes later. */
	{"prerouting", "ip daddr 127.0.0.0/8 return",
	 .build_for = skip_loopback, .family = FAMILY_IPV4},
	{"prerouting", "fib daddr type local jump published", .build = local_published},
	/* There is no route_localnet for IPv6: let ::1 fail at once, so that clients
	 * turn to 127.0.0.1, instead of losing packets. */
	{"output", "ip6 daddr ::1 return",
	 .build_for = skip_loopback, .family = FAMILY_IPV6},
	{"output", "fib daddr type local jump published", .build = local_published},
	{"forward", "oifname @bridges ct state established,related accept", .build = into_answers},
	{"forward", "oifname @bridges ct status dnat accept", .build = into_published},
	{"forward", "iifname . oifname @inside accept", .build = into_neighbours},
	{"forward", "oifname @owned drop", .build = into_nothing_else},
	{"forward", "meta nfproto ipv4 iifname @guarded4 drop",
	 .build_for = guard, .family = FAMILY_IPV4},
	{"forward", "meta nfproto ipv6 iifname @guarded6 drop",
	 .build_for = guard, .family = FAMILY_IPV6},
	{"postrouting", "iifname @owned oifname != @bridges masquerade", .build = masquerade_out},
	/* To a neighbour or oneself by a published port: the answer must come back
	 * through the host, which alone can put the addresses right again.  (The source's
	 * subnet tells, not iifname: with br_netfilter this hook has none.) */
	{"postrouting", "ip saddr . oifname @near4 ct status dnat masquerade",
	 .build_for = masquerade_near, .family = FAMILY_IPV4},
	{"postrouting", "ip6 saddr . oifname @near6 ct status dnat masquerade",
	 .build_for = masquerade_near, .family = FAMILY_IPV6},
	{"postrouting", "ip saddr 127.0.0.0/8 oifname @bridges masquerade",
	 .build = masquerade_loopback},
	{0},
};
