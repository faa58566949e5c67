/* binds: the mounts of a command line (--bind, --bind-map, --ro-bind, --tmpfs), in its order. */
#ifndef LONGSHORE_BINDS_H
#define LONGSHORE_BINDS_H

enum bind_kind {
	BIND_RW,
	BIND_MAPPED,
	BIND_RO,
	BIND_TMPFS,
};

struct bind_item {
	enum bind_kind kind;
	const char *option; /* as typed, for messages */
	char *source;       /* binds only */
	char *target;
	int tree;           /* prepared outside (an idmapped bind), or -1 */
};

enum { BINDS_MAX = 256 };
struct bind_list {
	unsigned n;
	struct bind_item item[BINDS_MAX];
};

/* Append "SRC:DST" or, for tmpfs, "DST[:SIZE]"; DST is absolute.  -1 when malformed. */
int binds_add(struct bind_list *list, enum bind_kind kind, const char *spec);

/* Do them inside root (its name is for messages).  Dies on failure. */
void binds_do(const struct bind_list *list, int root, const char *name);

#endif
