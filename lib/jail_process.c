#include <getopt.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "die.h"
#include "environment.h"
#include "jail_options.h"
#include "landlock.h"

static void
parse_cap(struct jail *j, int opt)
{
	uint64_t set = caps_parse(optarg);
	bool all = set == UINT64_MAX;

	if (!set)
		usage("%s: no such capability; capabilities(7)", optarg);
	j->caps.asked = true;
	if (opt == OPT_CAP_ADD) {
		j->caps.add |= all ? 0 : set;
		j->caps.add_all |= all;
	} else if (opt == OPT_CAP_DROP) {
		j->caps.drop |= all ? 0 : set;
		j->caps.drop_all |= all;
	} else {
		j->caps.ambient |= set;
	}
}

static void
parse_fds(struct jail *j)
{
	j->keep_fds_all = strcmp(optarg, "all") == 0;
	if (!j->keep_fds_all)
		j->keep_fds = jail_number("preserve-fds", optarg, INT_MAX - 3);
}

/* PROGRAM and its rights. */
bool
jail_process_option(struct jail *j, struct pending *p, int opt)
{
	switch (opt) {
	case OPT_ALLOW_NEW_PRIVS:
		j->allow_new_privs = true;
		return true;
	case OPT_ALLOW_TIOCSTI:
		j->allow_tiocsti = true;
		return true;
	case OPT_CAP_ADD:
	case OPT_CAP_AMBIENT:
	case OPT_CAP_DROP:
		parse_cap(j, opt);
		return true;
	case OPT_CLEAR_ENV:
		environment_clear();
		return true;
	case OPT_CONFINE:
		j->confine = true;
		return true;
	case OPT_DIE_WITH_PARENT:
		j->die_with_parent = true;
		return true;
	case OPT_ENV:
		if (environment_set(optarg) < 0)
			usage("--env %s: NAME=VALUE is wanted", optarg);
		return true;
	case OPT_UNSET_ENV:
		if (environment_unset(optarg) < 0)
			usage("--unset-env %s: a name is wanted", optarg);
		return true;
	case OPT_GROUPS:
		if (creds_parse_groups(&j->creds, optarg) < 0)
			usage("--groups %s: GID[,GID]... in decimal is wanted", optarg);
		return true;
	case OPT_USER_ID:
		if (creds_parse_user(&j->creds, optarg) < 0)
			usage("--user-id %s: UID[:GID] in decimal is wanted", optarg);
		return true;
	case OPT_INIT:
		j->init = true;
		return true;
	case OPT_NO_NEW_PRIVS:
		p->no_new_privs = true;
		return true;
	case OPT_PRESERVE_FDS:
		parse_fds(j);
		return true;
	case OPT_SECCOMP:
		j->seccomp = optarg;
		return true;
	case 't':
		j->tty = true;
		return true;
	default:
		return false;
	}
}

/* Limits, labels, and who is told. */
bool
jail_notice_option(struct jail *j, int opt)
{
	switch (opt) {
	case OPT_APPARMOR:
		j->apparmor = optarg;
		return true;
	case OPT_SELINUX:
		j->selinux = optarg;
		return true;
	case OPT_INFO_FD:
		j->notify.info_fd = jail_number("info-fd", optarg, INT_MAX);
		return true;
	case OPT_READY_FD:
		j->notify.ready_fd = jail_number("ready-fd", optarg, INT_MAX);
		return true;
	case OPT_PID_FILE:
		j->notify.pid_file = optarg;
		return true;
	case OPT_START_FIFO:
		j->notify.start_fifo = optarg;
		return true;
	case OPT_PERSIST:
		j->ns.persist = optarg;
		return true;
	case OPT_KEEP_KEYRING:
		j->keep_keyring = true;
		return true;
	case OPT_LANDLOCK_RO:
	case OPT_LANDLOCK_RW:
		if (landlock_add(optarg, opt == OPT_LANDLOCK_RW) < 0)
			usage("too many --landlock paths");
		return true;
	case OPT_OOM_SCORE_ADJ:
		j->rlimits.oom_score_adj = optarg;
		return true;
	case OPT_RLIMIT:
		if (rlimits_parse(&j->rlimits, optarg) < 0)
			usage("--rlimit %s: NAME=SOFT[:HARD] is wanted; prlimit(1)", optarg);
		return true;
	default:
		return false;
	}
}
