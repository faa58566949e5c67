/* environment: --env, --unset-env and --clear-env, kept until the exec: what happens
 * before it (newuidmap(1) found by PATH) is the caller's, not PROGRAM's. */
#ifndef LONGSHORE_ENVIRONMENT_H
#define LONGSHORE_ENVIRONMENT_H

/* Remember one change.  set and unset: -1 when malformed or too many. */
void environment_clear(void);
int environment_set(const char *assignment);
int environment_unset(const char *name);

/* Make the changes: all away first, then in command-line order. */
void environment_apply(void);

/* The changes as an env(1) command, "" when there are none; allocated. */
char *environment_words(void);

#endif
