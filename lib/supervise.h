/* supervise: stay as a tiny parent of PROGRAM, for steps that are undone when it ends.
 *
 *	pid_t child = supervise_fork(-1);
 *	if (child == 0)
 *		chain(argv);
 *	status = supervise_wait(child);
 *	... undo ...
 *	exit(status);
 */
#ifndef LONGSHORE_SUPERVISE_H
#define LONGSHORE_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Fork; in the child return 0 with signal mask and dispositions as the caller had them
 * and the undo list forgotten (the parent owns the step).  cgroup_fd >= 0: the child is
 * born inside that cgroup (CLONE_INTO_CGROUP, clone(2)), which spares the migration.
 * The parent has every signal blocked from before the fork: none is lost between fork
 * and wait.  Dies when the fork fails; with a cgroup_fd returns -1 and errno instead, as
 * only the caller can say what the cgroup's EBUSY or EACCES means. */
pid_t supervise_fork(int cgroup_fd);

/* The same with CLONE_NEW* flags of clone(2): the child is born into new namespaces.
 * -1 with errno whatever the cgroup_fd, for the caller to name the reason. */
pid_t supervise_clone(uint64_t flags, int cgroup_fd);

/* The same for a child that runs run() and soon executes a program: until then it works in
 * our memory, as after vfork(2), and we stand still.  That spares the copy of the page
 * tables and each first touch of a page by the child, most of what a fork costs.  run()
 * must not return, and no act of it may wait for us. */
pid_t supervise_borrow(unsigned flags, void (*run)(void));

/* How supervise_wait() hands a signal on; seen: the child has got it already, as a member
 * of the terminal's foreground group.  The default sends with kill(2) what was not seen. */
extern void (*supervise_forward)(pid_t child, int sig, bool seen);

/* Reap all others that become our children as well: as pid 1, or a subreaper. */
extern bool supervise_orphans;

/* Reap without blocking: the status as below, -1 while the child lives.  When it has
 * stopped, stop too. */
int supervise_reap(pid_t child);

/* Wait for the child: forward signals sent to us, stop and continue with it, and return
 * its exit status, 128+n if signal n ended it. */
int supervise_wait(pid_t child);

#endif
