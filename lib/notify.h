/* notify: tell an engine how far we are, and wait for it: a container is created by one
 * command and started by another. */
#ifndef LONGSHORE_NOTIFY_H
#define LONGSHORE_NOTIFY_H

#include <sys/types.h>

struct notify {
	const char *pid_file;
	int info_fd, ready_fd; /* the caller's; -1: none */
	const char *start_fifo;
	int fifo;
};

/* Open what has a path of the caller's, mark what is the caller's close-on-exec. */
void notify_open(struct notify *n);

/* Write the pid file and the information about the process that is to become PROGRAM
 * (or its init), one line of JSON: {"pid":N,"namespaces":{"ipc":INODE,...}}. */
void notify_pid(const struct notify *n, pid_t pid);

/* All is set up but the exec: a newline to the ready fd; then wait until somebody writes
 * to the start fifo.  fifo(7). */
void notify_ready(const struct notify *n);

#endif
