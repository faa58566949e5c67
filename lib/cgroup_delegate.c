#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_controller.h"
#include "cgroup_delegate.h"
#include "die.h"
#include "io.h"
#include "step.h"

static void
give(const char *path, uid_t uid, gid_t gid)
{
	if (chown(path, uid, gid) < 0)
		die_errno("chown %s", path);
}

/* The kernel lists which files are the delegatee's business; the three without which
 * nothing works are all that older ones had.  The rest (memory.max, ...) stays root's:
 * cgroups(7), "Cgroup delegation". */
void
cgroup_delegate(const struct cgroup *cg, const char *user)
{
	static const char *const all[] = {"cpuset", "cpu", "io", "memory", "pids"};
	char *files = read_file_at(AT_FDCWD, "/sys/kernel/cgroup/delegate"), *file, *end;
	struct passwd *pw = getpwnam(user);
	uid_t uid = pw ? pw->pw_uid : strtoul(user, &end, 10);
	gid_t gid = pw ? pw->pw_gid : uid;

	if (!pw && (*end || end == user))
		die("delegate %s: there is no user %s", cg->path, user);
	/* Whoever gets a part of the tree can hand on only what is handed to it. */
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (cgroup_offers(cg, all[i]))
			cgroup_enable(cg, all[i], NULL);
	if (!files)
		files = text("cgroup.procs cgroup.threads cgroup.subtree_control");
	if (step(STEP_SAME, "chown %u:%u %s", uid, gid, sh(cg->path)))
		give(cg->path, uid, gid);
	while ((file = strsep(&files, " \n"))) {
		const char *path = text("%s/%s", cg->path, file), *p = sh(path);

		/* Listed are also files of controllers that are off here. */
		if (!*file || (!step_dry && access(path, F_OK) < 0))
			continue;
		if (step(STEP_SAME, "[ ! -e %s ] || chown %u:%u %s", p, uid, gid, p))
			give(path, uid, gid);
	}
}
