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

#include <stdbool.h>

#include "ref.h"

struct auth {
	char *user;     /* NULL: none */
	char *password; /* a secret */
	char *identity; /* identity (refresh) token, a secret; then user may be NULL */
};

/* The credentials for this image's registry; all NULL where there are none.
 * Dies when a file that exists is not JSON, or a helper fails in another way than by
 * not knowing the host.  Makes the process non-dumpable once it holds a secret. */
struct auth auth_find(const struct ref *ref);

/* -u USER --password-stdin: the password is the first line of standard input. */
struct auth auth_from_stdin(const char *user);

/* "Basic dXNlcjpwYXNz".  Allocated, a secret. */
char *auth_basic(const struct auth *auth);

/* From here on no core file and no ptrace(2) by other processes of the user: called
 * before a secret enters memory.  prctl(2), PR_SET_DUMPABLE. */
void auth_keep_secret(void);

#endif
