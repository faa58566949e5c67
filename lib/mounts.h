/* mounts: what the kernel's mount table says about a path; proc_pid_mountinfo(5).
 *
 * Used by the tools whose -d must unmount their own kind and nothing else. */
#ifndef LONGSHORE_MOUNTS_H
#define LONGSHORE_MOUNTS_H

#include <stdbool.h>

/* One line of /proc/self/mountinfo, octal escapes undone; all strings allocated. */
struct mount_line {
	int id;            /* mount ID, as in /proc/self/fdinfo */
	char *device;      /* "major:minor" of the file system */
	char *root;        /* which directory of the file system is mounted */
	char *point;       /* where, seen from our root */
	char *options;     /* per mount: "ro,nosuid,..." */
	char *type;        /* "overlay", "fuse.layer-mount", ... */
	char *source;
	char *super;       /* per file system: "rw,lowerdir=...", still escaped */
};

/* The mount whose root path is, the topmost where several are stacked: 1 and *m
 * filled in, 0 when path is no mount point or is not there, -1 with errno.  Asks the
 * file system nothing, so that it works on a FUSE mount whose server has died. */
int mounts_at(const char *path, struct mount_line *m);

/* The mount ID that path lies on, -1 where it cannot be told. */
int mounts_id(const char *path);

/* Call fn for each line until it returns true; true if one did.  Dies when the table
 * cannot be read: without /proc nothing can be said about mounts. */
bool mounts_each(bool (*fn)(const struct mount_line *m, void *arg), void *arg);

/* Is this file system mounted elsewhere in the table, too? */
bool mounts_elsewhere(const struct mount_line *m);

/* Is word one of the words of a comma-separated list? */
bool mounts_option(const char *list, const char *word);

/* Undo \040-style escapes in place. */
void mounts_unescape(char *s);

/* Unmount path for a step that is being taken back: when it is busy, detach it and
 * say so, since whoever asked for the undo cannot wait for strangers.  Never dies, and
 * fits undo_push(). */
void mounts_undo(void *path);

/* Run PROGRAM as a child, then undo what undo_push() knows, the mount on path first, and
 * exit with PROGRAM's status; with -n print that as a script. */
_Noreturn void mounts_run(const char *path, char **program);

#endif
