/* chrooted: making mount namespaces from within a chroot(2).
 *
 * There the process's root is not the root of its mount namespace.  Where it is a plain
 * directory, mount(2) refuses to change the propagation of "/", pivot_root(2) refuses to
 * move it, both with EINVAL.  Where it is a mount point both obey, and that is worse: the
 * mounts above the chroot stay as they are, and a program with CAP_SYS_CHROOT finds them
 * by a second chroot and "..".  So both begin at the namespace's own root.
 *
 * setns(2) into the mount namespace that one is in already makes that root the process's
 * root: the way out of a chroot that root has anyway, in one call. */
#ifndef LONGSHORE_CHROOTED_H
#define LONGSHORE_CHROOTED_H

/* 1 when this process's root is not its mount namespace's, 0 when it is or when we lack
 * CAP_SYS_CHROOT, which nobody behind us can have then; -1 with errno. */
int chrooted(void);

/* Leave the chroot: "/" and "." are the mount namespace's own root from here on.
 * 0, or -1 with errno: EPERM without CAP_SYS_ADMIN and CAP_SYS_CHROOT. */
int chrooted_leave(void);

/* mount(NULL, "/", NULL, MS_REC | flags, NULL) for all mounts of this namespace, from
 * inside a chroot too, where "/" and "." stay what they are.  0, or -1 with errno. */
int chrooted_propagation(unsigned long flags);

#endif
