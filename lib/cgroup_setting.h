/* cgroup_setting: the FILE=VALUE words of a command line, and doing what they say. */
#ifndef LONGSHORE_CGROUP_SETTING_H
#define LONGSHORE_CGROUP_SETTING_H

#include "cgroup.h"

/* value is in the kernel's form; controller NULL: none is needed. */
struct cgroup_setting {
	char *file, *value, *controller;
};

/* Take FILE=VALUE words from *argv, as env(1) does: up to the first word without "=".
 * All are checked before anything is done; a wrong one is the usage exit.  Allocated,
 * ended by a NULL file; *argv is left at the word behind. */
struct cgroup_setting *cgroup_settings(char ***argv);

/* Make cg, hand down the controllers that the list needs and no others, write the
 * values in order.  refuge: see cgroup_enable(). */
void cgroup_apply(const struct cgroup *cg, const struct cgroup_setting *list,
		  const struct cgroup *refuge);

#endif
