#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "overlay.h"
#include "step.h"
#include "syscalls.h"

enum { FSCONFIG_STRING_MAX = 255 }; /* fsconfig(2) copies 256 bytes, NUL included */

static char reason[4096];

const char *
overlay_reason(void)
{
	return *reason ? reason : NULL;
}

int
overlay_open(const char *role, const char *path)
{
	/* Not open(2): musl's sets close-on-exec once more by fcntl(2), for old kernels. */
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* A directory that may be searched but not listed is good enough for overlayfs;
	 * only Linux 6.13 and 6.14 refuse O_PATH descriptors, so it is the second try. */
	if (fd < 0 && errno == EACCES)
		fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die_errno("open %s %s", role, *path ? path : "''");
	return fd;
}

/* The kernel's own words: each read(2) of the context is one message, "e " for errors
 * in front; ENODATA when there are no more. */
static void
keep_reason(int ctx)
{
	char line[1024], *words = line;
	ssize_t n;

	while ((n = read(ctx, line, sizeof line - 1)) > 0) {
		line[n] = '\0';
		line[strcspn(line, "\n")] = '\0';
		if (*reason || line[0] != 'e')
			continue;
		words += strncmp(words, "e overlay: ", 11) == 0 ? 11 : 2;
		snprintf(reason, sizeof reason, "%s", words);
	}
}

/* One directory under one key: as a descriptor, or as a string that needs no escape. */
static int
config_dir(int ctx, bool by_fd, const char *key, const char *role, const char *path)
{
	int fd = overlay_open(role, path);
	const char *name = path;
	int rc, saved;

	/* upperdir and workdir are unescaped even here, lowerdir+ is not: a path that holds
	 * a backslash goes by its descriptor's name, which has none. */
	if (strlen(path) > FSCONFIG_STRING_MAX || strchr(path, '\\'))
		name = text("/proc/self/fd/%d", fd);
	if (by_fd)
		rc = sys_fsconfig(ctx, SYS_FSCONFIG_FD, key, NULL, fd);
	else
		rc = sys_fsconfig(ctx, SYS_FSCONFIG_STRING, key, name, 0);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

static int
config_dirs(int ctx, bool by_fd, const struct overlay *o)
{
	/* Each lowerdir+ goes below the ones before it: top first. */
	for (size_t i = o->lowers; i-- > 0;)
		if (config_dir(ctx, by_fd, "lowerdir+", "layer", o->lower[i]) < 0)
			return -1;
	if (!o->upper)
		return 0;
	if (config_dir(ctx, by_fd, "upperdir", "upper directory", o->upper) < 0)
		return -1;
	return config_dir(ctx, by_fd, "workdir", "work directory", o->work);
}

static int
config_word(void *ctx, char *word)
{
	char *value = strchr(word, '=');

	if (!value)
		return sys_fsconfig(*(int *)ctx, SYS_FSCONFIG_FLAG, word, NULL, 0);
	*value++ = '\0';
	return sys_fsconfig(*(int *)ctx, SYS_FSCONFIG_STRING, word, value, 0);
}

/* The context has its directories: make the file system, then attach it.  It is only
 * visible, and only needs undoing, once move_mount(2) has succeeded. */
static int
create_and_attach(int ctx, const struct overlay *o, const char *target)
{
	unsigned long flags = 0;
	unsigned attr = 0;
	int fd, rc;

	if (overlay_each_option(o, &attr, &flags, config_word, &ctx) < 0 ||
	    sys_fsconfig(ctx, SYS_FSCONFIG_STRING, "source", "overlay", 0) < 0 ||
	    sys_fsconfig(ctx, SYS_FSCONFIG_CREATE, NULL, NULL, 0) < 0)
		return -1;
	fd = sys_fsmount(ctx, FSMOUNT_CLOEXEC, attr);
	if (fd < 0)
		return -1;
	rc = sys_move_mount(fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
	close(fd);
	return rc;
}

/* Up to Linux 6.4 overlayfs has no parser of its own for fsconfig(2): the context
 * swallows any string unseen and only FSCONFIG_CMD_CREATE finds out. */
static bool
is_legacy(int ctx)
{
	return sys_fsconfig(ctx, SYS_FSCONFIG_STRING, "lowerdir+", "", 0) == 0;
}

int
overlay_mount(const struct overlay *o, const char *target)
{
	int ctx, rc, saved;

	*reason = '\0';
	for (int by_fd = 1; by_fd >= 0; by_fd--) {
		bool legacy;

		ctx = sys_fsopen("overlay", FSOPEN_CLOEXEC);
		if (ctx < 0)
			break;
		if (config_dirs(ctx, by_fd, o) == 0) {
			rc = create_and_attach(ctx, o, target);
			saved = errno;
			keep_reason(ctx);
			close(ctx);
			errno = saved;
			return rc;
		}
		keep_reason(ctx);
		legacy = is_legacy(ctx);
		close(ctx);
		if (legacy)
			break;
	}
	return overlay_mount_legacy(o, target);
}

int
overlay_bind(const char *layer, const char *target)
{
	const struct sys_mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	unsigned all = 0;
	int dir = overlay_open("layer", layer);
	int fd = sys_open_tree(dir, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int rc;

	/* A mount namespace owned by a less privileged user namespace may not tear a mount
	 * from those on top of it, which could uncover what they hide: EINVAL;
	 * mount_namespaces(7), "Restrictions on mount namespaces".  Take them along. */
	if (fd < 0 && errno == EINVAL) {
		all = AT_RECURSIVE;
		fd = sys_open_tree(dir, "", AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE |
					    OPEN_TREE_CLOEXEC);
	}
	if (fd < 0)
		return -1;
	close(dir);
	/* Read-only before anybody can see it; a bind mount made the old way is writable
	 * until its remount. */
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | all, &ro) < 0)
		return -1;
	rc = sys_move_mount(fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
	close(fd);
	return rc;
}
