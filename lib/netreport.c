#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "die.h"
#include "link.h"
#include "netns.h"
#include "netreport.h"
#include "step.h"

/* A string as JSON writes it; RFC 8259, 7.  Bytes from 0x80 up pass as they are. */
static char *
quoted(const char *s)
{
	char *out = text("\"");

	for (; *s; s++) {
		if ((unsigned char)*s < 0x20)
			out = text("%s\\u%04x", out, *s);
		else
			out = text("%s%s%c", out, *s == '"' || *s == '\\' ? "\\" : "", *s);
	}
	return text("%s\"", out);
}

/* The NAME whose tag this is: itself, but for long and odd ones. */
static const char *
name_of(const char *tag)
{
	DIR *d = strchr(tag, '~') ? opendir(NETNS_DIR) : NULL;
	char other[TAG_SIZE];
	struct dirent *e;

	while (d && (e = readdir(d))) {
		lease_tag(e->d_name, other);
		if (strcmp(other, tag) == 0)
			return e->d_name; /* d stays open: the entry lives in it */
	}
	return tag;
}

/* What the words of one network are made of, whether it is new or found. */
struct row {
	const char *name;
	const char *bridge;
	const struct lease *lease;
	const struct subnet4 *s4;
	const struct subnet6 *s6;
	const struct published *ports;
	size_t port_count;
	int mtu;
};

static char *
port_json(const struct published *p)
{
	char host[ADDR_TEXT], to[ADDR_TEXT];
	bool v4 = p->ports.family == AF_INET;

	if (p->ports.any)
		strcpy(host, v4 ? "0.0.0.0" : "::");
	else
		v4 ? addr4_text(p->ports.ip4, host) : addr6_text(p->ports.ip6, host);
	v4 ? addr4_text(p->to4, to) : addr6_text(p->to6, to);
	return text("{\"host_ip\":\"%s\",\"host_port\":%u,\"ip\":\"%s\",\"port\":%u,"
		    "\"protocol\":\"%s\"}",
		    host, p->ports.host, to, p->ports.port, proto_name(p->ports.proto));
}

static char *
row_json(const struct row *r)
{
	char a[ADDR_TEXT], g[ADDR_TEXT], *out;

	out = text("{\"name\":%s,\"netns\":%s,\"bridge\":%s,\"host_interface\":\"%s\","
		   "\"interface\":\"eth0\",\"mtu\":%d,\"addresses\":[\"%s/%d\"",
		   quoted(r->name), quoted(text("%s/%s", NETNS_DIR, r->name)),
		   quoted(r->bridge), r->lease->ifname, r->mtu,
		   addr4_text(r->lease->addr4, a), r->s4->bits);
	if (r->lease->has6)
		out = text("%s,\"%s/%d\"", out, addr6_text(r->lease->addr6, a), r->s6->bits);
	out = text("%s],\"gateways\":[\"%s\"", out, addr4_text(r->s4->gateway, g));
	if (r->lease->has6)
		out = text("%s,\"%s\"", out, addr6_text(r->s6->gateway, g));
	out = text("%s],\"ports\":[", out);
	for (size_t i = 0; i < r->port_count; i++)
		out = text("%s%s%s", out, i ? "," : "", port_json(&r->ports[i]));
	return text("%s]}", out);
}

static char *
row_text(const struct row *r)
{
	char a4[ADDR_TEXT], a6[ADDR_TEXT] = "-", *ports = text("%s", "");

	if (r->lease->has6)
		addr6_text(r->lease->addr6, a6);
	for (size_t i = 0; i < r->port_count; i++) {
		const struct published *p = &r->ports[i];
		struct ports shown = p->ports;

		/* Any address of both families is two elements: show the first. */
		if (shown.any && shown.family == AF_INET6)
			continue;
		if (shown.any)
			shown.family = AF_UNSPEC;
		ports = text("%s%s%s", ports, *ports ? "," : "", ports_text(&shown));
	}
	return text("%s\t%s\t%s\t%s\t%s", r->name, r->bridge, addr4_text(r->lease->addr4, a4),
		    a6, *ports ? ports : "-");
}

/* The published ports of one owner; allocated. */
static struct publications
ports_of(const struct network *n, const char *tag)
{
	struct publications all, own = {0};

	if (publish_read(n->nft, &all) < 0)
		die_errno("list the published ports");
	own.list = calloc(all.count + 1, sizeof *own.list);
	if (!own.list)
		die("out of memory");
	for (size_t i = 0; i < all.count; i++)
		if (strcmp(all.list[i].tag, tag) == 0)
			own.list[own.count++] = all.list[i];
	return own;
}

void
netreport_json(FILE *out, const struct network *n)
{
	struct publications own = ports_of(n, n->lease.tag);
	struct row r = {n->name, n->bridge, &n->lease, &n->s4,
			&n->s6,  own.list,  own.count, n->mtu};

	fprintf(out, "%s\n", row_json(&r));
}

void
netreport_list(FILE *out, struct network *n, bool json)
{
	bool first = true;

	network_read_leases(n);
	for (size_t i = 0; i < n->leases.count; i++) {
		struct lease *l = &n->leases.list[i];
		int known = netstate_complete(n->rtnl, l);
		struct publications own = ports_of(n, l->tag);
		struct link_info bridge = {.name = "-"}, port = {0};
		struct subnet4 s4 = {0};
		struct subnet6 s6 = {0};
		struct row r = {name_of(l->tag), bridge.name, l, &s4, &s6, own.list,
				own.count,       0};

		if (known < 0 || link_by_index(n->rtnl, l->index, &port) < 0)
			continue; /* gone since the list was made */
		if (l->bridge && link_by_index(n->rtnl, l->bridge, &bridge) == 0)
			netstate_subnets(n->rtnl, l->bridge, &s4, &s6);
		r.mtu = port.mtu;
		if (json)
			fprintf(out, "%s%s", first ? "[" : ",\n ", row_json(&r));
		else
			fprintf(out, "%s\n", row_text(&r));
		first = false;
	}
	if (json)
		fprintf(out, "%s]\n", first ? "[" : "");
}
