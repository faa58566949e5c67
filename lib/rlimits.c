#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "die.h"
#include "io.h"
#include "rlimits.h"
#include "step.h"

static const struct {
	const char *name;
	int resource;
} names[] = {
	{"as", RLIMIT_AS},
	{"core", RLIMIT_CORE},
	{"cpu", RLIMIT_CPU},
	{"data", RLIMIT_DATA},
	{"fsize", RLIMIT_FSIZE},
	{"locks", RLIMIT_LOCKS},
	{"memlock", RLIMIT_MEMLOCK},
	{"msgqueue", RLIMIT_MSGQUEUE},
	{"nice", RLIMIT_NICE},
	{"nofile", RLIMIT_NOFILE},
	{"nproc", RLIMIT_NPROC},
	{"rss", RLIMIT_RSS},
	{"rtprio", RLIMIT_RTPRIO},
	{"rttime", RLIMIT_RTTIME},
	{"sigpending", RLIMIT_SIGPENDING},
	{"stack", RLIMIT_STACK},
};

static const char *
parse_value(const char *s, rlim_t *value)
{
	char *end;

	if (strncmp(s, "unlimited", 9) == 0) {
		*value = RLIM_INFINITY;
		return s + 9;
	}
	if (*s < '0' || *s > '9')
		return NULL;
	errno = 0;
	*value = strtoull(s, &end, 10);
	return errno ? NULL : end;
}

int
rlimits_parse(struct rlimits *l, const char *spec)
{
	const char *eq = strchr(spec, '='), *s;
	struct rlimit limit;

	if (!eq || l->n == RLIM_NLIMITS)
		return -1;
	s = parse_value(eq + 1, &limit.rlim_cur);
	limit.rlim_max = limit.rlim_cur;
	if (s && *s == ':')
		s = parse_value(s + 1, &limit.rlim_max);
	if (!s || *s || limit.rlim_cur > limit.rlim_max)
		return -1;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strncasecmp(names[i].name, spec, eq - spec) != 0 ||
		    names[i].name[eq - spec])
			continue;
		l->item[l->n].resource = names[i].resource;
		l->item[l->n].name = names[i].name;
		l->item[l->n].value = eq + 1;
		l->item[l->n++].limit = limit;
		return 0;
	}
	return -1;
}

void
rlimits_oom(const struct rlimits *l)
{
	if (l->oom_score_adj && step(STEP_SAME, "echo %s > /proc/self/oom_score_adj",
				     sh(l->oom_score_adj)) &&
	    write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", l->oom_score_adj) < 0)
		die_errno_hint(errno == EACCES ? "lowering it needs CAP_SYS_RESOURCE" : NULL,
			       "set oom_score_adj to %s", l->oom_score_adj);
}

void
rlimits_apply(const struct rlimits *l)
{
	for (unsigned i = 0; i < l->n; i++)
		if (step(STEP_SAME, "prlimit --pid $$ --%s=%s", l->item[i].name,
			 l->item[i].value) &&
		    setrlimit(l->item[i].resource, &l->item[i].limit) < 0)
			die_errno_hint(errno == EPERM ? "raising a hard limit needs "
							"CAP_SYS_RESOURCE outside"
						      : NULL,
				       "limit %s to %s", l->item[i].name, l->item[i].value);
}
