/* probe: does the registry on this machine speak TLS?
 *
 * A loopback registry is asked by https first and by plain http only if it does not
 * speak TLS at all; a bad certificate must never lead to http.  curl's error codes
 * blur that line, the first byte of an answer doesn't: RFC 8446 section 5.1. */
#ifndef LONGSHORE_PROBE_H
#define LONGSHORE_PROBE_H

enum probe {
	PROBE_UNREACHABLE, /* nobody listens: the real request will say so */
	PROBE_TLS,
	PROBE_PLAIN,
};

/* Connect to "name[:port]" (443 where it has none), greet, look at the answer.
 * PROBE_UNREACHABLE leaves connect(2)'s errno. */
enum probe probe_tls(const char *host, double seconds);

#endif
