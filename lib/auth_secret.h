/* auth_secret: a user's credentials while they are in memory. */
#ifndef LONGSHORE_AUTH_SECRET_H
#define LONGSHORE_AUTH_SECRET_H

struct auth {
	char *user;     /* NULL: none */
	char *password; /* a secret */
	char *identity; /* identity (refresh) token, a secret; then user may be NULL */
};

/* From here on no core file and no ptrace(2) by other processes of the user: called
 * before a secret enters memory.  prctl(2), PR_SET_DUMPABLE. */
void auth_keep_secret(void);

/* -u USER --password-stdin: the password is the first line of standard input. */
struct auth auth_from_stdin(const char *user);

/* "Basic dXNlcjpwYXNz".  Allocated, a secret. */
char *auth_basic(const struct auth *auth);

#endif
