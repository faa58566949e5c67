/* bind_map: binds whose files show other owners inside than outside; mount_setattr(2),
 * "ID-mapped mounts": a file of 0 on disk is the container's 0, whatever that is. */
#ifndef LONGSHORE_BIND_MAP_H
#define LONGSHORE_BIND_MAP_H

struct bind_list;
struct idmap;

/* Outside, with the privilege over the file systems: open the --bind-map sources as
 * detached mounts that are mapped like the user namespace to come.  Dies on failure. */
void bind_map_prepare(struct bind_list *list, const struct idmap *map);

#endif
