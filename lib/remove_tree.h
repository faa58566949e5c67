/* remove_tree: rm -rf by descriptors, for trees that an attacker may have filled and may
 * still be changing: no path is walked twice, no symlink is followed, and neither depth
 * nor width costs memory or descriptors. */
#ifndef LONGSHORE_REMOVE_TREE_H
#define LONGSHORE_REMOVE_TREE_H

/* Remove what is called name in dirfd, whatever it is.  0, also when nothing is there;
 * -1 with errno at the first thing that cannot be removed (EBUSY: a mount point). */
int remove_tree(int dirfd, const char *name);

#endif
