/* chain: become the next program on the command line, as env(1) and nice(1) do.
 *
 * The next program gets a clean process: our descriptors are all close-on-exec, the
 * environment and signal dispositions are as we found them. */
#ifndef LONGSHORE_CHAIN_H
#define LONGSHORE_CHAIN_H

/* The PROGRAM words behind the fixed operands: one leading "--" is dropped (getopt has
 * stopped at the first operand, so a later "--" reaches us).  *result is NULL where
 * there is no PROGRAM. */
char **chain_rest(char **argv);

/* Become argv[0], found by PATH.  When that fails: undo this tool's step, exit 127
 * (not found) or 126 (found, not executable), as POSIX sh and env(1) do.
 * Under -n print the program instead and exit 0; a next tool of ours, found in the
 * same directory as we are, is run with -n so that it prints its own step. */
_Noreturn void chain(char **argv);

/* -n only: print what chain() would run as the script's next lines, and return.
 * For a tool whose own step wraps the rest of the script.  Exits on failure. */
void chain_print(char **argv);

#endif
