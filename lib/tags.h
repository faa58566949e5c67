/* tags: which tags a repository has.  distribution-spec, "Listing Tags". */
#ifndef LONGSHORE_TAGS_H
#define LONGSHORE_TAGS_H

#include "source.h"

/* Print them, a line each, in the registry's order, page after page; of a layout the
 * names in its index.  Exits with the contract's status on failure. */
void tags_list(struct source *src);

#endif
