#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "step.h"
#include "sysctl.h"

static char *
path_of(const char *key)
{
	return text("/proc/sys/%s", key);
}

bool
sysctl_exists(const char *key)
{
	return access(path_of(key), F_OK) == 0;
}

bool
sysctl_is(const char *key, const char *value)
{
	char *now = read_file_at(AT_FDCWD, path_of(key));
	bool same = now && strcmp(now, value) == 0;

	free(now);
	return same;
}

int
sysctl_write(const char *key, const char *value)
{
	int r = write_file_at(AT_FDCWD, path_of(key), value);

	return r < 0 && errno != ENOENT ? -1 : 0;
}

void
sysctl_set(const char *key, const char *value)
{
	if (sysctl_is(key, value))
		return;
	if (step(STEP_SAME, "sysctl -qw %s=%s", sh(key), value))
		if (sysctl_write(key, value) < 0)
			die_errno_hint(errno == EROFS ? "/proc/sys is mounted read-only here"
						      : NULL,
				       "set %s to %s", key, value);
}
