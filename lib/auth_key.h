/* auth_key: does a key of an auth file stand for an image's registry?  Pure.
 * containers-auth.json(5) */
#ifndef LONGSHORE_AUTH_KEY_H
#define LONGSHORE_AUTH_KEY_H

#include <stddef.h>

#include "ref.h"

/* A key is a host, https://host[/v1/], or host/namespace.  How much of "host/namespace/name"
 * it covers; 0: it is for something else. */
size_t auth_key_fits(const char *key, const struct ref *ref);

#endif
