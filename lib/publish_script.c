#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "firewall.h"
#include "publish.h"
#include "step.h"
#include "subnet.h"

/* "host4 '{ 192.0.2.1 . tcp . 8080", and the value behind it if wanted. */
static char *
element_text(const struct published *p, bool value)
{
	char key[ADDR_TEXT + 3] = "", to[ADDR_TEXT];
	bool v4 = p->ports.family == AF_INET;

	if (!p->ports.any) {
		v4 ? addr4_text(p->ports.ip4, key) : addr6_text(p->ports.ip6, key);
		strcat(key, " . ");
	}
	v4 ? addr4_text(p->to4, to) : addr6_text(p->to6, to);
	if (!value)
		return text("%s '{ %s%s . %u }'", publish_map(p), key,
			    proto_name(p->ports.proto), p->ports.host);
	return text("%s '{ %s%s . %u comment \"%s\" : %s . %u }'", publish_map(p), key,
		    proto_name(p->ports.proto), p->ports.host, p->tag, to, p->ports.port);
}

static void
say_one(const struct published *p, void *arg)
{
	char **out = arg;

	*out = text("%s%snft add element " FIREWALL_TABLE " %s", *out ? *out : "",
		    *out ? "\n" : "", element_text(p, true));
}

char *
publish_script(const struct ports *ports, size_t n, const struct lease *to)
{
	char *out = NULL;

	publish_expand(ports, n, to, say_one, &out);
	return out ? out : text("%s", ":");
}

char *
publish_del_script(const struct publications *list)
{
	char *out = NULL;

	for (size_t i = 0; i < list->count; i++)
		out = text("%s%snft delete element " FIREWALL_TABLE " %s", out ? out : "",
			   out ? "\n" : "", element_text(&list->list[i], false));
	return out ? out : text("%s", ":");
}
