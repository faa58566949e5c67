/* pull: all blobs of one image into an OCI layout, several at a time. */
#ifndef LONGSHORE_PULL_H
#define LONGSHORE_PULL_H

#include "layout.h"
#include "manifest.h"
#include "source.h"

/* Fetch the blobs, at most `jobs` at a time; a line "DIGEST<TAB>PATH" on stdout as each
 * is in its place.  Blobs that are there are verified; wrong ones are fetched again.
 * A blob that another process is fetching into the same layout is waited for.
 * Exits with the contract's status at the first blob that fails; what the others had
 * got is kept for the next run. */
void pull_blobs(struct source *src, const struct layout *to, const struct blob *blobs,
		size_t count, int jobs);

#endif
