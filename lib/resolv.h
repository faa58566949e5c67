/* resolv: the name servers that a container gets; resolv.conf(5). */
#ifndef LONGSHORE_RESOLV_H
#define LONGSHORE_RESOLV_H

/* The text of a resolv.conf that works behind the bridge: the host's, without the
 * nameservers that only the host can reach (loopback, link-local).  Where none is left:
 * systemd-resolved's upstream ones, else public ones.  dns != NULL: those instead.
 * Allocated. */
char *resolv_text(char *const *dns, int count);

#endif
