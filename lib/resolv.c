#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hosts.h"
#include "io.h"
#include "resolv.h"
#include "step.h"
#include "subnet.h"

/* Where systemd-resolved keeps the servers behind its stub at 127.0.0.53. */
#define RESOLVED_FILE "/run/systemd/resolve/resolv.conf"

/* A server that answers the host but not a container: on the host's loopback, or an
 * address that needs an interface's name to mean anything. */
static bool
out_of_reach(const char *server)
{
	unsigned char a6[16];
	uint32_t a4;

	if (addr4_parse(server, &a4))
		return a4 >> 24 == 127 || a4 == 0;
	if (!addr6_parse(server, a6))
		return true; /* "fe80::1%eth0", or nonsense */
	return (a6[0] == 0xfe && (a6[1] & 0xc0) == 0x80) ||
	       strspn(server, "0:") == strlen(server) || strcmp(server, "::1") == 0;
}

/* Copy what is of use to a container; *servers counts the nameserver lines. */
static char *
filter(const char *path, int *servers)
{
	char *in = read_file_at(AT_FDCWD, path), *out = text("%s", "");
	char *save = NULL;

	*servers = 0;
	if (!in)
		return out;
	for (char *line = strtok_r(in, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char key[16], value[64];
		int words = sscanf(line, "%15s %63s", key, value);

		if (words < 2 || key[0] == '#' || key[0] == ';')
			continue;
		if (strcmp(key, "nameserver") == 0) {
			if (out_of_reach(value))
				continue;
			++*servers;
		}
		out = text("%s%s\n", out, line);
	}
	return out;
}

char *
resolv_text(char *const *dns, int count)
{
	char *out = text("%s\n", HOSTS_MARK), *body;
	int servers = count, upstream;

	for (int i = 0; i < count; i++)
		out = text("%snameserver %s\n", out, dns[i]);
	if (count > 0)
		return out;
	body = filter("/etc/resolv.conf", &servers);
	if (servers > 0)
		return text("%s%s", out, body);
	out = text("%s%s", out, body);
	body = filter(RESOLVED_FILE, &upstream);
	if (upstream > 0)
		return text("%s\n%s", HOSTS_MARK, body);
	return text("%snameserver 1.1.1.1\nnameserver 9.9.9.9\n", out);
}
