/* own_exe: nobody in the container may open our binary for writing.
 *
 * A program in the container that is "/proc/self/exe" runs *us*, and somebody beside it
 * then opens our file by /proc/PID/exe; the same by /proc/1/exe while we are its init
 * (CVE-2019-5736).  What helps is to be something else by then: a sealed memfd. */
#ifndef LONGSHORE_OWN_EXE_H
#define LONGSHORE_OWN_EXE_H

#include <stdbool.h>

/* Make ready, before anything hostile is near.  stays: the container's processes may see
 * ours before PROGRAM, or beside it; then we go on as a sealed copy of the whole binary,
 * which executes argv again, and this returns only in the copy.  Else the small program
 * is laid out that own_exe_become() goes through, which costs a fifth of that.  Neither
 * when the binary is sealed or lies on a read-only mount.  Dies on failure. */
void own_exe_guard(char **argv, bool stays);

/* True when own_exe_become() goes through the small program: an exec more, by which all
 * descriptors that are marked close-on-exec are closed before PROGRAM is looked up. */
bool own_exe_hops(void);

/* Become PROGRAM: chain(), or what comes to the same by way of the small program. */
_Noreturn void own_exe_become(char **argv);

#endif
