/* rlimits: resource limits, setrlimit(2), and the out-of-memory score, proc(5). */
#ifndef LONGSHORE_RLIMITS_H
#define LONGSHORE_RLIMITS_H

#include <sys/resource.h>

struct rlimits {
	const char *oom_score_adj; /* as text, NULL: leave */
	unsigned n;
	struct {
		int resource;
		const char *name, *value; /* prlimit(1)'s option and value */
		struct rlimit limit;
	} item[RLIM_NLIMITS];
};

/* "nofile=1024", "core=0:unlimited": NAME=SOFT[:HARD]; one value sets both.  -1 when
 * malformed. */
int rlimits_parse(struct rlimits *l, const char *spec);

/* The score, while /proc is still the caller's. */
void rlimits_oom(const struct rlimits *l);

/* The resource limits: late, a low one would hit ourselves, and before the capabilities
 * go, without which none can be raised. */
void rlimits_apply(const struct rlimits *l);

#endif
