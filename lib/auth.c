#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "auth.h"
#include "die.h"
#include "step.h"

void
auth_keep_secret(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

struct auth
auth_find(const struct ref *ref)
{
	(void)ref;
	return (struct auth){0};
}

char *
auth_basic(const struct auth *auth)
{
	(void)auth;
	return NULL;
}

struct auth
auth_from_stdin(const char *user)
{
	(void)user;
	return (struct auth){0};
}
