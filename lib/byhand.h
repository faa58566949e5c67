/* byhand: what the registry tools do, as a script for sh, curl and jq: their -n.
 *
 * The script is complete (it finds the token server, chooses the platform, verifies
 * digests), because nothing may be asked to write it: before a request one does not
 * know what the registry will want.  The token is only ever $REG_TOKEN, and curl reads
 * it from standard input, so that not even the script shows it to ps(1). */
#ifndef LONGSHORE_BYHAND_H
#define LONGSHORE_BYHAND_H

#include "source.h"

/* reg-token: read the challenge, ask the token server, print the token. */
void byhand_token(struct registry *reg);

/* reg-manifest: the manifest for the platform (want NULL: what the tag names), or
 * only its digest. */
void byhand_manifest(struct source *src, const struct platform *want, bool digest_only);

/* reg-manifest -t. */
void byhand_tags(struct source *src);

/* reg-blob: one blob, to stdout or to a file. */
void byhand_blob(struct source *src, const char *digest, const char *output);

/* reg-blob -C: the manifest itself is written into the script. */
void byhand_layout(struct source *src, const char *dir, const struct document *d,
		   const struct blob *blobs, size_t count);

#endif
