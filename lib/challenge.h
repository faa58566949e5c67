/* challenge: what a WWW-Authenticate field asks for.  RFC 9110 section 11.6.1.
 *
 *	Bearer realm="https://auth.docker.io/token",service="registry.docker.io",
 *	       scope="repository:library/alpine:pull"
 *
 * One field may hold several challenges, values may be quoted (with \ escapes) or not,
 * names and schemes are in any case.  Pure: fuzzed by tests/fuzz. */
#ifndef LONGSHORE_CHALLENGE_H
#define LONGSHORE_CHALLENGE_H

#include <stdbool.h>

struct challenge {
	char *realm; /* each NULL where absent */
	char *service;
	char *scope;
	char *error; /* "insufficient_scope", "invalid_token" */
};

/* Find the first challenge of this scheme ("Bearer", "Basic").  False when there is
 * none; a Bearer one without a realm is none, it names nobody to ask.  The strings
 * are allocated; challenge_free(). */
bool challenge_find(const char *field, const char *scheme, struct challenge *out);
void challenge_free(struct challenge *c);

#endif
