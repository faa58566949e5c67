/* argfile: options and arguments from a file, each ended by a NUL byte: more than a
 * command line holds, and not seen in ps(1). */
#ifndef LONGSHORE_ARGFILE_H
#define LONGSHORE_ARGFILE_H

/* While getopt_long() has just returned an option with the argument file ("-" is standard
 * input): a new argument vector in which the file's words stand in the option's place,
 * and optind at the first of them.  Dies when the file cannot be read. */
char **argfile_expand(int *argc, char **argv, const char *file);

#endif
