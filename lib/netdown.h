/* netdown: take networks away again, whatever state they are in. */
#ifndef LONGSHORE_NETDOWN_H
#define LONGSHORE_NETDOWN_H

#include "network.h"

/* Remove NAME's network as far as it is there: published ports, name, interface, files;
 * with the last one on a bridge the bridge, with the last of all the table.  Each act is
 * a step.  Dies when the name is a namespace that we did not make. */
void netdown(struct network *n);

/* The same as undo_push()'s function; warns where it cannot. */
void netdown_undo(void *network);

/* Remove all that belongs to no living namespace: elements, files, names left by killed
 * runs, bridges of ours without a port, the table without a lease. */
void netdown_garbage(struct network *n);

#endif
