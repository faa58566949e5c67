#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_make.h"
#include "cgroup_undo.h"
#include "die.h"
#include "io.h"
#include "step.h"

static const char *
mkdir_hint(const struct cgroup *cg)
{
	switch (errno) {
	case EACCES:
	case EPERM:
		return "root can prepare a part of the tree: cg-place --delegate USER NAME; or "
		       "systemd-run --user --scope -p Delegate=yes -- cg-place ./NAME ...";
	case EAGAIN:
		return "cgroup.max.depth or cgroup.max.descendants of a cgroup above is reached";
	case EROFS:
		return text("%s is mounted read-only, as containers have it", cg->mount);
	case ENOTDIR:
	case EEXIST:
		return "a file of the cgroup has that name";
	}
	return NULL;
}

static void
make_dirs(const struct cgroup *cg)
{
	struct cgroup up;

	for (int tries = 0; !cgroup_exists(cg); tries++) {
		if (cgroup_parent(cg, &up))
			make_dirs(&up);
		if (mkdir(cg->path, 0755) == 0)
			cgroup_remember(cg->path, NULL);
		else if (errno == EEXIST && cgroup_exists(cg))
			return; /* another cg-place was faster: not ours to undo */
		else if (errno != ENOENT || tries == 100)
			die_errno_hint(mkdir_hint(cg), "mkdir %s", cg->path);
		/* ENOENT: another has just taken back a parent that it had made. */
	}
}

bool
cgroup_make(const struct cgroup *cg)
{
	struct cgroup up;

	if (cgroup_exists(cg))
		return false;
	if (step(STEP_SAME, "mkdir %s%s",
		 cgroup_parent(cg, &up) && !cgroup_exists(&up) ? "-p " : "", sh(cg->path)))
		make_dirs(cg);
	return true;
}

/* What a file must be given to be as it was.  The keyed files (io.max) hold a line for
 * each disk, of which a write changes one. */
static char *
former_value(const char *file, const char *old, const char *value)
{
	size_t n = strcspn(value, " ");
	const char *line = old;

	if (strncmp(file, "io.", 3))
		return text("%s\n", old); /* the newline: cpuset.cpus is emptied by it */
	for (; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");

		if (!strncmp(line, value, n) && line[n] == ' ')
			return text("%.*s", (int)len, line);
		line += len;
	}
	if (!strcmp(file, "io.max"))
		return text("%.*s rbps=max wbps=max riops=max wiops=max", (int)n, value);
	return text("%.*s default", (int)n, value);
}

/* The files that begin alike, for a name that is not there. */
static char *
files_like(const struct cgroup *cg, const char *file)
{
	size_t n = strcspn(file, ".");
	DIR *d = opendir(cg->path);
	char *list = text("%s", "");
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, file, n + 1) && strlen(e->d_name) > n)
			list = text("%s %s", list, e->d_name);
	if (d)
		closedir(d);
	return list;
}

static const char *
set_hint(const struct cgroup *cg, const char *file)
{
	struct cgroup up;
	char *like;

	switch (errno) {
	case ENOENT:
		like = files_like(cg, file);
		return *like ? text("this kernel has no such file here; it has:%s", like) : NULL;
	case EINVAL:
	case ERANGE:
	case ENOSPC:
		if (!strncmp(file, "cpuset.", 7) && cgroup_parent(cg, &up))
			return text("CPUs to choose from: %s; memory nodes: %s",
				    cgroup_read(&up, "cpuset.cpus.effective"),
				    cgroup_read(&up, "cpuset.mems.effective"));
		return NULL;
	case ENODEV:
	case EOPNOTSUPP:
		return strncmp(file, "io.", 3) ? NULL :
			"want a whole disk, lsblk(8); io.weight of one disk also wants the bfq "
			"scheduler or io.cost.qos";
	case EACCES:
	case EPERM:
		return "limits belong to whoever delegated the cgroup: set them in one below it";
	case EBUSY:
		return strcmp(file, "memory.max") ? NULL :
			"the memory in use can't be brought below the new limit";
	}
	return NULL;
}

/* What is read from these can't be written back. */
static bool
is_command(const char *file)
{
	return !strcmp(file, "cgroup.procs") || !strcmp(file, "cgroup.threads") ||
	       !strcmp(file, "cgroup.subtree_control") || !strcmp(file, "cgroup.kill") ||
	       !strcmp(file, "memory.reclaim");
}

void
cgroup_set(const struct cgroup *cg, const char *file, const char *value)
{
	char *path = text("%s/%s", cg->path, file), *old;

	if (!step(STEP_SAME, "echo %s > %s", sh(value), sh(path)))
		return;
	/* Going away with the directory is undo enough for what we made ourselves; and some
	 * files are commands, not values. */
	old = cgroup_will_unmake(cg->path) || is_command(file) ? NULL : cgroup_read(cg, file);
	if (write_file_at(AT_FDCWD, path, value) < 0)
		die_errno_hint(set_hint(cg, file), "write %s to %s", value, path);
	if (old)
		cgroup_remember(path, former_value(file, old, value));
}

void
cgroup_die_place(const struct cgroup *cg, const char *what)
{
	const char *why = NULL;

	if (errno == EBUSY)
		why = text("%s hands controllers (%s) to cgroups below it, so it may hold no "
			   "processes itself (cgroups(7), \"no internal processes\"); use a leaf: "
			   "%s/NAME", cg->path, cgroup_read(cg, "cgroup.subtree_control"),
			   cg->name);
	else if (errno == EACCES || errno == EPERM)
		why = text("a move needs write access to cgroup.procs of the lowest cgroup above "
			   "both places; start from inside a delegated one: systemd-run --user "
			   "--scope -p Delegate=yes -- cg-place ./NAME ...");
	else if (errno == EOPNOTSUPP)
		why = "its cgroup.type is not domain: see cgroups(7), \"Thread mode\"";
	else if (errno == ENOSPC)
		why = "no CPU or memory node is left in its cpuset";
	else if (errno == EINVAL)
		why = "kernel threads stay where they are";
	die_errno_hint(why, "move %s into %s", what, cg->path);
}

void
cgroup_move(const struct cgroup *cg, pid_t pid)
{
	char *path = text("%s/cgroup.procs", cg->path), *from = cgroup_of(cg, pid);
	struct cgroup old = cgroup_sibling(cg, from ? from : text("%s", ""));

	/* "0" is the writer itself: echo is built into sh, so that is the shell. */
	if (!step(STEP_SAME, "echo %d > %s", (int)pid, sh(path)))
		return;
	if (write_file_at(AT_FDCWD, path, text("%d", (int)pid)) < 0)
		cgroup_die_place(cg, pid ? text("process %d", (int)pid) : "this process");
	cgroup_remember(text("%s/cgroup.procs", old.path), text("%d", (int)pid));
}
