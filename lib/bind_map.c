#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bind_map.h"
#include "binds.h"
#include "die.h"
#include "idmap.h"
#include "mountfd.h"
#include "step.h"
#include "syscalls.h"

/* A mount takes its map from a user namespace.  The container's does not exist yet, so a
 * child is born into one with the same map, and goes when we hold its descriptor. */
static int
namespace_like(const struct idmap *map)
{
	int go[2], fd;
	pid_t child;
	char c;

	if (pipe2(go, O_CLOEXEC) < 0)
		die_errno("make a pipe");
	child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	if (child < 0)
		die_errno("make a user namespace for the map");
	if (child == 0) {
		close(go[1]);
		_exit(read(go[0], &c, 1) < 0);
	}
	close(go[0]);
	idmap_write(map, child);
	fd = open(text("/proc/%d/ns/user", child), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die_errno("open the user namespace for the map");
	close(go[1]);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return fd;
}

void
bind_map_prepare(struct bind_list *list, const struct idmap *map)
{
	struct sys_mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};

	for (unsigned i = 0; i < list->n; i++) {
		struct bind_item *b = &list->item[i];

		if (b->kind != BIND_MAPPED)
			continue;
		if (!attr.userns_fd)
			attr.userns_fd = namespace_like(map);
		b->tree = mountfd_clone(AT_FDCWD, b->source, false);
		if (b->tree < 0)
			die_errno("--bind-map: open %s", b->source);
		if (sys_mount_setattr(b->tree, "", AT_EMPTY_PATH, &attr) < 0)
			die_errno_hint(errno == EPERM    ? "it needs CAP_SYS_ADMIN where the file "
							   "system was mounted"
				       : errno == EINVAL ? "this file system cannot be mapped, or is "
							   "mapped already"
							 : NULL,
				       "--bind-map: map the owners of %s", b->source);
	}
	if (attr.userns_fd)
		close(attr.userns_fd);
}
