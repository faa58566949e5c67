/* idmap: which ids outside stand behind the ids of a user namespace; user_namespaces(7),
 * "User and group ID mappings".
 *
 * Parsing is pure; idmap_write() runs outside the new namespace, on behalf of the
 * process inside it. */
#ifndef LONGSHORE_IDMAP_H
#define LONGSHORE_IDMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { IDMAP_MAX = 340 }; /* lines that uid_map takes; user_namespaces(7) */

struct idmap_range {
	uint32_t inside, outside, count;
};

struct idmap_list {
	unsigned n;
	struct idmap_range range[IDMAP_MAX];
};

struct idmap {
	struct idmap_list uid, gid;
};

/* Append "INSIDE:OUTSIDE:COUNT" (decimal); -1 when malformed, overlapping or too many. */
int idmap_add(struct idmap_list *list, const char *spec);

/* The caller's uid and gid appear as the given ones. */
void idmap_caller(struct idmap *map, uint32_t uid, uint32_t gid);

/* The caller appears as 0, its subordinate ids (/etc/subuid, /etc/subgid) from 1 on.
 * Dies, with a hint, when it has none. */
void idmap_auto(struct idmap *map);

/* True when the caller may write the map itself, from inside: its own id alone. */
bool idmap_is_own(const struct idmap *map);

/* The map as options of unshare(1); allocated. */
char *idmap_words(const struct idmap *map);

/* The same where the ranges are root's own to give, and newuidmap(1), which unshare(1)
 * leaves them to, would ask /etc/subuid: prints what makes a user namespace, writes the
 * maps, and keeps it open as descriptor 9.  Returns the words that enter it; allocated. */
char *idmap_print(const struct idmap *map);

/* Write both maps of process pid ("self" for 0), directly when we are allowed to, by
 * newuidmap(1) and newgidmap(1) otherwise.  Dies, with a hint. */
void idmap_write(const struct idmap *map, pid_t pid);

#endif
