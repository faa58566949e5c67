/* ref: the names that docker(1) and podman(1) give to images, taken apart.
 *
 *	alpine                       docker.io / library/alpine : latest
 *	ghcr.io/o/n:tag              ghcr.io / o/n : tag
 *	[::1]:5000/x:t@sha256:...    [::1]:5000 / x : t @ sha256:...
 *	oci:LAYOUT[:TAG]             an OCI image layout on disk, and an entry of its index;
 *	                             a digest may stand for TAG, behind ":" or "@"
 *
 * Pure: nothing is resolved, opened or asked.  The grammar is that of
 * https://github.com/distribution/reference (the part before the first "/" is a host
 * only if it has a dot, a colon, an upper-case letter, or is "localhost"). */
#ifndef LONGSHORE_REF_H
#define LONGSHORE_REF_H

#include <stdbool.h>

struct ref {
	char *host;       /* "docker.io", "localhost:5000"; NULL: a layout */
	char *repository; /* "library/alpine"; NULL: a layout */
	char *tag;        /* "latest" where neither tag nor digest is given; else may be NULL */
	char *digest;     /* "sha256:...", or NULL; wins over the tag */
	char *layout;     /* directory of oci:LAYOUT[:TAG]; NULL: a registry */
};

/* Take text apart.  False when it is malformed, with *why a short reason (static).
 * The strings are allocated and never freed (exit is the free); who parses many has
 * ref_free(), which is done already where this is false. */
bool ref_parse(struct ref *ref, const char *text, const char **why);
void ref_free(struct ref *ref);

/* ref_parse(), or usage(): exit 2. */
struct ref ref_must(const char *text);

/* The full name, "docker.io/library/alpine:latest" or "...@sha256:...": what a layout's
 * index.json keeps as org.opencontainers.image.ref.name.  For a layout its tag. */
char *ref_name(const struct ref *ref);

/* Digest if there is one, else tag: the last word of /v2/NAME/manifests/WORD. */
const char *ref_word(const struct ref *ref);

/* The host that serves the API: docker.io's is registry-1.docker.io. */
const char *ref_api_host(const struct ref *ref);

/* True for localhost, 127.0.0.0/8 and ::1, with or without a port. */
bool ref_host_is_loopback(const char *host);

#endif
