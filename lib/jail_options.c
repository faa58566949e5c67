#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "die.h"
#include "jail_options.h"
#include "step.h"

unsigned long
jail_number(const char *option, const char *arg, unsigned long max)
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
		j->ns.target = jail_number("target", optarg, INT_MAX);
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

bool
jail_option(struct jail *j, struct pending *p, int opt)
{
	return parse_spaces(j, p, opt) || parse_files(j, opt) || jail_process_option(j, p, opt) ||
	       jail_notice_option(j, opt);
}
