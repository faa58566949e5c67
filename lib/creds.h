/* creds: who PROGRAM is and what it may become: user, groups, capabilities,
 * no_new_privs; credentials(7). */
#ifndef LONGSHORE_CREDS_H
#define LONGSHORE_CREDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { CREDS_GROUPS_MAX = 64 };

struct creds {
	bool has_user, has_group, has_groups;
	uid_t uid;
	gid_t gid;
	unsigned n_groups;
	gid_t groups[CREDS_GROUPS_MAX];
	bool clear_groups; /* as has_user does; a refusal is no failure */
	bool limit;        /* bring the capabilities down to keep */
	uint64_t keep, ambient;
	bool no_new_privs;
};

/* "UID[:GID]" and "GID[,GID]...", decimal; -1 when malformed. */
int creds_parse_user(struct creds *c, const char *spec);
int creds_parse_groups(struct creds *c, const char *spec);

/* Become the root of the user namespace we are in, where 0 is mapped: until then we are
 * the overflow user to every file system, and what we create fails with EOVERFLOW. */
void creds_become_root(void);

/* All of it, in the order that the kernel's rules force.  Dies on failure. */
void creds_apply(const struct creds *c);

/* The supplementary groups as "GID,GID", "" for none; allocated. */
char *creds_group_words(const struct creds *c);

/* The same as a setpriv(1) command line, "" when there is nothing to do; allocated. */
char *creds_words(const struct creds *c);

#endif
