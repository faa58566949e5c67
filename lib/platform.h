/* platform: which of an index's images runs here.  image-spec image-index.md,
 * "platform"; the order of variants is containerd's. */
#ifndef LONGSHORE_PLATFORM_H
#define LONGSHORE_PLATFORM_H

#include <jv.h>
#include <stdbool.h>

struct platform {
	char os[32];
	char arch[32];
	char variant[16]; /* normal form: arm64's v8 and amd64's v1 are "" */
};

/* "linux/arm/v7".  Machine names that uname(1) prints are taken for what registries
 * call them (x86_64 is amd64).  False when malformed. */
bool platform_parse(struct platform *p, const char *text);

/* This machine's; uname(2). */
struct platform platform_here(void);

/* From a descriptor's "platform" or an image config: os, architecture, variant.
 * False when os or architecture is missing. */
bool platform_from_json(struct platform *p, jv object);

/* How well an image for `offer` runs where `want` is wanted: 0 not at all, else the
 * higher the better.  A variant is never matched upwards: a v6 machine cannot run v7;
 * an image that names no variant of arm is the last choice.  unknown/unknown is an
 * attestation and no platform. */
int platform_match(const struct platform *want, const struct platform *offer);

/* "linux/arm/v7".  Allocated. */
char *platform_text(const struct platform *p);

#endif
