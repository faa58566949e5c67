#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "die.h"
#include "firewall.h"
#include "firewall_sets.h"
#include "publish.h"

enum {
	WORD = 4, /* each part of a concatenation starts at a multiple of this */
	KEY_MAX = 16 + 2 * WORD,
};

/* An element's map, key and value as bytes. */
struct element {
	const char *map;
	unsigned char key[KEY_MAX], value[KEY_MAX];
	size_t key_len, value_len;
};

static size_t
put_port(unsigned char *p, uint16_t port)
{
	p[0] = port >> 8;
	p[1] = port;
	return WORD;
}

static size_t
put_addr4(unsigned char *p, uint32_t addr)
{
	uint32_t be = htonl(addr);

	memcpy(p, &be, sizeof be);
	return sizeof be;
}

static size_t
put_addr6(unsigned char *p, const unsigned char addr[16])
{
	memcpy(p, addr, 16);
	return 16;
}

const char *
publish_map(const struct published *p)
{
	bool v4 = p->ports.family == AF_INET;

	return p->ports.any ? (v4 ? "any4" : "any6") : (v4 ? "host4" : "host6");
}

static struct element
encode(const struct published *p)
{
	bool v4 = p->ports.family == AF_INET;
	struct element e = {0};
	size_t n = 0;

	e.map = publish_map(p);
	if (!p->ports.any)
		n = v4 ? put_addr4(e.key, p->ports.ip4) : put_addr6(e.key, p->ports.ip6);
	e.key[n] = p->ports.proto;
	n += WORD;
	e.key_len = n + put_port(e.key + n, p->ports.host);
	n = v4 ? put_addr4(e.value, p->to4) : put_addr6(e.value, p->to6);
	e.value_len = n + put_port(e.value + n, p->ports.port);
	return e;
}

struct reader {
	struct publications *out;
	int family;
	bool any;
};

static void
decode(const struct nlattr *const *element, void *arg)
{
	const struct nlattr *k[NFTA_DATA_MAX + 1], *v[NFTA_DATA_MAX + 1];
	struct reader *r = arg;
	struct publications *out = r->out;
	size_t addr = r->family == AF_INET ? 4 : 16, skip = r->any ? 0 : addr;
	const unsigned char *key, *value, *user = nl_data(element[NFTA_SET_ELEM_USERDATA]);
	struct published p = {.ports = {.family = r->family, .any = r->any, .count = 1}};
	uint32_t be;

	nl_index_nest(element[NFTA_SET_ELEM_KEY], k, NFTA_DATA_MAX);
	nl_index_nest(element[NFTA_SET_ELEM_DATA], v, NFTA_DATA_MAX);
	key = nl_data(k[NFTA_DATA_VALUE]);
	value = nl_data(v[NFTA_DATA_VALUE]);
	if (nl_len(k[NFTA_DATA_VALUE]) < skip + 2 * WORD ||
	    nl_len(v[NFTA_DATA_VALUE]) < addr + WORD)
		return;
	memcpy(r->family == AF_INET ? (void *)&be : p.ports.ip6, key, skip);
	p.ports.ip4 = r->family == AF_INET && skip ? ntohl(be) : 0;
	p.ports.proto = key[skip];
	p.ports.host = key[skip + WORD] << 8 | key[skip + WORD + 1];
	memcpy(r->family == AF_INET ? (void *)&be : p.to6, value, addr);
	p.to4 = r->family == AF_INET ? ntohl(be) : 0;
	p.ports.port = value[addr] << 8 | value[addr + 1];
	if (user && nl_len(element[NFTA_SET_ELEM_USERDATA]) > 2 && user[0] == 0)
		snprintf(p.tag, sizeof p.tag, "%.*s", user[1], (const char *)user + 2);
	if ((out->count & (out->count - 1)) == 0) {
		out->list = realloc(out->list, 2 * (out->count + 1) * sizeof p);
		if (!out->list)
			die("out of memory");
	}
	out->list[out->count++] = p;
}

int
publish_read(int fd, struct publications *out)
{
	static const struct {
		const char *map;
		int family;
		bool any;
	} maps[] = {{"any4", AF_INET, true},
		    {"any6", AF_INET6, true},
		    {"host4", AF_INET, false},
		    {"host6", AF_INET6, false}};

	*out = (struct publications){0};
	for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
		struct reader r = {out, maps[i].family, maps[i].any};
		struct nl_buf dump = {0};

		if (firewall_elements(fd, maps[i].map, &dump) == 0)
			firewall_each(&dump, decode, &r);
		else if (errno != ENOENT)
			return -1;
		}
	return 0;
}

void
publish_expand(const struct ports *ports, size_t n, const struct lease *to,
	       void (*fn)(const struct published *, void *), void *arg)
{
	for (size_t i = 0; i < n; i++) {
		for (int v4 = 1; v4 >= 0; v4--) {
			int family = v4 ? AF_INET : AF_INET6;
			struct published p = {.ports = ports[i], .to4 = to->addr4};

			if ((ports[i].family != AF_UNSPEC && ports[i].family != family) ||
			    (!v4 && !to->has6))
				continue;
			memcpy(p.to6, to->addr6, sizeof p.to6);
			strcpy(p.tag, to->tag);
			p.ports.family = family;
			p.ports.count = 1;
			for (int j = 0; j < ports[i].count; j++) {
				p.ports.host = ports[i].host + j;
				p.ports.port = ports[i].port + j;
				fn(&p, arg);
			}
		}
	}
}

static void
add_one(const struct published *p, void *table)
{
	struct element e = encode(p);

	nft_add_element(table, e.map, e.key, e.key_len, e.value, e.value_len, p->tag);
}

static void
del_all(struct nft_table *t, const struct publications *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct element e = encode(&list->list[i]);

		nft_del_element(t, e.map, e.key, e.key_len);
	}
}

int
publish_add(int fd, const struct ports *ports, size_t n, const struct lease *to,
	    const struct publications *stale)
{
	struct nft_table t = firewall_table(fd);

	nft_batch(&t);
	del_all(&t, stale);
	publish_expand(ports, n, to, add_one, &t);
	return nft_commit(&t);
}

int
publish_del(int fd, const struct publications *list)
{
	struct nft_table t = firewall_table(fd);

	if (list->count == 0)
		return 0;
	nft_batch(&t);
	del_all(&t, list);
	return nft_commit(&t);
}
