/* retry: how long to wait before the next try, and when to stop trying. */
#ifndef LONGSHORE_RETRY_H
#define LONGSHORE_RETRY_H

enum { RETRY_AFTER_MAX = 60 }; /* seconds of Retry-After that we obey */

/* The pause before try number `tries` + 1, seconds: half a second, doubling to 15, a
 * fifth more or less at random, so that clients that failed together do not come back
 * together.  after: what Retry-After asks for, -1 or 0 for nothing; never less. */
double retry_pause(int tries, long long after);

#endif
