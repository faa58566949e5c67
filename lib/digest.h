/* digest: "sha256:<64 hex>" and "sha512:<128 hex>", checked strictly and computed as
 * the bytes pass.  image-spec descriptor.md, "Digests"; SHA256_Init(3).
 *
 * A digest becomes a file name (blobs/sha256/HEX) and a part of a URL, so nothing but
 * the registered algorithm names and lower-case hex of the exact length is valid:
 * "sha256:../../x" must not get past this (CVE-2024-3727). */
#ifndef LONGSHORE_DIGEST_H
#define LONGSHORE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum { DIGEST_MAX = sizeof "sha512:" + 128 }; /* with the NUL */

struct digest; /* a hash in progress */

bool digest_valid(const char *text);

/* The part behind the colon. */
const char *digest_hex(const char *text);

/* Start a hash with the algorithm of a valid digest (or of a bare "sha256:").
 * Allocated; digest_free().  Dies when memory is short. */
struct digest *digest_new(const char *like);
void digest_add(struct digest *d, const void *data, size_t n);

/* Go back to the state of digest_new(). */
void digest_reset(struct digest *d);

/* The digest of what was added so far, as text; more may be added afterwards. */
const char *digest_text(const struct digest *d, char out[DIGEST_MAX]);

/* True when what was added so far has this digest. */
bool digest_is(const struct digest *d, const char *text);
void digest_free(struct digest *d);

/* The digest of one buffer, with the algorithm of `like`. */
const char *digest_of(const char *like, const void *data, size_t n, char out[DIGEST_MAX]);

#endif
