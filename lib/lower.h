/* lower: files of lower layers (directories in overlay form) that a layer's hard links
 * lead to.  Overlayfs cannot link across layers, so such a target is copied up. */
#ifndef LONGSHORE_LOWER_H
#define LONGSHORE_LOWER_H

#include <stdbool.h>

struct dir;
struct unpack;

/* Copy what the layers u->lower show under target (topmost first, whiteouts and opaque
 * directories respected) to name in dir.  False when they show nothing there. */
bool lower_copy(struct unpack *u, struct dir *dir, const char *name, const char *target);

#endif
