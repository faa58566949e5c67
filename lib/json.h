/* json: short forms for libjq's jv values.  jv.h (Debian: libjq-dev); every jv call
 * eats its arguments, these here don't. */
#ifndef LONGSHORE_JSON_H
#define LONGSHORE_JSON_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

/* Parse one document; an invalid jv when it is not JSON. */
jv json_parse(const char *text, size_t n);

/* A member of an object as a string, allocated (exit is the free); NULL when the value
 * is no object, has no such member, or it is no string or has a NUL in it. */
char *json_string(jv object, const char *name);

/* A member as a whole number from 0 to 2^53; -1 when it is none. */
long long json_count(jv object, const char *name);

/* A member of any kind; null when there is none.  The caller frees. */
jv json_member(jv object, const char *name);

/* True for a member that is an array, an object. */
bool json_has_array(jv object, const char *name);
bool json_has_object(jv object, const char *name);

#endif
