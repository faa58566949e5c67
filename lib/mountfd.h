/* mountfd: mounts as descriptors: open_tree(2), fsopen(2), move_mount(2) and
 * mount_setattr(2) never resolve a path that somebody else may be changing. */
#ifndef LONGSHORE_MOUNTFD_H
#define LONGSHORE_MOUNTFD_H

#include <stdbool.h>

/* A detached copy of a mount or of the part below path, with all that is mounted below
 * when recursive; -1 with errno. */
int mountfd_clone(int dirfd, const char *path, bool recursive);

/* A fresh file system, detached: options is "key=value,..." or NULL, attr MOUNT_ATTR_*.
 * A key that the kernel does not take in a user namespace is left out when it stands
 * behind "?": "mode=620,?gid=5".  -1 with errno. */
int mountfd_new(const char *fstype, const char *options, unsigned attr);

/* Attach a detached mount at a descriptor, and close the latter; -1 with errno. */
int mountfd_attach(int tree, int target);

/* Add MOUNT_ATTR_* to the mount, or to all below it; -1 with errno. */
int mountfd_restrict(int tree, unsigned attr, bool recursive);

/* mountfd_restrict(), recursive, as mount(8) would: a bind remount reaches one mount only,
 * so mount by mount.  at: quoted for sh. */
char *mountfd_restrict_words(const char *at, const char *options);

#endif
