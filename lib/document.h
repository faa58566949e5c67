/* document: one manifest or index, its bytes and what they mean, judged before use. */
#ifndef LONGSHORE_DOCUMENT_H
#define LONGSHORE_DOCUMENT_H

#include <jv.h>
#include <stddef.h>

#include "digest.h"
#include "manifest.h"

struct document {
	char *text; /* NUL-terminated */
	size_t n;
	char digest[DIGEST_MAX];
	enum manifest_kind kind;
	const char *type; /* its media type */
	jv json;
};

/* Fill digest, kind, type and json from text and n.  what: for the messages.  want: the
 * digest that was asked for, or NULL for a tag; claimed: Docker-Content-Digest, or NULL,
 * which is all there is to check a tag's answer against; content_type: the registry's,
 * or NULL.  Exits 6 when it has another digest, 1 when it is no manifest. */
void document_judge(struct document *d, const char *what, const char *want, const char *claimed,
		    const char *content_type);

/* The one on standard input, whole: its bytes are the image's identity.  Judged. */
struct document document_stdin(void);

#endif
