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

/* reg-push: log in, then each blob, then the manifest under a tag or digest. */
void byhand_begin_push(struct registry *reg);
void byhand_upload(const char *layout, const struct blob *blob);
void byhand_put_manifest(const struct document *d, const char *word);

/* "COMMAND URL OPTIONS" for a path of the repository's API, as a word of the script; by
 * plain http, too, where the registry may be so.  Allocated. */
char *byhand_call(const struct registry *reg, const char *command, const char *tail,
		  const char *options);

/* Parts of these: define get(), which sends the token or Basic credentials if there are
 * any; check a file (a shell word) against a digest (or "$digest"). */
void byhand_log_in(const struct registry *reg);
void byhand_check(const char *digest, const char *file);

#endif
