#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <getopt.h>
#include <sys/mount.h>

#include "die.h"
#include "environment.h"
#include "jail_options.h"
#include "landlock.h"
#include "step.h"

static unsigned long
number(const char *option, const char *arg, unsigned long max)
{
	char *end;
	unsigned long v = strtoul(arg, &end, 10);

	if (*arg < '0' || *arg > '9' || *end || v > max)
		usage("--%s %s: not a number up to %lu", option, arg, max);
	return v;
}

static void
parse_ns(struct jail *j, struct pending *p, enum ns_kind kind)
{
	if (!optarg)
		p->wanted |= ns_types[kind].flag;
	else if (kind == NS_NET && !strchr(optarg, '/'))
		j->ns.file[kind] = text("/run/netns/%s", optarg);
	else
		j->ns.file[kind] = optarg;
	if (optarg && !*optarg)
		usage("--%s=: a file is wanted", ns_types[kind].option);
}

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
parse_propagation(struct jail *j)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} kinds[] = {{"private", MS_PRIVATE},
		     {"shared", MS_SHARED},
		     {"slave", MS_SLAVE},
		     {"unbindable", MS_UNBINDABLE},
		     {"unchanged", 0}};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		j->propagation = kinds[i].flag;
		if (strcmp(optarg, kinds[i].name) == 0)
			return;
	}
	usage("--propagation %s: private, slave, shared, unbindable or unchanged", optarg);
}

static void
parse_fds(struct jail *j)
{
	j->keep_fds_all = strcmp(optarg, "all") == 0;
	if (!j->keep_fds_all)
		j->keep_fds = number("preserve-fds", optarg, INT_MAX - 3);
}

/* Namespaces and ids.  True when the option was one of these. */
static bool
parse_spaces(struct jail *j, struct pending *p, int opt)
{
	switch (opt) {
	case OPT_ALL:
		j->ns.target_all = true;
		return true;
	case OPT_BOOTTIME:
		j->ns.boottime = optarg;
		p->wanted |= ns_types[NS_TIME].flag;
		return true;
	case OPT_MONOTONIC:
		j->ns.monotonic = optarg;
		p->wanted |= ns_types[NS_TIME].flag;
		return true;
	case OPT_MAP_AUTO:
		p->map_auto = true;
		return true;
	case OPT_MAP_CURRENT:
		p->map_current = true;
		return true;
	case OPT_MAP_ROOT:
		p->map_root = true;
		return true;
	case OPT_MAP_USERS:
	case OPT_MAP_GROUPS:
		if (idmap_add(opt == OPT_MAP_USERS ? &j->map.uid : &j->map.gid, optarg) < 0)
			usage("%s: not INSIDE:OUTSIDE:COUNT, or it overlaps another", optarg);
		return true;
	case OPT_TARGET:
		j->ns.target = number("target", optarg, INT_MAX);
		if (j->ns.target == 0)
			usage("--target 0: a process id is wanted");
		return true;
	case OPT_PROPAGATION:
		parse_propagation(j);
		return true;
	default:
		if (opt >= OPT_NS && opt <= OPT_NS_LAST)
			parse_ns(j, p, opt - OPT_NS);
		return opt >= OPT_NS && opt <= OPT_NS_LAST;
	}
}

/* The file system. */
static bool
parse_files(struct jail *j, int opt)
{
	switch (opt) {
	case OPT_BIND:
	case OPT_BIND_MAP:
	case OPT_RO_BIND:
	case OPT_TMPFS:
		if (binds_add(&j->binds,
			       opt == OPT_BIND       ? BIND_RW
			       : opt == OPT_BIND_MAP ? BIND_MAPPED
			       : opt == OPT_RO_BIND  ? BIND_RO
						     : BIND_TMPFS,
			       optarg) < 0)
			usage("%s: %s is wanted, DST absolute", optarg,
			      opt == OPT_TMPFS ? "DST[:SIZE]" : "SRC:DST");
		return true;
	case OPT_HOSTNAME:
		j->hostname = optarg;
		return true;
	case OPT_DOMAINNAME:
		j->domainname = optarg;
		return true;
	case OPT_NO_DEV:
		j->root.no_dev = true;
		return true;
	case OPT_NO_PROC:
		j->root.no_proc = true;
		return true;
	case OPT_NO_SYS:
		j->root.no_sys = true;
		return true;
	case OPT_READ_ONLY:
		j->root.read_only = true;
		return true;
	case OPT_ROOT:
		j->root.dir = optarg;
		return true;
	case OPT_SHM_SIZE:
		j->root.shm_size = optarg;
		return true;
	case OPT_UNMASK:
		j->root.unmask = true;
		return true;
	case OPT_WORKDIR:
		j->workdir = optarg;
		return true;
	default:
		return false;
	}
}

/* PROGRAM and its rights. */
static bool
parse_process(struct jail *j, struct pending *p, int opt)
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
static bool
parse_rest(struct jail *j, int opt)
{
	switch (opt) {
	case OPT_APPARMOR:
		j->apparmor = optarg;
		return true;
	case OPT_SELINUX:
		j->selinux = optarg;
		return true;
	case OPT_INFO_FD:
		j->notify.info_fd = number("info-fd", optarg, INT_MAX);
		return true;
	case OPT_READY_FD:
		j->notify.ready_fd = number("ready-fd", optarg, INT_MAX);
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

bool
jail_option(struct jail *j, struct pending *p, int opt)
{
	return parse_spaces(j, p, opt) || parse_files(j, opt) || parse_process(j, p, opt) ||
	       parse_rest(j, opt);
}
