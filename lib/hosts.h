/* hosts: the hosts file that all containers on one bridge share; hosts(5).
 *
 *	# made by net-plumb(1)
 *	127.0.0.1 localhost
 *	::1 localhost ip6-localhost ip6-loopback
 *	10.209.0.2 web
 *	fd12:...::2 web
 *	# 10.209.0.3 ls_2f3a90c41b7e
 *
 * It is also an index of who is on the bridge: a NAME that no host can have stands there
 * as a comment, by its interface.  The kernel alone knows the truth (lease.h), but 500
 * lines are read forty times sooner than it tells of 500 interfaces.
 * Pure: works on text. */
#ifndef LONGSHORE_HOSTS_H
#define LONGSHORE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lease.h"

#define HOSTS_MARK "# made by net-plumb(1)"

/* One container's lines. */
struct host {
	uint32_t addr4;
	char ifname[IFNAME_SIZE];
	size_t start, end; /* bytes of the text */
};

/* Zero is not valid: hosts_new() or hosts_parse() first.  Never freed. */
struct hosts {
	char *text;
	struct host *list; /* in the order of the lines */
	size_t count, cap;
};

/* A file that lists nobody yet. */
void hosts_new(struct hosts *h);

/* Parse what hosts_add() wrote; text becomes a part of *h.  false: it holds something
 * else. */
bool hosts_parse(char *text, struct hosts *h);

/* Append a container's lines: addr6 where l->has6. */
void hosts_add(struct hosts *h, const struct lease *l);

/* Remove the lines of the i-th. */
void hosts_drop(struct hosts *h, size_t i);

/* The i-th with this interface or address; h->count: none. */
size_t hosts_find(const struct hosts *h, const char *ifname);
size_t hosts_find_address(const struct hosts *h, uint32_t addr4);

#endif
