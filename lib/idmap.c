#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps.h"
#include "die.h"
#include "idmap.h"
#include "io.h"
#include "step.h"

/* A decimal number up to 2^32 - 2; (uid_t)-1 means "unchanged" to the kernel. */
static bool
parse_id(const char **s, uint32_t *id)
{
	unsigned long long v;
	char *end;

	if (**s < '0' || **s > '9')
		return false;
	errno = 0;
	v = strtoull(*s, &end, 10);
	*s = end;
	*id = v;
	return errno == 0 && v < UINT32_MAX;
}

static bool
overlap(uint32_t a, uint32_t b, uint32_t a_count, uint32_t b_count)
{
	return a < (uint64_t)b + b_count && b < (uint64_t)a + a_count;
}

int
idmap_add(struct idmap_list *list, const char *spec)
{
	struct idmap_range r;
	const char *s = spec;

	if (list->n == IDMAP_MAX)
		return -1;
	if (!parse_id(&s, &r.inside) || *s++ != ':' || !parse_id(&s, &r.outside) ||
	    *s++ != ':' || !parse_id(&s, &r.count) || *s || r.count == 0)
		return -1;
	if ((uint64_t)r.inside + r.count > UINT32_MAX ||
	    (uint64_t)r.outside + r.count > UINT32_MAX)
		return -1;
	for (unsigned i = 0; i < list->n; i++) {
		const struct idmap_range *o = &list->range[i];

		if (overlap(r.inside, o->inside, r.count, o->count) ||
		    overlap(r.outside, o->outside, r.count, o->count))
			return -1;
	}
	list->range[list->n++] = r;
	return 0;
}

void
idmap_caller(struct idmap *map, uint32_t uid, uint32_t gid)
{
	map->uid = (struct idmap_list){1, {{uid, geteuid(), 1}}};
	map->gid = (struct idmap_list){1, {{gid, getegid(), 1}}};
}

/* Lines are NAME:START:COUNT or UID:START:COUNT; a user may have several; subuid(5). */
static void
add_subordinate(struct idmap_list *list, const char *path, const char *name)
{
	char *all = read_file_at(AT_FDCWD, path), *uid = text("%u", geteuid());
	uint64_t next = list->range[list->n - 1].inside + 1;

	for (char *line = all ? strtok(all, "\n") : NULL; line; line = strtok(NULL, "\n")) {
		char *range = strchr(line, ':');
		unsigned long start, count;

		if (!range)
			continue;
		*range++ = '\0';
		if ((strcmp(line, name) != 0 && strcmp(line, uid) != 0) ||
		    sscanf(range, "%lu:%lu", &start, &count) != 2)
			continue;
		if (idmap_add(list, text("%llu:%lu:%lu", (unsigned long long)next, start,
					 count)) < 0)
			die("%s: cannot use the range %lu:%lu of %s", path, start, count, name);
		next += count;
	}
	if (list->n > 1)
		return;
	complain("%s: no subordinate ids for %s", path, name);
	hint("usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s (as root) "
	     "adds them to /etc/subuid and /etc/subgid; --map-root does without",
	     name);
	exit(die_status);
}

void
idmap_auto(struct idmap *map)
{
	struct passwd *pw = getpwuid(geteuid());
	char *name = pw ? text("%s", pw->pw_name) : text("%u", geteuid());

	idmap_caller(map, 0, 0);
	add_subordinate(&map->uid, "/etc/subuid", name);
	add_subordinate(&map->gid, "/etc/subgid", name);
}

static bool
own(const struct idmap_list *list, uint32_t id)
{
	return list->n == 1 && list->range[0].count == 1 && list->range[0].outside == id;
}

bool
idmap_is_own(const struct idmap *map)
{
	return own(&map->uid, geteuid()) && own(&map->gid, getegid());
}

/* One write(2) for all lines: the kernel takes the map once and whole. */
static int
write_list(const char *path, const struct idmap_list *list)
{
	char *s = text("%s", "");

	for (unsigned i = 0; i < list->n; i++)
		s = text("%s%u %u %u\n", s, list->range[i].inside, list->range[i].outside,
			 list->range[i].count);
	return write_file_at(AT_FDCWD, path, s);
}

/* newuidmap(1) is set-user-ID root and checks the ranges against /etc/subuid itself. */
static void
run_helper(const char *helper, pid_t pid, const struct idmap_list *list)
{
	char *argv[3 * IDMAP_MAX + 3] = {text("%s", helper), text("%d", pid)};
	int status, n = 2;
	pid_t child;

	for (unsigned i = 0; i < list->n; i++) {
		argv[n++] = text("%u", list->range[i].inside);
		argv[n++] = text("%u", list->range[i].outside);
		argv[n++] = text("%u", list->range[i].count);
	}
	argv[n] = NULL;
	errno = posix_spawnp(&child, helper, NULL, NULL, argv, environ);
	if (errno)
		die_errno_hint("the package uidmap has it; --map-root does without",
			       "run %s", helper);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return;
	complain("%s refused the map", helper);
	hint("it allows what /etc/subuid and /etc/subgid list for the caller, and must be "
	     "set-user-ID root");
	exit(die_status);
}

/* The kernel accepts gid_map from an unprivileged writer only after setgroups is
 * denied, else leaving a group could *grant* access to what the group is barred from;
 * user_namespaces(7), "The /proc/pid/setgroups file". */
static void
write_one(const struct idmap_list *list, pid_t pid, bool group)
{
	const char *helper = group ? "newgidmap" : "newuidmap";
	char *dir = pid ? text("/proc/%d", pid) : text("/proc/self");
	char *path = text("%s/%s_map", dir, group ? "gid" : "uid");
	bool power = caps_effective() >> (group ? CAP_SETGID : CAP_SETUID) & 1;

	if (list->n == 0)
		return;
	/* In the new namespace itself all capabilities are there, yet count for nothing
	 * here: what counts is the parent's. */
	if (pid == 0 || (!power && own(list, group ? getegid() : geteuid()))) {
		if (group && write_file_at(AT_FDCWD, text("%s/setgroups", dir), "deny") < 0 &&
		    errno != ENOENT)
			die_errno("deny setgroups in %s", dir);
	} else if (!power) {
		run_helper(helper, pid, list);
		return;
	}
	if (write_list(path, list) < 0)
		die_errno_hint(errno == EPERM || errno == EACCES
				       ? "an LSM or a hidepid mount of /proc may stand in the way, or "
					 "the range holds ids that the caller does not have"
				       : NULL,
			       "write %s", path);
}

void
idmap_write(const struct idmap *map, pid_t pid)
{
	write_one(&map->uid, pid, false);
	write_one(&map->gid, pid, true);
}
