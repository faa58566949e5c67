/* netsettle: what stays behind a network that was taken away (netdown.h): names in the
 * others' hosts file, and with the last one on it the bridge, with the last of all the
 * table.  Each act is a step.  n->leases must be read, but for netsettle_part(). */
#ifndef LONGSHORE_NETSETTLE_H
#define LONGSHORE_NETSETTLE_H

#include <stdbool.h>

#include "network.h"

/* Take the leaver's name out of the others' hosts file; false: there are no others. */
bool netsettle_part(struct network *n, int index, const char *ifname);

/* Remove what only served the one who left a bridge last: at once, or the bridge itself
 * a little later. */
void netsettle_bridge(struct network *n, int index, bool now);

/* All bridges of ours: where the interface is gone already, so is the knowledge of its
 * bridge.  Then what bridges have left that are gone themselves. */
void netsettle_bridges(struct network *n, const char *ifname, bool now);

/* The table, when nobody is left at all. */
void netsettle_table(struct network *n);

#endif
