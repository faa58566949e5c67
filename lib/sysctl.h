/* sysctl: kernel settings below /proc/sys, of the calling process's network namespace.
 * key is a path, "net/ipv4/conf/eth0/forwarding": interface names may hold dots. */
#ifndef LONGSHORE_SYSCTL_H
#define LONGSHORE_SYSCTL_H

#include <stdbool.h>

/* Is there such a key; does it have this value?  false where there is none. */
bool sysctl_exists(const char *key);
bool sysctl_is(const char *key, const char *value);

/* Write it; 0, or -1 with errno.  A key that is not there (IPv6 is off) is no failure. */
int sysctl_write(const char *key, const char *value);

/* The same as a step, where the value differs.  Dies on failure. */
void sysctl_set(const char *key, const char *value);

#endif
