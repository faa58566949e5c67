/* request_step: the three parts of a request's life that request.c drives: an exchange
 * begins, its body comes, it is judged.  Used by lib/request*.c only. */
#ifndef LONGSHORE_REQUEST_STEP_H
#define LONGSHORE_REQUEST_STEP_H

#include "request.h"

/* Set up and start one exchange with r->target. */
void request_begin(struct request *r);

/* From the top: the registry's own URL, since where a redirect led may have expired. */
void request_restart(struct request *r);

/* http's sink.  Bodies of redirects and errors never reach the caller's. */
bool request_data(struct http *h, const void *data, size_t n);

/* The fields of a 2xx answer: does the body continue what the sink has, and is it as
 * long as was promised?  False: don't read it. */
bool request_accept(struct request *r);

/* Append to r->text, which stays a string. */
void request_keep(struct request *r, const void *data, size_t n);

/* One exchange is over: r->done, or the next one is begun, or r->due says when. */
void request_judge(struct request *r);

#endif
