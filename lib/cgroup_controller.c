#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_controller.h"
#include "cgroup_make.h"
#include "cgroup_undo.h"
#include "die.h"
#include "io.h"
#include "mounts.h"
#include "step.h"

/* The io controller is called blkio in v1. */
static const char *
v1_name(const char *controller)
{
	return strcmp(controller, "io") ? controller : "blkio";
}

struct v1 {
	const char *option;
	char *dir;
};

static bool
is_v1_mount(const struct mount_line *m, void *arg)
{
	struct v1 *v1 = arg;

	if (strcmp(m->type, "cgroup") || !mounts_option(m->super, v1->option))
		return false;
	v1->dir = text("%s", m->point);
	return true;
}

static char *
v1_mount(const char *controller)
{
	struct v1 v1 = {.option = v1_name(controller)};

	mounts_each(is_v1_mount, &v1);
	return v1.dir;
}

/* /proc/cgroups: "NAME HIERARCHY COUNT ENABLED" a line; hierarchy 0 is cgroup2. */
static bool
known_controller(const char *controller, int *hierarchy, int *enabled)
{
	char *list = read_file_at(AT_FDCWD, "/proc/cgroups"), *line, *rest = list;
	size_t n = strlen(v1_name(controller));

	while (rest && (line = strsep(&rest, "\n")))
		if (!strncmp(line, v1_name(controller), n) && line[n] == '\t' &&
		    sscanf(line + n, "%d %*d %d", hierarchy, enabled) == 2)
			return true;
	return false;
}

char *
cgroup_holder(const struct cgroup *cg, const char *controller, const char **fix)
{
	char *v1 = v1_mount(controller);
	int hierarchy = 0, enabled = 1;
	bool known = known_controller(controller, &hierarchy, &enabled);

	*fix = text("boot with cgroup_no_v1=%s (or all), on systemd also with "
		    "systemd.unified_cgroup_hierarchy=1; in a source tree tests/rig/vm "
		    "starts such a kernel", v1_name(controller));
	if (v1)
		return text("cgroup v1 holds it at %s", v1);
	if (known && enabled && hierarchy)
		return text("cgroup v1 holds it (hierarchy %d of /proc/cgroups, mounted "
			    "nowhere in sight)", hierarchy);
	*fix = text("boot without cgroup_disable=%s", controller);
	if (known && !enabled)
		return text("it is disabled on the kernel's command line");
	*fix = text("its manager must hand it down: echo +%s > .../cgroup.subtree_control "
		    "above, Delegate=yes for a systemd unit, --cgroupns=host for a container",
		    controller);
	if (known)
		return text("it is not handed down to %s", cg->mount);
	*fix = text("%s has: %s", cg->mount, cgroup_read(&(struct cgroup){.path = cg->mount},
							 "cgroup.controllers"));
	return text("this kernel has no such controller");
}

/* One controller a write: of several, the first that fails would take the rest along. */
static int
hand_down(const struct cgroup *dir, const char *controller)
{
	return write_file_at(AT_FDCWD, text("%s/cgroup.subtree_control", dir->path),
			     text("+%s", controller));
}

/* Whether the caller is the only process in cg itself. */
static bool
only_us(const struct cgroup *cg)
{
	char *procs = cgroup_read(cg, "cgroup.procs");

	return procs && !strcmp(procs, text("%d", (int)getpid()));
}

static const char *
enable_hint(const struct cgroup *dir, const char *controller)
{
	const char *p = sh(dir->path);

	switch (errno) {
	case EBUSY:
		return text("%s holds processes itself, and a cgroup that hands controllers "
			    "to its children may not (cgroups(7), \"no internal processes\"); "
			    "move them into a leaf: mkdir %s/leaf; for p in $(cat %s/cgroup.procs); "
			    "do echo $p > %s/leaf/cgroup.procs; done", dir->path, p, p, p);
	case EACCES:
	case EPERM:
		return text("only the owner of %s may; root can prepare a part of the tree: "
			    "cg-place --delegate USER NAME", dir->path);
	case EROFS:
		return text("%s is mounted read-only, as containers have it", dir->mount);
	case EOPNOTSUPP:
		return text("%s is threaded: it takes thread controllers only; cgroups(7)",
			    dir->path);
	case EINVAL:
		return strcmp(controller, "cpu") ? NULL :
			"the kernel refuses while real-time processes are outside the root cgroup";
	}
	return NULL;
}

bool
cgroup_offers(const struct cgroup *cg, const char *controller)
{
	struct cgroup top = cgroup_sibling(cg, text("%s", ""));

	return cgroup_has_word(cgroup_read(&top, "cgroup.controllers"), controller);
}

void
cgroup_check_offered(const struct cgroup *cg, const char *controller)
{
	const char *fix;
	char *who;

	if (cgroup_offers(cg, controller))
		return;
	who = cgroup_holder(cg, controller, &fix);
	if (!step_dry)
		die_hint(fix, "use the %s controller in %s: %s", controller, cg->mount, who);
	warn("use the %s controller in %s: %s", controller, cg->mount, who);
	hint("%s", fix);
}

/* The cgroup that we have left so that it could hand controllers down. */
static const char *vacated;

/* Leave dir for refuge, then hand down. */
static bool
make_room(const struct cgroup *dir, const char *controller, const struct cgroup *refuge)
{
	if (!refuge || errno != EBUSY || !only_us(dir))
		return false;
	cgroup_make(refuge);
	cgroup_move(refuge, 0);
	vacated = dir->path;
	return hand_down(dir, controller) == 0;
}

/* From the top down: a cgroup can hand down only what it was handed. */
void
cgroup_enable(const struct cgroup *cg, const char *controller, const struct cgroup *refuge)
{
	struct cgroup dir;

	if (!cgroup_parent(cg, &dir))
		return;
	cgroup_enable(&dir, controller, NULL);
	if (cgroup_has_word(cgroup_read(&dir, "cgroup.subtree_control"), controller))
		return;
	if (!step(STEP_SAME, "echo +%s > %s/cgroup.subtree_control", controller, sh(dir.path)))
		return;
	if (hand_down(&dir, controller) < 0 && !make_room(&dir, controller, refuge))
		die_errno_hint(enable_hint(&dir, controller), "enable %s in %s", controller,
			       dir.path);
	/* Only once it hands nothing down may we come back to it. */
	if (vacated && !strcmp(vacated, dir.path))
		cgroup_remember(text("%s/cgroup.subtree_control", dir.path),
				text("-%s", controller));
}
