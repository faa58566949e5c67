/* profile_json: read the parts of a seccomp profile, which may lack any of them.  What is
 * returned is valid as long as the whole document is; exit is the free. */
#ifndef LONGSHORE_PROFILE_JSON_H
#define LONGSHORE_PROFILE_JSON_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

/* A member of an object; null where there is none. */
jv profile_get(jv object, const char *key);

/* A member that is a list; a missing one is empty. */
jv profile_list(jv object, const char *key);

/* Whether that list has anything in it. */
bool profile_has(jv object, const char *key);

/* A string's text, "" for any other kind of value. */
const char *profile_string(jv v);

/* A member's text, as profile_string(). */
const char *profile_text(jv object, const char *key);

/* A number's value, 0 for any other kind. */
uint64_t profile_number(jv v);

#endif
