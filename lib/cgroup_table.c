#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup_controller.h"
#include "cgroup_table.h"
#include "cgroup_value.h"
#include "die.h"
#include "step.h"

void
cgroup_print_file(const struct cgroup *cg, const char *file)
{
	char *controller = cgroup_controller_of(file), *s;
	const char *fix, *who;

	if (strchr(file, '/'))
		usage("-g %s: want a file of the cgroup", file);
	if (!step(STEP_SAME, "cat %s", sh(text("%s/%s", cg->path, file))))
		return;
	s = cgroup_read(cg, file);
	if (s) {
		printf("%s%s", s, *s ? "\n" : "");
		return;
	}
	if (errno != ENOENT || !controller ||
	    cgroup_has_word(cgroup_read(cg, "cgroup.controllers"), controller))
		die_errno("read %s/%s", cg->path, file);
	errno = ENOENT;
	if (cgroup_offers(cg, controller))
		die_errno_hint(text("the %s controller is off here; setting one of its files "
				    "turns it on: cg-place %s %s.FILE=VALUE", controller,
				    cg->name, controller),
			       "read %s/%s", cg->path, file);
	who = cgroup_holder(cg, controller, &fix);
	die_hint(fix, "read %s/%s: no %s controller: %s", cg->path, file, controller, who);
}

/* A file's bytes in human form; "-" where there is none. */
static char *
bytes(const struct cgroup *cg, const char *file)
{
	char *s = cgroup_read(cg, file), *end;
	unsigned long long n = s ? strtoull(s, &end, 10) : 0;

	if (!s)
		return text("-");
	return end == s || *end ? s : cgroup_human(n);
}

static char *
plain(const struct cgroup *cg, const char *file)
{
	char *s = cgroup_read(cg, file);

	return s && *s ? s : text("-");
}

/* "some avg10=1.23 ..." of a pressure file: 1.23%. */
static char *
pressure(const struct cgroup *cg, const char *file)
{
	char *s = cgroup_read(cg, file), *avg = s ? strstr(s, "avg10=") : NULL;

	return avg ? text("%.*s%%", (int)strcspn(avg + 6, " "), avg + 6) : text("-");
}

/* The counts of an events file that are not zero: "max 3, oom_kill 1". */
static char *
events(const struct cgroup *cg, const char *file)
{
	char *s = cgroup_read(cg, file), *line, *out = text("%s", "");

	while (s && (line = strsep(&s, "\n")))
		if (*line && strcmp(line + strcspn(line, " "), " 0"))
			out = text("%s%s%s", out, *out ? ", " : "", line);
	return out;
}

static void
row(const char *what, const char *limit, const char *now, const char *peak,
    const char *waiting, const char *notes)
{
	char *line = text("%-8s %-18s %-10s %-10s %-9s %s", what, limit, now, peak, waiting, notes);
	size_t n = strlen(line);

	while (n > 0 && line[n - 1] == ' ')
		line[--n] = '\0';
	puts(line);
}

/* "50000 100000" is 50 % of a CPU. */
static char *
cpu_limit(const struct cgroup *cg)
{
	char *s = plain(cg, "cpu.max");
	unsigned long quota, period;

	if (sscanf(s, "%lu %lu", &quota, &period) != 2 || !period)
		return text("%.*s", (int)strcspn(s, " "), s);
	return text("%.4g CPUs", (double)quota / period);
}

static void
cpu_rows(const struct cgroup *cg, const char *on)
{
	char *stat = cgroup_read(cg, "cpu.stat"), *note = text("%s", "");
	long long throttled = cgroup_key(stat, "nr_throttled");

	if (throttled > 0)
		note = text("throttled %lld of %lld periods, %.3fs", throttled,
			    cgroup_key(stat, "nr_periods"),
			    cgroup_key(stat, "throttled_usec") / 1e6);
	row("cpu", cgroup_has_word(on, "cpu") ? cpu_limit(cg) : "-",
	    text("%.3fs", cgroup_key(stat, "usage_usec") / 1e6), "-",
	    pressure(cg, "cpu.pressure"), note);
	if (cgroup_has_word(on, "cpuset"))
		row("cpuset", plain(cg, "cpuset.cpus"), plain(cg, "cpuset.cpus.effective"), "-",
		    "-", text("memory nodes %s", plain(cg, "cpuset.mems.effective")));
}

/* One line for each disk that has a limit or a count. */
static void
io_rows(const struct cgroup *cg)
{
	char *limits = cgroup_read(cg, "io.max"), *stat = cgroup_read(cg, "io.stat"), *line;
	const char *waiting = pressure(cg, "io.pressure");

	while (limits && (line = strsep(&limits, "\n")))
		if (*line)
			row("io.max", line, "", "", "", "");
	while (stat && (line = strsep(&stat, "\n")))
		if (*line)
			row("io", text("%.*s", (int)strcspn(line, " "), line), "", "", waiting,
			    line + strcspn(line, " ") + 1);
}

void
cgroup_table(const struct cgroup *cg)
{
	char *on = cgroup_read(cg, "cgroup.controllers"), *state = cgroup_read(cg, "cgroup.events");
	char *procs = cgroup_read(cg, "cgroup.procs");
	int n = procs && *procs;
	const char *p = sh(cg->path);

	if (!step(STEP_CLOSE, "grep -s . %s/*.max %s/*.current %s/*.peak %s/*.events %s/cpu.stat", p,
		  p, p, p, p))
		return;
	for (p = procs; p && *p; p++)
		n += *p == '\n';
	printf("%s: %d process%s%s%s\n", cg->path, n, n == 1 ? "" : "es",
	       cgroup_key(state, "populated") == 1 && !n ? ", others below" : "",
	       cgroup_key(state, "frozen") == 1 ? ", frozen" : "");
	row("RESOURCE", "LIMIT", "CURRENT", "PEAK", "PRESSURE", "EVENTS");
	if (cgroup_has_word(on, "memory")) {
		row("memory", bytes(cg, "memory.max"), bytes(cg, "memory.current"),
		    bytes(cg, "memory.peak"), pressure(cg, "memory.pressure"),
		    events(cg, "memory.events"));
		row("swap", bytes(cg, "memory.swap.max"), bytes(cg, "memory.swap.current"),
		    bytes(cg, "memory.swap.peak"), "-", events(cg, "memory.swap.events"));
	}
	cpu_rows(cg, on);
	if (cgroup_has_word(on, "pids"))
		row("pids", plain(cg, "pids.max"), plain(cg, "pids.current"),
		    plain(cg, "pids.peak"), "-", events(cg, "pids.events"));
	if (cgroup_has_word(on, "io"))
		io_rows(cg);
}
