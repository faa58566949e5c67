/* source: where an image is read from, a registry or an OCI layout on disk, and its
 * manifests from there, verified. */
#ifndef LONGSHORE_SOURCE_H
#define LONGSHORE_SOURCE_H

#include <jv.h>

#include "document.h"
#include "layout.h"
#include "platform.h"
#include "ref.h"
#include "registry.h"

struct source {
	struct ref ref;
	struct registry registry; /* where ref.layout is NULL */
	struct layout layout;	  /* where it is not */
};

/* text as ref_must() takes it.  A layout is opened; a registry is not asked yet.
 * Filled in place: the registry refers to the name. */
void source_open(struct source *src, const char *text);

/* What a tag or digest names (NULL: what the image name says).  Exits 4 when there is
 * none, 6 when it has another digest or (size >= 0) size, 1 when it is no manifest. */
struct document source_manifest(struct source *src, const char *word, long long size);

/* Exits 6 unless this is what the image name's digest names: the document itself, or
 * one that the index of that digest lists (which is fetched to see).  A name without a
 * digest promises nothing. */
void source_expect(struct source *src, const struct document *d);

/* From an index the image for this platform, through nested indexes; exits 4 with a
 * list of what there is.  Given an image manifest it is returned as it is. */
struct document source_choose(struct source *src, struct document top,
			      const struct platform *want);

/* The image config that a manifest points at, verified; an invalid jv where it is no
 * JSON or larger than a manifest may be (an artifact's "config" can be anything). */
jv source_config(struct source *src, const struct blob *config);

#endif
