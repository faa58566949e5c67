/* manifest: the JSON documents that describe an image, judged before they are used.
 * image-spec manifest.md and image-index.md; Docker's "Image Manifest V 2, Schema 2". */
#ifndef LONGSHORE_MANIFEST_H
#define LONGSHORE_MANIFEST_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

/* All four media types on every request: a registry that finds its document missing
 * from the list answers 404. */
#define MANIFEST_ACCEPT                                               \
	"application/vnd.oci.image.index.v1+json, "                   \
	"application/vnd.oci.image.manifest.v1+json, "                \
	"application/vnd.docker.distribution.manifest.list.v2+json, " \
	"application/vnd.docker.distribution.manifest.v2+json"

enum { MANIFEST_MAX = 8 << 20 }; /* bytes; the spec asks for 4 MiB at least */

enum manifest_kind {
	MANIFEST_BAD,   /* *why says what it is */
	MANIFEST_IMAGE, /* has config and layers */
	MANIFEST_INDEX, /* has manifests */
};

/* What a document is, by its content; content_type is the registry's opinion (or NULL)
 * and must not contradict it: a document that is both would let two readers see two
 * different images (CVE-2021-41190).  *why is set to a reason for MANIFEST_BAD. */
enum manifest_kind manifest_kind(jv doc, const char *content_type, const char **why);

/* Its media type: what it says itself, else what its kind implies. */
const char *manifest_type(jv doc, enum manifest_kind kind);

/* One thing that a manifest points at. */
struct blob {
	char *digest; /* valid */
	char *type;   /* mediaType, "" when absent */
	long long size;
	char **urls;  /* foreign layer: NULL-terminated, else NULL */
};

/* Read one descriptor.  False, with *why, when digest or size is missing or absurd. */
bool manifest_blob(jv descriptor, struct blob *out, const char **why);

/* The descriptors in doc's array NAME ("layers", "manifests"), in their order, one that is
 * there twice twice.  Allocated, *n of them; dies (1) on a malformed one. */
struct blob *manifest_list(jv doc, const char *name, size_t *n);

/* The blobs of an image manifest: config first, then the layers, base first; each
 * digest once.  Allocated, *n of them; dies (1) on a malformed one. */
struct blob *manifest_blobs(jv doc, size_t *n);

#endif
