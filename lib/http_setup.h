/* http_setup: what libcurl is told about one exchange: method, fields, limits, and which
 * addresses it may connect to.  Used by http.c only. */
#ifndef LONGSHORE_HTTP_SETUP_H
#define LONGSHORE_HTTP_SETUP_H

#include "http.h"

/* Set up h->easy by h's question.  Allocates h->list. */
void http_setup(struct http *h);

#endif
