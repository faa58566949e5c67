#include <stdlib.h>
#include <string.h>

#include "cgroup_controller.h"
#include "cgroup_make.h"
#include "cgroup_setting.h"
#include "cgroup_value.h"
#include "die.h"
#include "disk.h"
#include "step.h"

struct cgroup_setting *
cgroup_settings(char ***argv)
{
	struct cgroup_setting *list;
	size_t n = 0;

	while ((*argv)[n])
		n++;
	list = calloc(n + 1, sizeof *list);
	if (!list)
		die("out of memory");
	for (n = 0; **argv && strchr(**argv, '=') && strncmp(**argv, "--", 2); ++*argv, n++) {
		const char *word = **argv, *eq = strchr(word, '='), *why;

		list[n].file = text("%.*s", (int)(eq - word), word);
		if (!*list[n].file || *list[n].file == '.' || strchr(list[n].file, '/'))
			usage("%s: want FILE=VALUE with a file of the cgroup", word);
		list[n].value = cgroup_value(list[n].file, eq + 1, disk_of, &why);
		if (!list[n].value)
			usage("%s: %s", word, why);
		list[n].controller = cgroup_controller_of(list[n].file);
	}
	return list;
}

/* Whether s is the first setting that needs its controller. */
static bool
first_of(const struct cgroup_setting *list, const struct cgroup_setting *s)
{
	for (; list < s; list++)
		if (s->controller && list->controller && !strcmp(s->controller, list->controller))
			return false;
	return s->controller;
}

void
cgroup_apply(const struct cgroup *cg, const struct cgroup_setting *list,
	     const struct cgroup *refuge)
{
	const struct cgroup_setting *s;

	/* Before the first act: on a host of cgroup v1 nothing at all is done. */
	for (s = list; s->file; s++)
		if (first_of(list, s))
			cgroup_check_offered(cg, s->controller);
	cgroup_make(cg);
	for (s = list; s->file; s++)
		if (first_of(list, s))
			cgroup_enable(cg, s->controller, refuge);
	for (s = list; s->file; s++)
		cgroup_set(cg, s->file, s->value);
}
