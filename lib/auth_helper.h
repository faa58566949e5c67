/* auth_helper: docker-credential-NAME, a program that keeps secrets elsewhere: in a
 * key ring, in pass(1).  https://github.com/docker/docker-credential-helpers */
#ifndef LONGSHORE_AUTH_HELPER_H
#define LONGSHORE_AUTH_HELPER_H

#include "auth_secret.h"

/* Run `docker-credential-NAME get` with server on its standard input.  All NULL when
 * it does not know the server; dies when it fails otherwise, or when name is not one
 * word ("../x" would run a program of the file's choosing). */
struct auth auth_helper(const char *name, const char *server);

#endif
