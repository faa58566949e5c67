/* masks: what docker and the OCI runtimes hide from a container in /proc and /sys, or
 * show read-only, because the kernel answers there for the whole machine. */
#ifndef LONGSHORE_MASKS_H
#define LONGSHORE_MASKS_H

/* proc (or sys) is the descriptor of our own fresh mount, null one of a real /dev/null,
 * name the mount's path for messages.  Paths are opened below the mount, so no file of
 * the image is ever looked at or covered with.  Die on failure. */
void masks_proc(int proc, int null, const char *null_name, const char *name);
void masks_sys(int sys, int null, const char *null_name, const char *name);

#endif
