/* layer_note: a directory of layers: DIR/HEX is a layer in overlay form, DIR/HEX.id says
 * its diff_id.
 *
 * The directory appears complete or not at all, the note after it.  The note's file is also
 * the layer's lock: of two that want the same layer at once the second waits, and finds
 * it done.  A directory without a note is whole too: its maker was killed in between. */
#ifndef LONGSHORE_LAYER_NOTE_H
#define LONGSHORE_LAYER_NOTE_H

#include "digest.h"

enum layer_state {
	LAYER_MISSING,
	LAYER_UNNAMED, /* the directory is there, its diff_id is not known */
	LAYER_DONE,
};

/* Take the lock of the layer whose directory is `path`, and say how things stand.  One at
 * a time.  Dies. */
enum layer_state layer_note_lock(const char *path);

void layer_note_unlock(void);

/* Note the diff_id of the layer that is locked.  Dies. */
void layer_note_write(const char *diff_id);

/* Read the note.  Dies, also when it is no diff_id. */
void layer_note_read(char diff_id[DIGEST_MAX]);

#endif
