/* init: the first process of a container, when PROGRAM is not to be it.
 *
 * Pid 1 inherits every orphan and must reap it, is spared all signals that it has no
 * handler for, and takes the whole pid namespace along when it ends; pid_namespaces(7).
 * Programs that do not know this leave zombies and ignore SIGTERM. */
#ifndef LONGSHORE_INIT_H
#define LONGSHORE_INIT_H

#include <stdbool.h>
#include <sys/types.h>

/* Fork: the child returns, to become PROGRAM.  The parent stays: reaps, forwards
 * signals, and exits with the child's status once it has ended and what it left behind
 * is killed.  Without a pid namespace of its own it becomes a subreaper to the same end;
 * prctl(2). */
void init_stay(bool pid_namespace);

/* For supervise_forward: pid 1 of a new namespace does not see a signal from us that it
 * has no handler for (only SIGKILL and SIGSTOP pass); then do what the signal would have
 * done to any other process. */
void init_forward(pid_t child, int sig, bool seen);

/* The status with which the tool ends, after a death that init_forward() brought about:
 * 128+n of the signal that was meant. */
int init_status(int status);

#endif
