#include <stdbool.h>
#include <stdio.h>

#include "idmap.h"
#include "step.h"

char *
idmap_words(const struct idmap *map)
{
	char *s = text("%s", "");

	for (unsigned i = 0; i < map->uid.n; i++) {
		const struct idmap_range *r = &map->uid.range[i];
		s = text("%s --map-users=%u,%u,%u", s, r->outside, r->inside, r->count);
	}
	for (unsigned i = 0; i < map->gid.n; i++) {
		const struct idmap_range *r = &map->gid.range[i];
		s = text("%s --map-groups=%u,%u,%u", s, r->outside, r->inside, r->count);
	}
	return s;
}

static bool
has_root(const struct idmap_list *list)
{
	for (unsigned i = 0; i < list->n; i++)
		if (list->range[i].inside == 0)
			return true;
	return false;
}

static void
print_list(const char *kind, const struct idmap_list *list)
{
	if (list->n == 0)
		return;
	printf("echo '");
	for (unsigned i = 0; i < list->n; i++)
		printf("%s%u %u %u", i ? "\n" : "", list->range[i].inside,
		       list->range[i].outside, list->range[i].count);
	printf("' > /proc/$p/%s_map\n", kind);
}

/* The kernel takes a map only from outside, of a process that is inside already. */
char *
idmap_print(const struct idmap *map)
{
	puts("unshare --user sleep 60 &\np=$!\n"
	     "while [ \"$(readlink /proc/$p/ns/user)\" = \"$(readlink /proc/$$/ns/user)\" ]; do\n"
	     "\tsleep 0.01\ndone");
	print_list("uid", &map->uid);
	print_list("gid", &map->gid);
	puts("exec 9< /proc/$p/ns/user\n{ kill $p; wait $p; } 2> /dev/null || :");
	return text("nsenter --user=/proc/self/fd/9 --preserve-credentials%s%s",
		    has_root(&map->gid) ? " --setgid 0" : "",
		    has_root(&map->uid) ? " --setuid 0" : "");
}
