#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "die.h"
#include "jail_options.h"

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

void
jail_settle(struct jail *j, const struct pending *p)
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
