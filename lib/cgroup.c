#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cgroup.h"
#include "die.h"
#include "io.h"
#include "mounts.h"
#include "step.h"

char *
cgroup_clean_name(const char *name)
{
	char *out = text("%s", ""), *copy = text("%s", name), *part, *rest = copy;

	while ((part = strsep(&rest, "/"))) {
		if (!*part)
			continue;
		if (!strcmp(part, ".") || !strcmp(part, "..") || strlen(part) > NAME_MAX)
			return NULL;
		out = text("%s%s%s", out, *out ? "/" : "", part);
	}
	return out;
}

/* A cgroup2 mount that is really there: another mount may lie on top of it. */
static bool
is_cgroup2(const char *dir)
{
	struct statfs fs;

	return statfs(dir, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* A mount that shows the whole tree is preferred to one of a part of it, as containers
 * have them; among equals the first, as it is the one made at boot. */
static bool
better_mount(const struct mount_line *m, void *arg)
{
	char **dir = arg;

	if (strcmp(m->type, "cgroup2") || !is_cgroup2(m->point))
		return false;
	if (!*dir || !strcmp(m->root, "/"))
		*dir = text("%s", m->point);
	return !strcmp(m->root, "/");
}

/* systemd's hybrid layout has it at /sys/fs/cgroup/unified, others elsewhere: only the
 * mount table knows. */
static char *
find_mount(void)
{
	char *dir = NULL;

	if (is_cgroup2("/sys/fs/cgroup"))
		return text("/sys/fs/cgroup");
	mounts_each(better_mount, &dir);
	return dir;
}

struct cgroup
cgroup_sibling(const struct cgroup *cg, char *name)
{
	struct cgroup out = {.mount = cg->mount, .name = name};

	out.path = text("%s%s%s", cg->mount, *name ? "/" : "", name);
	return out;
}

bool
cgroup_top(struct cgroup *cg)
{
	cg->mount = find_mount();
	cg->name = text("%s", "");
	cg->path = cg->mount;
	return cg->mount;
}

void
cgroup_find(struct cgroup *cg, const char *name)
{
	size_t n;
	char *clean;

	if (!cgroup_top(cg))
		die_hint("mount -t cgroup2 none /sys/fs/cgroup",
			 "find a cgroup2 mount: there is none");
	n = strlen(cg->mount);
	if (!*name)
		usage("cgroup name: it is empty");
	/* The full path that we print is taken back as a NAME.  On a hybrid host, a path that
	 * leads to cgroup v1 would otherwise be made below cgroup2, of all places. */
	if (!strncmp(name, cg->mount, n) && (name[n] == '/' || !name[n]))
		name += n;
	else if (!strncmp(name, "/sys/fs/cgroup", 14))
		usage("cgroup name %s: it is not below %s, where cgroup2 is", name, cg->mount);
	clean = cgroup_clean_name(strncmp(name, "./", 2) ? name : name + 2);
	if (!clean)
		usage("cgroup name %s: a component is '.', '..' or too long", name);
	if (!strncmp(name, "./", 2)) {
		char *own = cgroup_of(cg, 0);

		if (!own)
			die("find our own cgroup: it is not below %s", cg->mount);
		clean = text("%s%s%s", own, *own && *clean ? "/" : "", clean);
	}
	*cg = cgroup_sibling(cg, clean);
	if (strlen(cg->path) >= PATH_MAX - NAME_MAX)
		usage("cgroup name %.40s...: too long", name);
}

bool
cgroup_parent(const struct cgroup *cg, struct cgroup *parent)
{
	char *name = text("%s", cg->name), *slash = strrchr(name, '/');

	if (!*name)
		return false;
	*(slash ? slash : name) = '\0';
	*parent = cgroup_sibling(cg, name);
	return true;
}

int
cgroup_open(const struct cgroup *cg)
{
	return open(cg->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool
cgroup_exists(const struct cgroup *cg)
{
	struct stat st;

	return lstat(cg->path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *
cgroup_of(const struct cgroup *cg, pid_t pid)
{
	char *file = pid ? text("/proc/%d/cgroup", (int)pid) : text("/proc/self/cgroup");
	char *list = read_file_at(AT_FDCWD, file), *line, *rest = list;
	struct cgroup there;

	if (!list)
		return NULL;
	/* The line of hierarchy 0 is cgroup2's; cgroups(7), "/proc/[pid]/cgroup". */
	while ((line = strsep(&rest, "\n")))
		if (!strncmp(line, "0::/", 4))
			break;
	/* "/../x" is a place above our cgroup namespace's root: no path of ours leads
	 * there.  A bind mount of a part of the tree shows paths that do not exist. */
	errno = ENOENT;
	if (!line || !strncmp(line + 4, "..", 2))
		return NULL;
	there = cgroup_sibling(cg, text("%s", line + 4));
	return cgroup_exists(&there) ? there.name : NULL;
}

bool
cgroup_holds(const struct cgroup *cg, pid_t pid)
{
	char *name = cgroup_of(cg, pid);
	size_t n = strlen(cg->name);

	return name && (!n || (!strncmp(name, cg->name, n) && (!name[n] || name[n] == '/')));
}

char *
cgroup_read(const struct cgroup *cg, const char *file)
{
	return read_file_at(AT_FDCWD, text("%s/%s", cg->path, file));
}

long long
cgroup_key(const char *list, const char *key)
{
	size_t n = strlen(key);

	for (; list && *list; list += *list == '\n') {
		if (!strncmp(list, key, n) && list[n] == ' ')
			return strtoll(list + n + 1, NULL, 10);
		list += strcspn(list, "\n");
	}
	return -1;
}

bool
cgroup_has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (; list && *list; list += strspn(list, " \n")) {
		size_t len = strcspn(list, " \n");

		if (len == n && !strncmp(list, word, n))
			return true;
		list += len;
	}
	return false;
}
