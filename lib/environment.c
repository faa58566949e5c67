#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "environment.h"
#include "step.h"

enum { CHANGES_MAX = 1024 };

static bool clear;
static char *changes[CHANGES_MAX]; /* "NAME=VALUE" sets, "NAME" unsets */
static unsigned count;

void
environment_clear(void)
{
	clear = true;
}

static int
remember(const char *change)
{
	if (count == CHANGES_MAX)
		return -1;
	changes[count++] = text("%s", change);
	return 0;
}

int
environment_set(const char *assignment)
{
	const char *eq = strchr(assignment, '=');

	return eq && eq > assignment ? remember(assignment) : -1;
}

int
environment_unset(const char *name)
{
	return *name && !strchr(name, '=') ? remember(name) : -1;
}

void
environment_apply(void)
{
	if (clear)
		clearenv();
	for (unsigned i = 0; i < count; i++) {
		if (!strchr(changes[i], '='))
			unsetenv(changes[i]);
		else if (putenv(changes[i]) != 0)
			die_errno("set %s in the environment", changes[i]);
	}
}

/* env(1) takes its options before the assignments. */
char *
environment_words(void)
{
	char *options = text("%s", clear ? " -i" : ""), *sets = text("%s", "");

	for (unsigned i = 0; i < count; i++) {
		if (strchr(changes[i], '='))
			sets = text("%s %s", sets, sh(changes[i]));
		else
			options = text("%s -u %s", options, sh(changes[i]));
	}
	return text("%s%s%s", *options || *sets ? "env" : "", options, sets);
}
