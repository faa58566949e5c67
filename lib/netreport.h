/* netreport: tell what networks there are. */
#ifndef LONGSHORE_NETREPORT_H
#define LONGSHORE_NETREPORT_H

#include <stdio.h>

#include "network.h"

/* One network, just made, as a JSON object and newline. */
void netreport_json(FILE *out, const struct network *n);

/* All networks: NAME, bridge, address, IPv6 address, published ports, a line each, tabs
 * between; or as a JSON array. */
void netreport_list(FILE *out, struct network *n, bool json);

#endif
