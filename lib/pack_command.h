/* pack_command: layer-pack's work as a shell command; pure. */
#ifndef LONGSHORE_PACK_COMMAND_H
#define LONGSHORE_PACK_COMMAND_H

#include <stdbool.h>
#include <time.h>

#include "deflate.h"

/* The command, allocated: in short for a reader, or as a whole script, with the
 * whiteouts turned, for sh(1).  latest -1: no SOURCE_DATE_EPOCH; json may be NULL. */
char *pack_command(const char *dir, enum deflate_format format, time_t latest,
		   const char *json, bool whole);

#endif
