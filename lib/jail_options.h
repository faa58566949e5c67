/* jail_options: the options of ns-exec(1), for the files that read its command line: the
 * table (jail.c), one option at a time (jail_options.c: where PROGRAM is; jail_process.c:
 * what it is and may), and what they come to together (jail_settle.c). */
#ifndef LONGSHORE_JAIL_OPTIONS_H
#define LONGSHORE_JAIL_OPTIONS_H

#include <stdbool.h>

#include "jail.h"

enum option_value {
	OPT_ALL = 256,
	OPT_ALLOW_NEW_PRIVS,
	OPT_ALLOW_TIOCSTI,
	OPT_APPARMOR,
	OPT_ARGS,
	OPT_BIND,
	OPT_BIND_MAP,
	OPT_BOOTTIME,
	OPT_CAP_ADD,
	OPT_CAP_AMBIENT,
	OPT_CAP_DROP,
	OPT_CLEAR_ENV,
	OPT_CONFINE,
	OPT_DIE_WITH_PARENT,
	OPT_DOMAINNAME,
	OPT_ENV,
	OPT_GROUPS,
	OPT_HOSTNAME,
	OPT_INFO_FD,
	OPT_INIT,
	OPT_KEEP_KEYRING,
	OPT_LANDLOCK_RO,
	OPT_LANDLOCK_RW,
	OPT_MAP_AUTO,
	OPT_MAP_CURRENT,
	OPT_MAP_GROUPS,
	OPT_MAP_ROOT,
	OPT_MAP_USERS,
	OPT_MONOTONIC,
	OPT_NO_DEV,
	OPT_NO_NEW_PRIVS,
	OPT_NO_PROC,
	OPT_NO_SYS,
	OPT_NS, /* and the NS_KINDS - 1 values behind it */
	OPT_NS_LAST = OPT_NS + NS_KINDS - 1,
	OPT_OOM_SCORE_ADJ,
	OPT_PERSIST,
	OPT_PID_FILE,
	OPT_PRESERVE_FDS,
	OPT_PROPAGATION,
	OPT_READY_FD,
	OPT_READ_ONLY,
	OPT_RLIMIT,
	OPT_ROOT,
	OPT_RO_BIND,
	OPT_SECCOMP,
	OPT_SELINUX,
	OPT_SHM_SIZE,
	OPT_START_FIFO,
	OPT_TARGET,
	OPT_TMPFS,
	OPT_UNMASK,
	OPT_UNSET_ENV,
	OPT_USER_ID,
	OPT_WORKDIR,
};

/* What is known only when all options have been read. */
struct pending {
	bool map_root, map_current, map_auto;
	unsigned wanted; /* CLONE_NEW* of the bare namespace options */
	bool no_new_privs;
};

/* Store what an option says; optarg is its value.  False when it is none of these. */
bool jail_option(struct jail *j, struct pending *p, int opt);

/* The part of jail_option() for PROGRAM and its rights. */
bool jail_process_option(struct jail *j, struct pending *p, int opt);

/* The part for limits, labels and who is told. */
bool jail_notice_option(struct jail *j, int opt);

/* A decimal option value; ends in a usage message above max or when it is none. */
unsigned long jail_number(const char *option, const char *arg, unsigned long max);

/* The consequences, once all options are read.  Ends in a usage message when they
 * contradict each other. */
void jail_settle(struct jail *j, const struct pending *p);

#endif
