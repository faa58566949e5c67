#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "hosts.h"
#include "step.h"
#include "subnet.h"

static const char head[] = HOSTS_MARK "\n127.0.0.1 localhost\n"
				      "::1 localhost ip6-localhost ip6-loopback\n";

/* The two words of a line that ends at end; false: it has not just two. */
static bool
split(const char *line, const char *end, char addr[ADDR_TEXT], char name[TAG_SIZE])
{
	const char *blank = memchr(line, ' ', end - line);

	if (!blank || blank - line >= ADDR_TEXT || end - blank - 1 >= TAG_SIZE ||
	    memchr(blank + 1, ' ', end - blank - 1))
		return false;
	memcpy(addr, line, blank - line);
	addr[blank - line] = '\0';
	memcpy(name, blank + 1, end - blank - 1);
	name[end - blank - 1] = '\0';
	return true;
}

static struct host *
append(struct hosts *h)
{
	if (h->count == h->cap) {
		h->cap = 2 * h->cap + 64;
		h->list = realloc(h->list, h->cap * sizeof *h->list);
		if (!h->list)
			die("out of memory");
	}
	return &h->list[h->count++];
}

void
hosts_new(struct hosts *h)
{
	*h = (struct hosts){.text = text("%s", head)};
}

bool
hosts_parse(char *in, struct hosts *h)
{
	char addr[ADDR_TEXT], name[TAG_SIZE], last[TAG_SIZE] = "";
	const char *line, *end;
	uint32_t addr4;

	*h = (struct hosts){.text = in};
	if (strncmp(h->text, head, strlen(head)) != 0)
		return false;
	for (line = h->text + strlen(head); (end = strchr(line, '\n')); line = end + 1) {
		bool named = strncmp(line, "# ", 2) != 0;
		struct host *host;

		if (!split(line + (named ? 0 : 2), end, addr, name) ||
		    (!named && strlen(name) >= IFNAME_SIZE))
			return false;
		if (addr4_parse(addr, &addr4)) {
			host = append(h);
			*host = (struct host){.addr4 = addr4, .start = line - h->text};
			if (named)
				lease_ifname(name, host->ifname);
			else
				memcpy(host->ifname, name, strlen(name) + 1);
		} else if (h->count == 0 || !strchr(addr, ':') || strcmp(name, last) != 0) {
			return false;
		}
		h->list[h->count - 1].end = end + 1 - h->text;
		strcpy(last, named ? name : "");
	}
	return *line == '\0';
}

void
hosts_add(struct hosts *h, const struct lease *l)
{
	struct host *host = append(h);
	char a4[ADDR_TEXT], a6[ADDR_TEXT], *lines;
	size_t old = strlen(h->text);

	addr4_text(l->addr4, a4);
	if (!lease_name_is_host(l->tag))
		lines = text("# %s %s\n", a4, l->ifname);
	else if (l->has6)
		lines = text("%s %s\n%s %s\n", a4, l->tag, addr6_text(l->addr6, a6), l->tag);
	else
		lines = text("%s %s\n", a4, l->tag);
	h->text = realloc(h->text, old + strlen(lines) + 1);
	if (!h->text)
		die("out of memory");
	strcpy(h->text + old, lines);
	*host = (struct host){.addr4 = l->addr4, .start = old, .end = strlen(h->text)};
	strcpy(host->ifname, l->ifname);
}

void
hosts_drop(struct hosts *h, size_t i)
{
	size_t start = h->list[i].start, len = h->list[i].end - start;

	memmove(h->text + start, h->text + start + len, strlen(h->text + start + len) + 1);
	h->count--;
	for (; i < h->count; i++) {
		h->list[i] = h->list[i + 1];
		h->list[i].start -= len;
		h->list[i].end -= len;
	}
}

size_t
hosts_find(const struct hosts *h, const char *ifname)
{
	size_t i = 0;

	while (i < h->count && strcmp(h->list[i].ifname, ifname) != 0)
		i++;
	return i;
}

size_t
hosts_find_address(const struct hosts *h, uint32_t addr4)
{
	size_t i = 0;

	while (i < h->count && h->list[i].addr4 != addr4)
		i++;
	return i;
}
