/* cgroup: where cgroup2 is mounted, and which directory below it a NAME means.
 *
 * Nothing is created or changed here.  cgroups(7), "CGROUPS VERSION 2". */
#ifndef LONGSHORE_CGROUP_H
#define LONGSHORE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct cgroup {
	char *mount; /* where cgroup2 is mounted: /sys/fs/cgroup, .../unified */
	char *name;  /* below it, without slashes at the ends; "" for the mount itself */
	char *path;  /* mount/name */
};

/* Clean the NAME operand: outer and doubled slashes go.  Allocated; NULL where a
 * component is "..", "." (but for a first "./") or longer than a directory entry can be.
 * Pure. */
char *cgroup_clean_name(const char *name);

/* Fill in cg for the cgroup2 mount itself; false where there is none. */
bool cgroup_top(struct cgroup *cg);

/* Fill in cg for a NAME: relative to the cgroup2 mount, or the full path that the tool
 * itself prints, or "./NAME" for a place below the caller's own cgroup.  "/" is the mount.
 * Dies, with how to mount one, where there is no cgroup2. */
void cgroup_find(struct cgroup *cg, const char *name);

/* A cgroup of the same mount; name is taken over. */
struct cgroup cgroup_sibling(const struct cgroup *cg, char *name);

/* The cgroup that holds cg; false when cg is the mount itself. */
bool cgroup_parent(const struct cgroup *cg, struct cgroup *parent);

/* Its directory, close-on-exec; -1 with errno. */
int cgroup_open(const struct cgroup *cg);

/* Whether it is there now. */
bool cgroup_exists(const struct cgroup *cg);

/* The name of the cgroup that process pid (0: the caller) is in, relative to the same
 * mount.  Allocated; NULL with errno when it is out of this mount's sight. */
char *cgroup_of(const struct cgroup *cg, pid_t pid);

/* Whether process pid is in cg or below it. */
bool cgroup_holds(const struct cgroup *cg, pid_t pid);

/* A file of the cgroup, read whole; NULL with errno.  Allocated. */
char *cgroup_read(const struct cgroup *cg, const char *file);

/* The number behind "key " in a flat-keyed file's text (memory.events, cpu.stat,
 * cgroup.events); -1 where there is none.  Pure. */
long long cgroup_key(const char *text, const char *key);

/* Whether one of the blank-separated words of text is word.  Pure. */
bool cgroup_has_word(const char *text, const char *word);

#endif
