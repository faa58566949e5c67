/* jail_script: what ns-exec(1) does, as commands: for -x, and for -n a script in which
 * unshare(1) starts a shell that does the inner acts. */
#ifndef LONGSHORE_JAIL_SCRIPT_H
#define LONGSHORE_JAIL_SCRIPT_H

struct jail;

/* "nsenter ... unshare ...", "" when all namespaces stay; allocated. */
char *jail_outer_words(const struct jail *j);

/* "env ... setpriv ... chroot . sh -c 'cd ...'", whatever of it is needed in front of
 * PROGRAM; allocated. */
char *jail_inner_words(const struct jail *j);

/* -n: from begin to end, what is printed on stdout is kept for the inner script. */
void jail_script_begin(void);

/* Print the whole: outer words, the kept script, and PROGRAM, which prints its own when
 * it is a tool of ours. */
void jail_script_end(const struct jail *j, char **program);

#endif
