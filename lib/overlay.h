/* overlay: one overlayfs mount, by whichever interface the running kernel has.
 *
 * Three ways lead to the same mount, newest first:
 *   fds     fsconfig(2) FSCONFIG_SET_FD "lowerdir+"      Linux >= 6.13
 *   strings fsconfig(2) FSCONFIG_SET_STRING "lowerdir+"  Linux >= 6.8
 *   legacy  mount(2) with "lowerdir=b:a"                 any
 * Only the first has no trouble with any byte in a path or with long paths; the other
 * two fall back on /proc/self/fd names where a path would not survive.
 *
 * overlay.c and overlay_legacy.c mount, overlay_options.c and overlay_layers.c collect
 * what is asked for, overlay_text.c is pure, overlay_hint.c asks around after a failure.
 * Used by ovl-mount. */
#ifndef LONGSHORE_OVERLAY_H
#define LONGSHORE_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>

enum {
	OVERLAY_MAX_LAYERS = 500, /* OVL_MAX_STACK in the kernel's fs/overlayfs/params.h */
	OVERLAY_DATA_MAX = 4095,  /* mount(2) copies one page, NUL included */
};

struct overlay {
	char **lower;       /* base first, as a manifest lists its layers */
	size_t lowers;      /* 1 to OVERLAY_MAX_LAYERS */
	const char *upper;  /* NULL: read-only, and work is NULL too */
	const char *work;
	const char *extra;  /* further options, "volatile,nosuid", or "" */
};

/* Add a layer on top; or those of a file, a line each, verbatim, "-" being standard
 * input.  Die beyond the limit, which the kernel would not name. */
void overlay_add_layer(struct overlay *o, char *dir);
void overlay_add_layers(struct overlay *o, const char *file);

/* Set o->extra: the options wanted, and behind them those that the situation asks for.
 * Last of all, upper being set. */
void overlay_choose_options(struct overlay *o, const char *wanted);

/* The kernel merges the top directories of all layers even where one is marked opaque
 * (image-spec layer.md: a ".wh..wh..opq" at the layer's top): drop the layers below the
 * topmost such one.  Explained as a step.  Behind overlay_choose_options(), which knows
 * the kind of mark; a layer that cannot be opened is left to overlay_mount(). */
void overlay_leave_out_hidden(struct overlay *o);

/* Mount it on target.  0, or -1 with errno from the call that failed; a directory that
 * cannot be opened dies here, by name. */
int overlay_mount(const struct overlay *o, const char *target);

/* The same by mount(2) alone. */
int overlay_mount_legacy(const struct overlay *o, const char *target);

/* Sort the words of o->extra: those of the mount (ro, nosuid, ...) are collected, as
 * MOUNT_ATTR_ and MS_ flags, the file system's given to fn.  -1 when fn says so. */
int overlay_each_option(const struct overlay *o, unsigned *attr, unsigned long *flags,
			int (*fn)(void *arg, char *word), void *arg);

/* Bind-mount one directory read-only on target: what a single layer without an upper
 * directory becomes, since overlayfs wants two of anything.  0, or -1 with errno. */
int overlay_bind(const char *layer, const char *target);

/* What the kernel wrote into the file system context about the last failure, without
 * its "e overlay: " prefix; NULL where it wrote nothing; fsopen(2). */
const char *overlay_reason(void);

/* Open a directory of the mount; role ("layer", "upper directory") is for the message.
 * Dies when it cannot. */
int overlay_open(const char *role, const char *path);

/* True outside the initial user namespace, where trusted.* attributes cannot be
 * written and overlayfs keeps its marks in user.overlay.*; overlayfs.rst, "userxattr". */
bool overlay_needs_userxattr(void);

/* The option string of mount(2), allocated: layers top first, '\', ':' and ','
 * escaped by a backslash as overlayfs reads them. */
char *overlay_data(const struct overlay *o);

/* The shell command with the same effect, allocated, one or more lines.  Sets *exact to
 * false where names had to be replaced by symbolic links. */
char *overlay_command(const struct overlay *o, const char *target, bool *exact);

/* Die when the upper or work directory belongs to an overlay that this mount table
 * shows: the kernel only logs that, and both mounts then corrupt each other. */
void overlay_refuse_in_use(const struct overlay *o);

/* After a failed overlay_mount(): find the cause by looking, print it as a hint, and
 * the kernel log's lines about it where this process may read them. */
void overlay_hint(const struct overlay *o, const char *target, int err);

#endif
