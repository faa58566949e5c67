/* token: ask a token server for what a registry's challenge demands.
 * https://distribution.github.io/distribution/spec/auth/token/ and .../oauth/ */
#ifndef LONGSHORE_TOKEN_H
#define LONGSHORE_TOKEN_H

#include "challenge.h"
#include "registry.h"

/* The token, allocated, a secret.  With an identity token: POST, and where that is
 * refused with 400, 401, 404 or 405, GET as for the others: Basic credentials where
 * there are some, else anonymously.  Exits 3 when the server refuses, 5 when it
 * limits, 1 when it answers nonsense or is a place that credentials must not go to. */
char *token_fetch(struct registry *reg, const struct challenge *c);

#endif
