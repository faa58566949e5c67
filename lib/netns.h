/* netns: named network namespaces, as ip-netns(8) keeps them.
 *
 * A name is a file in /run/netns with the namespace bind-mounted on it: the mount keeps
 * the namespace alive without any process. */
#ifndef LONGSHORE_NETNS_H
#define LONGSHORE_NETNS_H

#include <stdbool.h>

#define NETNS_DIR "/run/netns"

/* Make /run/netns what ip-netns(8) expects: a directory, and a shared mount, so that a
 * name given or taken away in one mount namespace is so in all.  0, or -1 with errno. */
int netns_dir(void);

/* A descriptor of the calling process's network namespace; -1 and errno. */
int netns_self(void);

/* A descriptor of the namespace called NAME; -1 and errno.  EINVAL: the file is there,
 * but it is no network namespace. */
int netns_open(const char *name);

/* Is there a file of that name, namespace or not? */
bool netns_taken(const char *name);

/* Call each() for every name; for none where there is no directory. */
void netns_each(void (*each)(const char *name, void *arg), void *arg);

/* Give the calling process's network namespace a name.  0, or -1 with errno; EEXIST. */
int netns_bind(const char *name);

/* Take the name away.  0 also when there is none. */
int netns_unbind(const char *name);

#endif
