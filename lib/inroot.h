/* inroot: names inside a root directory that an attacker may have prepared.
 *
 * Everything is resolved by openat2(2) with RESOLVE_IN_ROOT on the root's descriptor:
 * absolute symlinks and ".." stay inside, also while somebody renames directories under
 * our feet, and /proc's magic links are refused.  The result is a descriptor, and only
 * descriptors are acted on: no path is checked and then used. */
#ifndef LONGSHORE_INROOT_H
#define LONGSHORE_INROOT_H

#include <stdbool.h>

/* O_PATH descriptor of what is there; -1 with errno. */
int inroot_open(int root, const char *path);

/* The same, but no component may be a symlink: for /proc, /sys, /dev, where no honest
 * image has one.  ELOOP where there is. */
int inroot_open_plain(int root, const char *path);

/* A mount point of the wanted type, made with its parents (directories 0755, an empty
 * file 0644) when missing.  A dangling symlink is followed inside the root, its target
 * is made.  -1 with errno; ENOTDIR or EISDIR when the other type is there. */
int inroot_target(int root, const char *path, bool directory);

#endif
