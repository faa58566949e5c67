#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "argfile.h"
#include "cli.h"
#include "die.h"
#include "environment.h"
#include "jail.h"
#include "landlock.h"
#include "step.h"

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

static const struct option longopts[] = {
	{"all", no_argument, NULL, OPT_ALL},
	{"allow-new-privs", no_argument, NULL, OPT_ALLOW_NEW_PRIVS},
	{"allow-tiocsti", no_argument, NULL, OPT_ALLOW_TIOCSTI},
	{"apparmor", required_argument, NULL, OPT_APPARMOR},
	{"args", required_argument, NULL, OPT_ARGS},
	{"bind", required_argument, NULL, OPT_BIND},
	{"bind-map", required_argument, NULL, OPT_BIND_MAP},
	{"boottime", required_argument, NULL, OPT_BOOTTIME},
	{"cap-add", required_argument, NULL, OPT_CAP_ADD},
	{"cap-ambient", required_argument, NULL, OPT_CAP_AMBIENT},
	{"cap-drop", required_argument, NULL, OPT_CAP_DROP},
	{"cgroup", optional_argument, NULL, OPT_NS + NS_CGROUP},
	{"clear-env", no_argument, NULL, OPT_CLEAR_ENV},
	{"confine", no_argument, NULL, OPT_CONFINE},
	{"die-with-parent", no_argument, NULL, OPT_DIE_WITH_PARENT},
	{"domainname", required_argument, NULL, OPT_DOMAINNAME},
	{"env", required_argument, NULL, OPT_ENV},
	{"groups", required_argument, NULL, OPT_GROUPS},
	{"hostname", required_argument, NULL, OPT_HOSTNAME},
	{"info-fd", required_argument, NULL, OPT_INFO_FD},
	{"init", no_argument, NULL, OPT_INIT},
	{"ipc", optional_argument, NULL, OPT_NS + NS_IPC},
	{"keep-keyring", no_argument, NULL, OPT_KEEP_KEYRING},
	{"landlock-ro", required_argument, NULL, OPT_LANDLOCK_RO},
	{"landlock-rw", required_argument, NULL, OPT_LANDLOCK_RW},
	{"map-auto", no_argument, NULL, OPT_MAP_AUTO},
	{"map-current", no_argument, NULL, OPT_MAP_CURRENT},
	{"map-groups", required_argument, NULL, OPT_MAP_GROUPS},
	{"map-root", no_argument, NULL, OPT_MAP_ROOT},
	{"map-root-user", no_argument, NULL, OPT_MAP_ROOT},
	{"map-users", required_argument, NULL, OPT_MAP_USERS},
	{"monotonic", required_argument, NULL, OPT_MONOTONIC},
	{"mount", optional_argument, NULL, OPT_NS + NS_MOUNT},
	{"net", optional_argument, NULL, OPT_NS + NS_NET},
	{"no-dev", no_argument, NULL, OPT_NO_DEV},
	{"no-new-privs", no_argument, NULL, OPT_NO_NEW_PRIVS},
	{"no-proc", no_argument, NULL, OPT_NO_PROC},
	{"no-sys", no_argument, NULL, OPT_NO_SYS},
	{"oom-score-adj", required_argument, NULL, OPT_OOM_SCORE_ADJ},
	{"persist", required_argument, NULL, OPT_PERSIST},
	{"pid", optional_argument, NULL, OPT_NS + NS_PID},
	{"pid-file", required_argument, NULL, OPT_PID_FILE},
	{"preserve-fds", required_argument, NULL, OPT_PRESERVE_FDS},
	{"propagation", required_argument, NULL, OPT_PROPAGATION},
	{"read-only", no_argument, NULL, OPT_READ_ONLY},
	{"ready-fd", required_argument, NULL, OPT_READY_FD},
	{"rlimit", required_argument, NULL, OPT_RLIMIT},
	{"ro-bind", required_argument, NULL, OPT_RO_BIND},
	{"root", required_argument, NULL, OPT_ROOT},
	{"seccomp", required_argument, NULL, OPT_SECCOMP},
	{"selinux", required_argument, NULL, OPT_SELINUX},
	{"shm-size", required_argument, NULL, OPT_SHM_SIZE},
	{"start-fifo", required_argument, NULL, OPT_START_FIFO},
	{"target", required_argument, NULL, OPT_TARGET},
	{"time", optional_argument, NULL, OPT_NS + NS_TIME},
	{"tmpfs", required_argument, NULL, OPT_TMPFS},
	{"tty", no_argument, NULL, 't'},
	{"unmask", no_argument, NULL, OPT_UNMASK},
	{"unset-env", required_argument, NULL, OPT_UNSET_ENV},
	{"user", optional_argument, NULL, OPT_NS + NS_USER},
	{"user-id", required_argument, NULL, OPT_USER_ID},
	{"uts", optional_argument, NULL, OPT_NS + NS_UTS},
	{"workdir", required_argument, NULL, OPT_WORKDIR},
	CLI_LONG,
	{0},
};

