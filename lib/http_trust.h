/* http_trust: whose certificates an https connection accepts, and which it shows. */
#ifndef LONGSHORE_HTTP_TRUST_H
#define LONGSHORE_HTTP_TRUST_H

#include <curl/curl.h>

/* Set a handle up for this URL: --ca-file or SSL_CERT_FILE instead of the system's
 * bundle, certs.d beside it, a client certificate, --insecure. */
void http_trust(CURL *easy, const char *url);

#endif
