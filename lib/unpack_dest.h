/* unpack_dest: the directory that a layer is unpacked to.
 *
 * A new one is filled under another name beside it, mode 0700, and renamed when all has
 * been verified: whoever sees the name sees a whole layer, and until then nobody
 * reaches a half-written set-user-ID file in it. */
#ifndef LONGSHORE_UNPACK_DEST_H
#define LONGSHORE_UNPACK_DEST_H

#include <stdbool.h>

/* Flat: open path, made when missing.  *empty: there was nothing in it.  From now on a
 * failure says that it is incomplete.  O_PATH descriptor; dies. */
int dest_open(const char *path, bool *empty);

/* New: die when path exists, else make the directory beside it; removed on failure. */
int dest_begin(const char *path);

/* Give it its name, after mode (of the root's entry, or 0755) has been set.  It is still
 * removed on failure, until undo_forget(). */
void dest_publish(void);

#endif
