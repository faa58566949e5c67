/* masks: what docker and the OCI runtimes hide from a container in /proc and /sys, or
 * show read-only, because the kernel answers there for the whole machine. */
#ifndef LONGSHORE_MASKS_H
#define LONGSHORE_MASKS_H

/* proc and sys are descriptors of our own fresh mounts (-1: not there), null one of a
 * real /dev/null.  Paths are opened below these mounts, so no file of the image is ever
 * looked at or covered with.  Dies on failure. */
void masks_apply(int proc, int sys, int null, const char *root);

#endif
