#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "firewall.h"
#include "firewall_sets.h"
#include "lease.h"
#include "step.h"

/* Network and broadcast address as wire bytes, an interface name behind each. */
struct near {
	unsigned char first[16 + IFNAME_SIZE], last[16 + IFNAME_SIZE];
	size_t len;
};

static struct near
near4(const struct firewall_bridge *b)
{
	uint32_t first = htonl(subnet4_network(&b->s4)), last = htonl(subnet4_broadcast(&b->s4));
	struct near n = {.len = 4 + IFNAME_SIZE};

	memcpy(n.first, &first, 4);
	memcpy(n.last, &last, 4);
	strncpy((char *)n.first + 4, b->name, IFNAME_SIZE - 1);
	strncpy((char *)n.last + 4, b->name, IFNAME_SIZE - 1);
	return n;
}

static struct near
near6(const struct firewall_bridge *b)
{
	struct near n = {.len = 16 + IFNAME_SIZE};

	subnet6_range(&b->s6, n.first, n.last);
	strncpy((char *)n.first + 16, b->name, IFNAME_SIZE - 1);
	strncpy((char *)n.last + 16, b->name, IFNAME_SIZE - 1);
	return n;
}

/* One element of a set, added or deleted; with last, all from key to last. */
static void
change(struct nft_table *t, bool add, const char *set, const void *key, const void *last,
       size_t len)
{
	if (add && last)
		nft_add_range(t, set, key, last, len);
	else if (add)
		nft_add_element(t, set, key, len, NULL, 0, NULL);
	else if (last)
		nft_del_range(t, set, key, last, len);
	else
		nft_del_element(t, set, key, len);
}

static int
change_bridge(int fd, const struct firewall_bridge *b, bool add)
{
	struct nft_table t = firewall_table(fd);
	char key[2 * IFNAME_SIZE] = "";
	struct near n4 = near4(b), n6 = near6(b);

	strncpy(key, b->name, IFNAME_SIZE - 1);
	memcpy(key + IFNAME_SIZE, key, IFNAME_SIZE);
	nft_batch(&t);
	change(&t, add, "bridges", key, NULL, IFNAME_SIZE);
	if (b->owned)
		change(&t, add, "owned", key, NULL, IFNAME_SIZE);
	change(&t, add, "inside", key, NULL, sizeof key);
	change(&t, add, "near4", n4.first, n4.last, n4.len);
	if (b->s6.bits > 0)
		change(&t, add, "near6", n6.first, n6.last, n6.len);
	return nft_commit(&t);
}

int
firewall_add_bridge(int fd, const struct firewall_bridge *b)
{
	return change_bridge(fd, b, true);
}

int
firewall_del_bridge(int fd, const struct firewall_bridge *b)
{
	return change_bridge(fd, b, false);
}

char *
firewall_bridge_script(const struct firewall_bridge *b, bool add)
{
	char *nft = text("nft %s element " FIREWALL_TABLE, add ? "add" : "delete");
	char a[ADDR_TEXT], *out;
	unsigned char first[16], last[16];

	out = text("%s bridges '{ \"%s\" }'", nft, b->name);
	if (b->owned)
		out = text("%s\n%s owned '{ \"%s\" }'", out, nft, b->name);
	out = text("%s\n%s inside '{ \"%s\" . \"%s\" }'\n%s near4 '{ %s/%d . \"%s\" }'", out,
		   nft, b->name, b->name, nft, addr4_text(subnet4_network(&b->s4), a),
		   b->s4.bits, b->name);
	if (b->s6.bits == 0)
		return out;
	subnet6_range(&b->s6, first, last);
	return text("%s\n%s near6 '{ %s/%d . \"%s\" }'", out, nft, addr6_text(first, a),
		    b->s6.bits, b->name);
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
	char ***names = arg, **longer;
	size_t n = 0;

	nl_index_nest(element[NFTA_SET_ELEM_KEY], key, NFTA_DATA_MAX);
	while ((*names)[n])
		n++;
	longer = realloc(*names, (n + 2) * sizeof *longer);
	if (!longer)
		die("out of memory");
	longer[n] = text("%s", nl_str(key[NFTA_DATA_VALUE]));
	longer[n + 1] = NULL;
	*names = longer;
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
