#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "die.h"
#include "landlock.h"
#include "step.h"

enum { PATHS_MAX = 128 };

static struct {
	const char *path;
	bool writable;
} paths[PATHS_MAX];
static unsigned count;

int
landlock_add(const char *path, bool writable)
{
	if (count == PATHS_MAX)
		return -1;
	paths[count].path = path;
	paths[count++].writable = writable;
	return 0;
}

/* The rights of linux/landlock.h by bit: ABI 1 had 13; REFER came with 2, TRUNCATE with 3,
 * IOCTL_DEV with 5.  What is not "handled" stays allowed, so handle all that there are. */
enum rights {
	READ = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
	       LANDLOCK_ACCESS_FS_READ_DIR,
	TRUNCATE = 1 << 14,
	IOCTL_DEV = 1 << 15,
	OF_A_FILE = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
		    LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE | IOCTL_DEV,
};

static uint64_t
all_rights(int abi)
{
	return abi >= 5 ? 0xffff : abi >= 3 ? 0x7fff : abi >= 2 ? 0x3fff : 0x1fff;
}

static void
add_rule(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = rights};
	struct stat st;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0 || fstat(rule.parent_fd, &st) < 0)
		die_errno("landlock: open %s", path);
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_A_FILE;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		die_errno("landlock: allow %s", path);
	close(rule.parent_fd);
}

void
landlock_apply(void)
{
	struct landlock_ruleset_attr attr = {0};
	int abi, ruleset;

	if (!count || !step(STEP_NONE, "allow only %u paths; landlock_restrict_self(2)", count))
		return;
	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1)
		die_errno_hint("the kernel lacks Landlock, or lsm= leaves it out",
			       "restrict the paths");
	attr.handled_access_fs = all_rights(abi);
	ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
	if (ruleset < 0)
		die_errno("make a Landlock ruleset");
	for (unsigned i = 0; i < count; i++)
		add_rule(ruleset, paths[i].path,
			 paths[i].writable ? attr.handled_access_fs : READ);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		die_errno_hint(errno == EPERM ? "it needs --no-new-privs" : NULL,
			       "restrict the paths");
	close(ruleset);
}
