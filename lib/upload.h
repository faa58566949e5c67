/* upload: one blob from a file into a registry.
 * distribution-spec, "Pushing blobs": a POST opens a session and answers with its URL in
 * Location; the bytes go there, whole by PUT or in chunks by PATCH; ?digest= ends it.
 * Every answer may name another URL for the next request, relative or on another host,
 * with a query that belongs to it. */
#ifndef LONGSHORE_UPLOAD_H
#define LONGSHORE_UPLOAD_H

#include <stdbool.h>

#include "manifest.h"
#include "registry.h"

/* True when the registry has the blob already: HEAD.  A registry that refuses HEAD has
 * said nothing: false. */
bool upload_present(struct registry *reg, const struct blob *blob);

/* Bring it there.  fd: the blob, verified, name: its path, for -x.  from: a repository
 * of the same registry that may hold it, to be mounted from there, or NULL.
 * Exits with the contract's status when it can't, 6 when the registry reports another
 * digest. */
void upload_blob(struct registry *reg, const struct blob *blob, int fd, const char *name,
		 const char *from);

#endif
