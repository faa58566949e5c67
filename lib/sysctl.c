#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "mountfd.h"
#include "step.h"
#include "sysctl.h"

/* A directory that was opened, and the network namespace that it shows. */
struct opened {
	char name[32];
	ino_t ns;
	int fd;
};

/* Open /proc/sys/NAME of this network namespace.
 *
 * Each namespace has a net/ipv6 of its own, and in the kernel's cache all of them are the
 * same entry of the same directory: a look-up compares one after the other until it
 * meets the right one.  Among 500 containers that took a third of a new one's time.  So
 * it is done once for all keys, and in a namespace that we have come to, which will not
 * be asked again, in a procfs of our own, that leaves nothing in the cache.  (The kernel
 * refuses one in most containers.) */
static int
open_dir(const char *name, bool first)
{
	int root = first ? -1 : mountfd_new("proc", NULL, 0), fd = -1;

	if (root >= 0) {
		fd = openat(root, text("sys/%s", name), O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(root);
	}
	if (fd < 0)
		fd = open(text("/proc/sys/%s", name), O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd;
}

/* The first two parts of a key ("net/ipv6") as a descriptor, which stays open, and what
 * is left of the key in *rest.  AT_FDCWD and a whole path where that does not work. */
static int
dir_of(const char *key, const char **rest)
{
	static struct opened known[8];
	size_t n = 0, len = strcspn(key, "/");
	struct opened here = {.fd = -1};
	struct stat ns;

	len += key[len] ? 1 + strcspn(key + len + 1, "/") : 0;
	*rest = text("/proc/sys/%s", key);
	if (key[len] == '\0' || len >= sizeof here.name || stat("/proc/self/ns/net", &ns) < 0)
		return AT_FDCWD;
	memcpy(here.name, key, len);
	here.ns = ns.st_ino;
	while (n < sizeof known / sizeof known[0] && known[n].ns &&
	       (known[n].ns != here.ns || strcmp(known[n].name, here.name) != 0))
		n++;
	if (n == sizeof known / sizeof known[0])
		return AT_FDCWD;
	if (!known[n].ns) {
		here.fd = open_dir(here.name, n == 0 || known[0].ns == here.ns);
		if (here.fd < 0)
			return AT_FDCWD;
		known[n] = here;
	}
	*rest = key + len + 1;
	return known[n].fd;
}

bool
sysctl_exists(const char *key)
{
	int dir = dir_of(key, &key);

	return faccessat(dir, key, F_OK, 0) == 0;
}

bool
sysctl_is(const char *key, const char *value)
{
	int dir = dir_of(key, &key);
	char *now = read_file_at(dir, key);
	bool same = now && strcmp(now, value) == 0;

	free(now);
	return same;
}

int
sysctl_write(const char *key, const char *value)
{
	int dir = dir_of(key, &key), r = write_file_at(dir, key, value);

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
