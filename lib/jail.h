/* jail: everything that the command line of ns-exec(1) asks for.  Parsing only: nothing
 * is opened or changed here, save the subordinate ids read for --map-auto. */
#ifndef LONGSHORE_JAIL_H
#define LONGSHORE_JAIL_H

#include <stdbool.h>

#include "binds.h"
#include "caps.h"
#include "creds.h"
#include "idmap.h"
#include "notify.h"
#include "ns.h"
#include "rlimits.h"
#include "rootfs.h"

struct jail {
	struct ns_set ns;
	bool has_map; /* map is to be written */
	bool map_own; /* from inside: it is the caller's own id alone */
	struct idmap map;
	const char *map_words; /* how unshare(1) is asked for it; NULL: range by range */
	struct rootfs root; /* dir NULL: keep the root */
	struct bind_list binds;
	unsigned long propagation; /* MS_PRIVATE, ...; 0: leave as it is */
	const char *hostname, *domainname, *workdir;
	struct creds creds;
	struct caps_change caps;
	const char *seccomp; /* "default", "none", a file; NULL: none asked */
	bool confine;        /* the defaults of --root, if without a root */
	bool allow_new_privs, allow_tiocsti;
	bool init, tty, die_with_parent;
	bool keep_fds_all;
	unsigned keep_fds; /* so many from 3 up survive the exec */
	struct rlimits rlimits;
	const char *apparmor, *selinux;
	bool keep_keyring;
	struct notify notify;
};

/* Read the options; *argv becomes the whole command line with --args files expanded, the
 * words behind the options are returned.  Ends in a usage message when they are wrong. */
char **jail_parse(struct jail *j, int argc, char ***argv, const char *help);

/* True when processes of the container may see one of ours: by a pid namespace that it
 * joins, or because it stays as init.  Also with a label, which the kernel gives at the
 * next exec, whatever that is of. */
bool jail_stays(const struct jail *j);

/* True when PROGRAM runs under a root that others may have prepared. */
bool jail_enters_root(const struct jail *j);

#endif
