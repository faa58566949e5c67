#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "lease.h"

enum {
	PLAIN_IFNAME_MAX = IFNAME_SIZE - 1 - 3, /* behind "ls-" */
	TAG_PREFIX = 80,
	HOST_MAX = 63, /* one DNS label; RFC 1035, 2.3.4 */
};

static const unsigned char bridge_prefix[MAC_LEN - 1] = {MAC_LOCAL, 'l', 'o', 'n', 'g'};

/* Letters, digits and "_.-" of ASCII, whatever the locale. */
static bool
is_plain_byte(unsigned char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-';
}

static bool
is_plain(const char *name)
{
	while (is_plain_byte(*name))
		name++;
	return *name == '\0';
}

void
lease_tag(const char *name, char out[TAG_SIZE])
{
	size_t n = strlen(name);

	if (n < TAG_SIZE && is_plain(name)) {
		strcpy(out, name);
		return;
	}
	if (n > TAG_PREFIX)
		n = TAG_PREFIX;
	for (size_t i = 0; i < n; i++)
		out[i] = is_plain_byte(name[i]) ? name[i] : '_';
	/* "~" occurs in no plain NAME, so a tag of one kind is never one of the other. */
	snprintf(out + n, TAG_SIZE - n, "~%016llx", (unsigned long long)hash_text(name));
}

void
lease_ifname(const char *name, char out[IFNAME_SIZE])
{
	size_t n = strlen(name);

	/* No printf(3) here: it is done for every NAME when there is a new one. */
	if (n <= PLAIN_IFNAME_MAX && is_plain(name)) {
		memcpy(out, "ls-", 3);
		memcpy(out + 3, name, n + 1);
	} else {
		snprintf(out, IFNAME_SIZE, "ls_%012llx",
			 (unsigned long long)hash_text(name) & 0xffffffffffff);
	}
}

bool
lease_name_ok(const char *name)
{
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '/')
			return false;
	return strlen(name) <= NAME_MAX;
}

bool
lease_name_is_host(const char *name)
{
	return strlen(name) <= HOST_MAX && is_plain(name) && name[0] != '-' && name[0] != '.';
}

void
lease_alias(const struct lease *l, char out[ALIAS_SIZE])
{
	char a4[ADDR_TEXT], a6[ADDR_TEXT];

	snprintf(out, ALIAS_SIZE, "%s %s %s%s%s", LEASE_MARK, l->tag, addr4_text(l->addr4, a4),
		 l->has6 ? " " : "", l->has6 ? addr6_text(l->addr6, a6) : "");
}

void
lease_mac(const struct lease *l, unsigned char out[MAC_LEN])
{
	mac_of(MAC_PORT, l->has6 ? MAC_BOTH : MAC_ONLY4, l->addr4, out);
}

void
lease_bridge_mac(const char *bridge, unsigned char out[MAC_LEN])
{
	memcpy(out, bridge_prefix, sizeof bridge_prefix);
	out[MAC_LEN - 1] = hash_text(bridge);
}

bool
lease_is_bridge_mac(const unsigned char mac[MAC_LEN])
{
	return memcmp(mac, bridge_prefix, sizeof bridge_prefix) == 0;
}

bool
lease_from_port(const char *ifname, const unsigned char mac[MAC_LEN], struct lease *out)
{
	if (mac[0] != MAC_PORT || (mac[1] != MAC_BOTH && mac[1] != MAC_ONLY4) ||
	    strncmp(ifname, "ls", 2) != 0 || (ifname[2] != '-' && ifname[2] != '_'))
		return false;
	strncpy(out->ifname, ifname, sizeof out->ifname - 1);
	if (ifname[2] == '-')
		strcpy(out->tag, ifname + 3);
	out->has6 = mac[1] == MAC_BOTH;
	out->addr4 = (uint32_t)mac[2] << 24 | mac[3] << 16 | mac[4] << 8 | mac[5];
	return true;
}

bool
lease_parse(const char *alias, struct lease *out)
{
	char a4[ADDR_TEXT], a6[ADDR_TEXT], excess;
	int n = sscanf(alias, LEASE_MARK " %100s %45s %45s %c", out->tag, a4, a6, &excess);

	if (n < 2 || n > 3 || !addr4_parse(a4, &out->addr4))
		return false;
	out->has6 = n == 3;
	return !out->has6 || addr6_parse(a6, out->addr6);
}
