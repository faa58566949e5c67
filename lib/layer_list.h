/* layer_list: a layer's entries as text, one line each. */
#ifndef LONGSHORE_LAYER_LIST_H
#define LONGSHORE_LAYER_LIST_H

#include "tar_reader.h"

/* One line as tar -tv writes it, whiteouts explained, control bytes as \xNN. */
void layer_list_entry(const struct tar_entry *entry);

/* The heading of an mtree(5) specification, and an entry's line, with the SHA-256 of the
 * data, which is read from tar.  -1 when the stream breaks off there. */
void layer_mtree_begin(void);
int layer_mtree_entry(struct tar_reader *tar, const struct tar_entry *entry);

#endif
