#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup_usage.h"
#include "step.h"

/* Of cg and the cgroups above it: how often the limit of each was hit before. */
static struct {
	struct cgroup cg;
	long long ooms;
} before[64];
static size_t n_before;

/* The nearest that has the memory controller: what runs in cg is charged to it, and its
 * deaths are counted there. */
static struct cgroup charged;
static long long kills_before;

/* A number that is a file's whole content; -1 where there is none ("max" too). */
static long long
number(const struct cgroup *cg, const char *file)
{
	char *s = cgroup_read(cg, file), *end;
	long long n = s ? strtoll(s, &end, 10) : -1;

	return s && end != s && !*end ? n : -1;
}

/* "oom" is counted where the limit is, "oom_kill" where the victim was.  memory.events
 * adds up all below; .local (Linux 5.2) is the cgroup's own. */
static long long
local_ooms(const struct cgroup *cg)
{
	long long n = cgroup_key(cgroup_read(cg, "memory.events.local"), "oom");

	return n < 0 ? 0 : n;
}

static bool
has_memory(const struct cgroup *cg)
{
	return cgroup_read(cg, "memory.events");
}

void
cgroup_usage_begin(const struct cgroup *cg)
{
	struct cgroup up = *cg;

	n_before = 0;
	charged = *cg;
	do {
		before[n_before].cg = up;
		before[n_before++].ooms = local_ooms(&up);
		if (!has_memory(&charged))
			charged = up;
	} while (n_before < 64 && cgroup_parent(&up, &up));
	kills_before = cgroup_key(cgroup_read(&charged, "memory.events"), "oom_kill");
}

/* The cgroup in the tree below cg for which test holds first; false: none. */
static bool
find_below(const struct cgroup *cg, bool (*test)(const struct cgroup *, void *), void *arg,
	   struct cgroup *found)
{
	DIR *d = opendir(cg->path);
	struct dirent *e;
	bool is = false;

	while (d && !is && (e = readdir(d))) {
		struct cgroup child;

		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		child = cgroup_sibling(cg, text("%s/%s", cg->name, e->d_name));
		is = test(&child, arg);
		if (is)
			*found = child;
		else
			is = find_below(&child, test, arg, found);
	}
	if (d)
		closedir(d);
	return is;
}

static bool
has_oom(const struct cgroup *cg, void *unused)
{
	(void)unused;
	return local_ooms(cg) > 0;
}

static bool
add_refused(const struct cgroup *cg, void *sum)
{
	long long n = cgroup_key(cgroup_read(cg, "pids.events"), "max");

	if (n > 0)
		*(long long *)sum += n;
	return false;
}

/* From the nearest suspect outwards: cg itself, what is below it, what is above it. */
static void
find_culprit(const struct cgroup *cg, struct cgroup_usage *u)
{
	struct cgroup who;
	size_t i = 0;

	if (local_ooms(cg) <= before[0].ooms) {
		if (find_below(cg, has_oom, NULL, &who)) {
			u->oom_cgroup = who.path;
			u->oom_limit = cgroup_read(&who, "memory.max");
			return;
		}
		for (i = 1; i < n_before && local_ooms(&before[i].cg) <= before[i].ooms; i++)
			;
	}
	if (i < n_before) {
		u->oom_cgroup = before[i].cg.path;
		u->oom_limit = cgroup_read(&before[i].cg, "memory.max");
	} else if (cgroup_key(cgroup_read(cg, "memory.events"), "oom") > 0) {
		/* Our sum counts it, yet no cgroup has it: the one that did is removed. */
		u->oom_cgroup = text("a cgroup below %s, removed since", cg->path);
	}
}

struct cgroup_usage
cgroup_usage(const struct cgroup *cg)
{
	char *cpu = cgroup_read(cg, "cpu.stat"), *pids = cgroup_read(cg, "pids.events");
	struct cgroup_usage u = {
		.memory_peak = number(cg, "memory.peak"),
		.cpu_usec = cgroup_key(cpu, "usage_usec"),
		.user_usec = cgroup_key(cpu, "user_usec"),
		.system_usec = cgroup_key(cpu, "system_usec"),
		.periods = cgroup_key(cpu, "nr_periods"),
		.throttled = cgroup_key(cpu, "nr_throttled"),
		.throttled_usec = cgroup_key(cpu, "throttled_usec"),
		.pids_peak = number(cg, "pids.peak"),
		.pids_refused = cgroup_key(pids, "max"),
		.oom_kills = cgroup_key(cgroup_read(&charged, "memory.events"), "oom_kill"),
	};
	struct cgroup none;

	/* Until Linux 6.11, which brought .local, a refused fork counts only where the
	 * process is, whatever cgroup's limit it was. */
	if (pids && !cgroup_read(cg, "pids.events.local"))
		find_below(cg, add_refused, &u.pids_refused, &none);
	if (u.oom_kills > 0)
		u.oom_kills -= kills_before;
	if (u.oom_kills > 0)
		find_culprit(cg, &u);
	return u;
}
