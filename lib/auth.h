/* auth: the credentials that docker login and podman login left on this machine.
 * containers-auth.json(5), docker's config.json.
 *
 * Files, first found wins: $REGISTRY_AUTH_FILE, $DOCKER_CONFIG/config.json,
 * $XDG_RUNTIME_DIR/containers/auth.json, $XDG_CONFIG_HOME/containers/auth.json,
 * ~/.docker/config.json.  The first one decides even where it has no entry for the
 * registry, except that a file without any usable entry falls through to the next.
 * A key is a host, https://host[/v1/], or host/namespace (the longest that fits wins).
 * credHelpers and credsStore name a program docker-credential-NAME(1), which is given
 * the host on its standard input. */
#ifndef LONGSHORE_AUTH_H
#define LONGSHORE_AUTH_H

#include "auth_secret.h"
#include "ref.h"

/* The credentials for this image's registry; all NULL where there are none.
 * Dies when a file that exists is not JSON, or a helper fails in another way than by
 * not knowing the host.  Makes the process non-dumpable once it holds a secret. */
struct auth auth_find(const struct ref *ref);

#endif
