/* fuse_server: the process that answers for a FUSE mount, and how the mount ends.
 * Used by layer-mount. */
#ifndef LONGSHORE_FUSE_SERVER_H
#define LONGSHORE_FUSE_SERVER_H

struct fuse_session;

/* Die, with the fix, where /dev/fuse cannot be opened. */
void fuse_check(void);

/* Leave a child behind that serves the session and needs the spool's descriptor.  It
 * holds none of the caller's others, and ends with the mount, whoever unmounts it. */
void fuse_server_start(struct fuse_session *se, int spool);

/* Unmount as whoever we are: root by umount2(2), others by fusermount3(1).  0, or -1 with
 * errno. */
int fuse_unmount(const char *dir);

/* The same for undo_push(): detaches what is busy, never dies. */
void fuse_unmount_undo(void *dir);

#endif
