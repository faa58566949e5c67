/* netfiles: resolv.conf and hosts of a named network namespace.
 *
 * ip-netns(8) and the pipelines mount /etc/netns/NAME/FILE over /etc/FILE.  hosts is one
 * file per bridge, with a hard link in each NAME's directory: a bind mount pins the
 * inode, so rewriting that one file in place tells every running container about a new
 * neighbour.  The first line of each file says who made it. */
#ifndef LONGSHORE_NETFILES_H
#define LONGSHORE_NETFILES_H

#include <stdbool.h>

#define NETFILES_DIR "/etc/netns"
#define NETFILES_SHARED NETFILES_DIR "/.longshore"

/* Paths; allocated. */
char *netfiles_dir(const char *name);
char *netfiles_hosts_path(const char *bridge);

/* Write /etc/netns/NAME/resolv.conf and link /etc/netns/NAME/hosts.  A directory that
 * somebody else filled keeps his files.  0, or -1 with errno. */
int netfiles_write(const char *name, const char *bridge, const char *resolv);

/* Rewrite the bridge's hosts file in place.  0, or -1 with errno. */
int netfiles_write_hosts(const char *bridge, const char *hosts);

/* Did we make NAME's files? */
bool netfiles_ours(const char *name);

/* Remove NAME's files as far as they are ours, and the directories that then are empty;
 * remove a bridge's hosts file; what a killed run was making, and the empty place. */
void netfiles_remove(const char *name);
void netfiles_remove_hosts(const char *bridge);
void netfiles_tidy(void);

/* The names below /etc/netns whose files are ours; NULL-terminated, allocated. */
char **netfiles_names(void);

/* The bridges, there or gone, that have a hosts file of ours; alike. */
char **netfiles_bridges(void);

#endif
