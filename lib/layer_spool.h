/* layer_spool: where the contents of a mounted layer's files lie, inflated. */
#ifndef LONGSHORE_LAYER_SPOOL_H
#define LONGSHORE_LAYER_SPOOL_H

/* A file for the contents that has no name and so vanishes with its last user: in
 * memory when where is "memory", else in that directory.  Dies. */
int layer_spool(const char *where);

#endif
