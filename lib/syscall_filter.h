/* syscall_filter: the filter that PROGRAM's system calls pass; seccomp(2).
 *
 * The default is docker's profile.  It was compiled with this tool by seccomp-compile(1);
 * what a kept capability adds is put in front of it. */
#ifndef LONGSHORE_SYSCALL_FILTER_H
#define LONGSHORE_SYSCALL_FILTER_H

#include <stdbool.h>
#include <stdint.h>

/* Assemble the filter: "default" for the capabilities given, "none", or a file of raw BPF
 * (read now: its path is the caller's, not the container's).  With terminal, requests
 * that type into the terminal (TIOCSTI, TIOCLINUX) are refused too.  Dies on failure. */
void syscall_filter_prepare(const char *which, uint64_t caps, bool terminal);

/* Install it, if there is one.  Needs no_new_privs or CAP_SYS_ADMIN.  Dies on failure. */
void syscall_filter_install(void);

#endif
