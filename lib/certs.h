/* certs: per-registry certificates, as podman and docker keep them.
 * containers-certs.d(5):
 *
 *	/etc/containers/certs.d/HOST[:PORT]/NAME.crt     a CA to trust beside the system's
 *	.../NAME.cert, .../NAME.key                      a client certificate and its key
 *
 * Looked for in $XDG_CONFIG_HOME (~/.config)/containers/certs.d, /etc/containers/certs.d
 * and /etc/docker/certs.d; the first that has a directory for the host is taken. */
#ifndef LONGSHORE_CERTS_H
#define LONGSHORE_CERTS_H

#include <stddef.h>

struct certs {
	char *ca;   /* PEM text of all NAME.crt, or NULL */
	size_t ca_len;
	char *cert; /* paths, or NULL */
	char *key;
};

/* For "host" or "host:port" as in a URL.  NULL when there is no directory for it.
 * Remembered: the files are read once. */
const struct certs *certs_for(const char *host);

#endif
