/* cli: the five options that every tool has, and getopt_long's one trap.
 *
 * Every optstring starts with "+": options end at the first operand, so that the
 * options of a chained PROGRAM stay its own.  (glibc would otherwise permute argv and
 * take them; the POSIXLY_CORRECT variable would do the same but be inherited.) */
#ifndef LONGSHORE_CLI_H
#define LONGSHORE_CLI_H

#include <getopt.h>

#define CLI_SHORT "hVxnq"
#define CLI_LONG                                                 \
	{"dry-run", no_argument, NULL, 'n'},                     \
	{"explain", no_argument, NULL, 'x'},                     \
	{"help", no_argument, NULL, 'h'},                        \
	{"quiet", no_argument, NULL, 'q'},                       \
	{"version", no_argument, NULL, 'V'}

/* First statement of main(): getopt prints argv[0] as it is, our messages the short
 * name; make them agree.  Also opens fds 0-2 on /dev/null where the caller closed
 * them, else the next file we open becomes "standard error"; reading and writing them
 * fails all the same. */
void cli_start(char **argv);

/* Act on one of the five common options; any other value (getopt's '?' too, which has
 * printed its own line) ends in the usage exit.  Call it from the switch's default. */
void cli_common(int opt, const char *help);

/* For tools that run no PROGRAM: an operand behind the first one that looks like an option
 * was meant as one, and tar(1)'s habit of taking it anywhere is not ours.  Says so and
 * exits (usage); nothing happens when there is none. */
void cli_late_option(char **operands);

#endif
