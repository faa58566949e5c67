/* byhand: what the registry tools do, as a script for sh, curl and jq: their -n.
 *
 * The script is complete (it finds the token server, chooses the platform, verifies
 * the digest), because nothing may be asked to write it: without a request one does
 * not know what the registry will want.  The token is only ever $REG_TOKEN, and curl
 * reads it from standard input: not even the script shows it to ps(1). */
#ifndef LONGSHORE_BYHAND_H
#define LONGSHORE_BYHAND_H

#include <stdbool.h>

#include "platform.h"
#include "registry.h"
#include "source.h"

/* Each prints its lines and is false under -n; is silent and true otherwise. */

/* The challenge, the token server, the token on stdout. */
bool byhand_token(struct registry *reg);

/* Sets REG_TOKEN where it is empty, and defines get URL-TAIL [CURL-OPTION...]. */
bool byhand_login(struct registry *reg);

/* The blob, to stdout or to a file. */
bool byhand_blob(struct source *src, const char *digest, const char *output);

/* A layout of the blobs. */
bool byhand_layout(struct source *src, const char *dir, const struct document *d,
		   const struct blob *blobs, size_t count);

#endif
