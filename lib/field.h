/* field: the values of HTTP fields that decide how a download goes on.  Pure. */
#ifndef LONGSHORE_FIELD_H
#define LONGSHORE_FIELD_H

#include <stdbool.h>
#include <time.h>

/* "bytes FIRST-LAST/SIZE", RFC 9110 section 14.4.  True only when FIRST is `offset`,
 * the range runs to the very end, and SIZE is a number, stored in *size. */
bool field_content_range(const char *value, long long offset, long long *size);

/* Retry-After: seconds or a date, RFC 9110 section 10.2.3.  The seconds to wait from
 * `now`, 0 for a date gone by, -1 when it says nothing. */
long long field_retry_after(const char *value, time_t now);

/* A whole decimal number; -1 when it is none. */
long long field_number(const char *value);

/* The target of rel="next" in a Link field, RFC 8288.  Allocated, or NULL. */
char *field_link_next(const char *value);

#endif
