/* rootfs: a directory becomes the root of the mount namespace, with the file systems
 * that a container expects, and the old root is gone. */
#ifndef LONGSHORE_ROOTFS_H
#define LONGSHORE_ROOTFS_H

#include <stdbool.h>

struct bind_list;

struct rootfs {
	const char *dir;
	const char *shm_size;    /* of /dev/shm, tmpfs(5) */
	bool read_only;          /* the root itself; mounts below stay as they are */
	bool no_proc, no_sys, no_dev;
	bool unmask;             /* show all of /proc and /sys */
	bool cgroup_view;        /* a new cgroup namespace: show it at /sys/fs/cgroup */
	unsigned long propagation; /* MS_SHARED or MS_UNBINDABLE for all of it; else 0 */
	const struct bind_list *binds;
};

/* Needs a mount namespace of our own, and, for a fresh /proc, to be in the right pid
 * namespace already.  Dies on failure.  Afterwards the working directory is "/".
 * Returns the descriptor of the new devpts mount, or -1. */
int rootfs_enter(const struct rootfs *r);

#endif
