/* download: one blob to standard output or to a file. */
#ifndef LONGSHORE_DOWNLOAD_H
#define LONGSHORE_DOWNLOAD_H

#include "source.h"

/* To stdout (output NULL): bytes go out as they come, so only the exit status tells
 * whether they were right: 6 when not.  To a file: it gets its name verified; until
 * then it is FILE.part, which the next run goes on with.  A FILE that has the digest
 * already is left alone.  A FILE that is a device or a pipe is written to like stdout.
 * Exits with the contract's status on failure. */
void download(struct source *src, const char *digest, const char *output);

#endif
