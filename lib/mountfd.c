#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mountfd.h"
#include "step.h"
#include "syscalls.h"

int
mountfd_clone(int dirfd, const char *path, bool recursive)
{
	return sys_open_tree(dirfd, path,
			     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
				     (recursive ? AT_RECURSIVE : 0));
}

/* With the keys behind "?", as far as the kernel takes each, or without any of them. */
static int
make(const char *fstype, const char *opts, unsigned attr, bool with_optional)
{
	int fs = sys_fsopen(fstype, FSOPEN_CLOEXEC), tree = -1, saved;
	char *all = opts ? text("%s", opts) : NULL;

	if (fs < 0)
		return -1;
	/* The name that /proc/mounts shows; "none" otherwise. */
	sys_fsconfig(fs, SYS_FSCONFIG_STRING, "source", fstype, 0);
	for (char *key = all ? strtok(all, ",") : NULL; key; key = strtok(NULL, ",")) {
		char *value = strchr(key, '=');
		bool optional = *key == '?';
		int r = 0;

		if (value)
			*value++ = '\0';
		key += optional;
		if (!optional || with_optional)
			r = sys_fsconfig(fs, value ? SYS_FSCONFIG_STRING : SYS_FSCONFIG_FLAG, key,
					 value, 0);
		if (r < 0 && !optional)
			goto out;
	}
	if (sys_fsconfig(fs, SYS_FSCONFIG_CREATE, NULL, NULL, 0) == 0)
		tree = sys_fsmount(fs, FSMOUNT_CLOEXEC, attr);
out:
	saved = errno;
	close(fs);
	errno = saved;
	return tree;
}

int
mountfd_new(const char *fstype, const char *opts, unsigned attr)
{
	int tree = make(fstype, opts, attr, true);

	/* A file system of the old kind (devpts in Linux 6.1) judges all keys at the end. */
	if (tree < 0 && errno == EINVAL && opts && strchr(opts, '?'))
		tree = make(fstype, opts, attr, false);
	return tree;
}

int
mountfd_attach(int tree, int target)
{
	int r = sys_move_mount(tree, "", target, "",
			       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	int saved = errno;

	close(target);
	errno = saved;
	return r;
}

int
mountfd_restrict(int tree, unsigned attr, bool recursive)
{
	struct sys_mount_attr a = {.attr_set = attr};

	return sys_mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &a);
}

char *
mountfd_restrict_words(const char *at, const char *options)
{
	return text("findmnt -Rlno TARGET %s | while IFS= read -r m; do "
		    "mount -o remount,bind,%s \"$m\"; done", at, options);
}