/* What is known only when all options have been read. */
struct pending {
	bool map_root, map_current, map_auto;
	unsigned wanted; /* CLONE_NEW* of the bare namespace options */
	bool no_new_privs;
};

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
jail_enters_root(const struct jail *j)
{
	return j->root.dir || j->ns.file[NS_MOUNT] || j->ns.target_flags & CLONE_NEWNS;
}

bool
jail_stays(const struct jail *j)
{
	return j->init || j->ns.file[NS_PID] || j->ns.target_flags & CLONE_NEWPID ||
	       j->apparmor || j->selinux;
}

/* Bare namespace options mean the target's where there is one, new ones otherwise, as
 * with nsenter(1) and unshare(1). */
static void
settle_spaces(struct jail *j, const struct pending *p)
{
	if (j->ns.target_all && !j->ns.target)
		usage("--all needs --target PID");
	if (j->ns.target)
		j->ns.target_flags = p->wanted;
	else
		j->ns.create = p->wanted;
	for (int i = 0; j->ns.target_all && i < NS_KINDS; i++)
		j->ns.target_flags |= ns_types[i].flag;
	if (j->root.dir && !j->ns.file[NS_MOUNT])
		j->ns.create |= CLONE_NEWNS;
	if (p->map_root + p->map_current + p->map_auto + (j->map.uid.n || j->map.gid.n) > 1)
		usage("only one kind of id map can be given");
	if (p->map_root || p->map_current)
		idmap_caller(&j->map, p->map_root ? 0 : geteuid(), p->map_root ? 0 : getegid());
	if (p->map_auto)
		idmap_auto(&j->map);
	j->map_words = p->map_root      ? " --map-root-user"
		       : p->map_current ? " --map-current-user"
		       : p->map_auto    ? " --map-root-user --map-auto"
				        : NULL;
	j->has_map = j->map.uid.n || j->map.gid.n;
	j->map_own = j->has_map && idmap_is_own(&j->map);
	if (j->has_map)
		j->ns.create |= CLONE_NEWUSER;
	if (j->ns.target && j->ns.create)
		usage("new namespaces cannot be combined with --target");
	if (j->hostname && !(j->ns.create & CLONE_NEWUTS) && !j->ns.file[NS_UTS])
		usage("--hostname needs --uts, or it would rename the host");
	if (j->domainname && !(j->ns.create & CLONE_NEWUTS) && !j->ns.file[NS_UTS])
		usage("--domainname needs --uts, or it would rename the host");
	if ((j->binds.n || j->root.read_only) && !j->root.dir)
		usage("--bind, --ro-bind, --tmpfs and --read-only need --root");
	for (unsigned i = 0; i < j->binds.n; i++)
		if (j->binds.item[i].kind == BIND_MAPPED && !j->has_map)
			usage("--bind-map needs an id map, such as --map-auto");
	if (j->ns.persist && !j->ns.create)
		usage("--persist needs new namespaces");
}

static void
settle(struct jail *j, const struct pending *p)
{
	bool confine = j->root.dir || j->confine;

	settle_spaces(j, p);
	j->root.binds = &j->binds;
	/* A shared root cannot be switched to, nor an unbindable one be bound: made so when
	 * it stands, out of private mounts. */
	if (j->root.dir && (j->propagation == MS_SHARED || j->propagation == MS_UNBINDABLE)) {
		j->root.propagation = j->propagation;
		j->propagation = MS_PRIVATE;
	}
	j->root.cgroup_view = j->ns.create & CLONE_NEWCGROUP;
	j->creds.no_new_privs = p->no_new_privs || (confine && !j->allow_new_privs);
	j->creds.clear_groups = confine;
	j->creds.limit = confine || j->caps.asked;
	j->creds.keep = caps_apply(confine ? caps_container : UINT64_MAX, &j->caps);
	j->creds.ambient = j->caps.ambient & j->creds.keep;
	if (!j->seccomp)
		j->seccomp = confine ? "default" : "none";
	if (!confine)
		j->allow_tiocsti = j->keep_keyring = true;
	if (!confine && !(j->ns.target_flags & CLONE_NEWNS))
		j->keep_fds_all = true;
}

char **
jail_parse(struct jail *j, int argc, char ***argv, const char *help)
{
	struct pending p = {0};
	int opt;

	*j = (struct jail){.propagation = MS_PRIVATE, .root.shm_size = "64m",
			   .notify = {.info_fd = -1, .ready_fd = -1}};
	while ((opt = getopt_long(argc, *argv, "+" CLI_SHORT "t", longopts, NULL)) != -1) {
		if (opt == OPT_ARGS)
			*argv = argfile_expand(&argc, *argv, optarg);
		else if (!parse_spaces(j, &p, opt) && !parse_files(j, opt) &&
			 !parse_process(j, &p, opt) && !parse_rest(j, opt))
			cli_common(opt, help);
	}
	settle(j, &p);
	return *argv + optind;
}
