/* layer_script: what layer-unpack does, told as a shell script. */
#ifndef LONGSHORE_LAYER_SCRIPT_H
#define LONGSHORE_LAYER_SCRIPT_H

#include <stdbool.h>

/* Explain (-x) or print (-n) the acts; dir is quoted for the shell already, digest and
 * diff_id may be NULL.  True when they are to be done. */
bool layer_script(const char *dir, bool overlay, const char *digest, const char *diff_id);

/* The same for each line DIGEST<TAB>PATH of standard input; layers is quoted alike.  For
 * -n alone, where no digest is known yet. */
void layer_list_script(const char *layers);

#endif
