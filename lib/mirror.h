/* mirror: hosts to ask before the registry: --mirror of reg-manifest and reg-blob.
 *
 * A mirror is asked for the same path as the registry, with the registry's name in the
 * query, "?ns=docker.io", as containerd does: one mirror may serve many registries.
 * It never sees credentials, and is asked once: whatever goes wrong with it (404, no
 * connection, a body that breaks off) leads to the next host, the registry last.
 * https://github.com/containerd/containerd/blob/main/docs/hosts.md */
#ifndef LONGSHORE_MIRROR_H
#define LONGSHORE_MIRROR_H

#include <stdbool.h>

#include "registry.h"
#include "request.h"

enum { MIRROR_OPT = 300 };
#define MIRROR_LONG {"mirror", required_argument, NULL, MIRROR_OPT}
#define MIRROR_HELP "      --mirror HOST      ask HOST before the registry, without credentials\n"

/* One more: "[http[s]://]HOST[:PORT]"; anything else is usage(), exit 2. */
void mirror_add(const char *word);

/* Fill in where r goes for "manifests/..." or "blobs/...": to mirror i and true, or,
 * where there are no more, to reg itself and false. */
bool mirror_aim(struct request *r, struct registry *reg, unsigned i, const char *tail);

/* request_do() for r without registry and url: the mirrors in turn, then reg.  What the
 * sink has got of one host is not asked of the next one. */
void mirror_do(struct request *r, struct registry *reg, const char *tail);

/* For a script: "curl ... || " for each mirror, or "".  Allocated. */
char *mirror_by_hand(const struct registry *reg, const char *tail, const char *options);

#endif
