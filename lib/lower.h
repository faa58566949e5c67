/* lower: what lower layers (directories in overlay form, u->lower) show under a name.
 *
 * Overlayfs merges directories but looks nothing else up: it cannot link across layers,
 * follows no symlink of another layer on the way to an entry, and shows a directory's
 * owner and mode from the topmost layer that has it.  So a layer in overlay form has to
 * bring these with it.  Lower layers are as hostile as the layer itself: names are walked
 * component by component, symlinks and ".." are resolved as text. */
#ifndef LONGSHORE_LOWER_H
#define LONGSHORE_LOWER_H

#include <stdbool.h>

struct dir;
struct unpack;

/* Copy what the lower layers show under target (topmost first, whiteouts and opaque
 * directories respected) to name in dir.  False when they show nothing there. */
bool lower_copy(struct unpack *u, struct dir *dir, const char *name, const char *target);

/* On the way to the entry at hand follow the symlinks that lower layers show: u->name
 * changes to where it leads. */
void lower_follow(struct unpack *u);

/* The directory path, name in dir, has been made as a parent of the entry at hand: note
 * that it is to be as the lower layers show it.  path "": the root.  False when they show
 * none, or none that the layer itself does not hide. */
bool lower_note_dir(struct unpack *u, const struct dir *dir, const char *name,
		    const char *path);

#endif
