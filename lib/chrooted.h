/* chrooted: making mount namespaces from within a chroot(2).
 *
 * There the process's root is a plain directory, not a mount point: mount(2) refuses to
 * change the propagation of "/", pivot_root(2) refuses to move it, both with EINVAL.
 * setns(2) into the mount namespace that one is in already makes that namespace's own
 * root the process's root: the way out of the chroot that root has anyway, in one call. */
#ifndef LONGSHORE_CHROOTED_H
#define LONGSHORE_CHROOTED_H

/* Leave the chroot: "/" and "." are the mount namespace's own root from here on.  Needs
 * /proc, CAP_SYS_ADMIN and CAP_SYS_CHROOT.  0, or -1 with errno. */
int chrooted_leave(void);

/* mount(NULL, "/", NULL, MS_REC | flags, NULL) for all mounts of this namespace, from
 * inside a chroot too, where "/" and "." stay what they are.  0, or -1 with errno. */
int chrooted_propagation(unsigned long flags);

#endif
