/* pty: a terminal of PROGRAM's own, and the parent that carries bytes between it and the
 * caller's; pty(7).
 *
 * The pair is made inside, from the container's devpts, so that /dev/pts/0 and ttyname(3)
 * agree there; its master side travels out over a socket, unix(7), SCM_RIGHTS.  Nobody in
 * the container holds the caller's terminal then. */
#ifndef LONGSHORE_PTY_H
#define LONGSHORE_PTY_H

#include <stdbool.h>
#include <sys/types.h>

/* Before the fork: the socket that the master will travel over. */
void pty_prepare(void);

/* Inside: open the pair, from the mount pts or, for -1, the caller's own /dev/ptmx; hand
 * the slave to owner; show it as /dev/console where that is wanted; send the master out. */
void pty_make(int pts, uid_t owner, bool console);

/* Inside, last: lead a session whose terminal is the slave; fds 0 to 2 become it. */
void pty_become(void);

/* Outside: be the proxy until the child ends; its status, as supervise_wait(). */
int pty_proxy(pid_t child);

#endif
