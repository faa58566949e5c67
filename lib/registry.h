/* registry: a conversation with one registry about one repository: where its API is
 * (https, or plain http on loopback), and how to be allowed in.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 * https://distribution.github.io/distribution/spec/auth/token/ */
#ifndef LONGSHORE_REGISTRY_H
#define LONGSHORE_REGISTRY_H

#include <stdbool.h>

#include "auth.h"
#include "ref.h"

struct registry {
	const struct ref *ref;
	const char *actions; /* "pull" or "pull,push" */
	char *base;          /* "https://host:port", no slash behind; NULL: not probed yet */
	bool loopback;       /* the host's name says that it is this machine */
	bool here;           /* its address is this machine's: redirects may be so, too */
	struct auth auth;    /* what the auth files say, once asked */
	bool auth_known;
	bool basic;          /* it has asked for passwords directly: there is no token */
	char *more_scope;    /* a second scope to ask for, or NULL: reg-push --mount-from */
	char *authorization; /* value of the field to send, or NULL; a secret */
	unsigned generation; /* counts the tokens got: a request knows if its is stale */
};

/* actions: "pull" or "pull,push".  Takes REG_TOKEN from the environment if it is not
 * empty.  No request is made. */
struct registry registry_open(const struct ref *ref, const char *actions);

/* "https://host/v2/REPOSITORY/<fmt...>".  Before the first request the scheme of a
 * loopback registry is not known: it is probed here (never under -n). Allocated. */
char *registry_url(struct registry *reg, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* After a 401 (or 403 with a challenge): get the authorization that this field asks
 * for.  field NULL or useless: /v2/ is asked for a challenge instead.
 * False when there is no way in: nothing new to try. */
bool registry_login(struct registry *reg, const char *field);

/* The token for reg-token's output, or NULL where the registry wants none. */
const char *registry_token(const struct registry *reg);

#endif
