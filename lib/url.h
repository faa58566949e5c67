/* url: what the redirect rules ask of a URL.  RFC 3986; libcurl-url(3) parses, so that
 * what we judge is what libcurl then connects to. */
#ifndef LONGSHORE_URL_H
#define LONGSHORE_URL_H

#include <stdbool.h>

/* The absolute URL that `to` means on the page `base`: relative paths resolved, user
 * info and fragment removed, only http and https.  Allocated; NULL when it is none. */
char *url_resolve(const char *base, const char *to);

/* Same scheme, name and port: then, and only then, credentials may go along. */
bool url_same_origin(const char *a, const char *b);

/* "name" or "name:port" as written in the URL.  Allocated; NULL when it is none. */
char *url_host(const char *url);

bool url_is_https(const char *url);

/* The host is localhost, 127.0.0.0/8 or ::1. */
bool url_is_loopback(const char *url);

/* The URL without its query, which on signed URLs is as good as a password. */
char *url_without_query(const char *url);

/* Percent-encode one value of a query or form.  Allocated. */
char *url_escape(const char *value);

#endif
