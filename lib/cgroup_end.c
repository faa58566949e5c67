#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroup_end.h"
#include "die.h"
#include "io.h"
#include "step.h"

enum { WAIT_MS = 30000, RETRY_MS = 50, RMDIR_TRIES = 100 };

bool
cgroup_wait(const struct cgroup *cg, const char *key, int value, int ms)
{
	int fd = open(text("%s/cgroup.events", cg->path), O_RDONLY | O_CLOEXEC);
	struct pollfd p = {.fd = fd, .events = POLLPRI};
	char buf[256];
	ssize_t n = -1;

	/* Reading arms the poll: a change after the read is never missed. */
	while (fd >= 0 && (n = pread(fd, buf, sizeof buf - 1, 0)) >= 0) {
		buf[n] = '\0';
		if (cgroup_key(buf, key) == value)
			break;
		n = poll(&p, 1, ms);
		if (n == 0) {
			errno = ETIMEDOUT;
			n = -1;
		}
		if (n < 0 && errno != EINTR)
			break;
	}
	if (fd >= 0)
		close(fd);
	/* A directory removed meanwhile reads as ENODEV. */
	if (n < 0 && errno == ENODEV)
		errno = ENOENT;
	return n >= 0;
}

/* For each cgroup directly below dirfd: fn(dirfd, name). */
static void
each_child(int dirfd, void (*fn)(int dirfd, const char *name))
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			fn(dirfd, e->d_name);
	if (d)
		closedir(d);
}

/* Before Linux 5.14 there is no cgroup.kill: one process at a time, over and over, as
 * those not yet killed go on forking. */
static void
kill_each(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char *procs = fd < 0 ? NULL : read_file_at(fd, "cgroup.procs"), *line, *rest = procs;

	while (rest && (line = strsep(&rest, "\n")))
		if (atoi(line) > 1)
			kill(atoi(line), SIGKILL);
	if (fd < 0)
		return;
	each_child(fd, kill_each);
	close(fd);
}

/* A process that SIGKILL does not end waits in the kernel: for a disk, an NFS server. */
static _Noreturn void
die_stuck(const struct cgroup *cg)
{
	char *procs = cgroup_read(cg, "cgroup.procs");

	die_errno_hint("it waits inside the kernel; see its state: ps -o pid,stat,wchan,args",
		       "empty %s of process %s", cg->path,
		       procs && *procs ? strsep(&procs, "\n") : "(in a cgroup below)");
}

/* Send the kill, wait; nothing to do where cg is gone. */
static void
empty(const struct cgroup *cg)
{
	if (write_file_at(AT_FDCWD, text("%s/cgroup.kill", cg->path), "1") < 0) {
		if (!cgroup_exists(cg))
			return;
		if (errno != ENOENT)
			die_errno("kill what is in %s", cg->path);
		for (int ms = 0; ms < WAIT_MS; ms += RETRY_MS) {
			kill_each(AT_FDCWD, cg->path);
			if (cgroup_wait(cg, "populated", 0, RETRY_MS))
				return;
		}
	}
	if (!cgroup_wait(cg, "populated", 0, WAIT_MS) && errno != ENOENT)
		die_stuck(cg);
}

void
cgroup_kill(const struct cgroup *cg)
{
	const char *p = sh(cg->path);

	if (step(STEP_SAME, "[ ! -d %s ] || echo 1 > %s/cgroup.kill\n"
			    "while grep -qs 'populated 1' %s/cgroup.events; do sleep 0.1; done",
		 p, p, p))
		empty(cg);
}

static void
remove_tree(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	each_child(fd, remove_tree);
	close(fd);
	unlinkat(dirfd, name, AT_REMOVEDIR);
}

void
cgroup_remove(const struct cgroup *cg)
{
	const char *p = sh(cg->path);

	cgroup_kill(cg);
	if (!step(STEP_SAME, "[ ! -d %s ] || find %s -depth -type d -exec rmdir {} ';'", p, p))
		return;
	/* Something may have been moved in or made anew while we walked. */
	for (int i = 0; i < RMDIR_TRIES; i++) {
		remove_tree(AT_FDCWD, cg->path);
		if (!cgroup_exists(cg))
			return;
		if (errno != EBUSY && errno != ENOTEMPTY)
			break;
		empty(cg);
	}
	die_errno("rmdir %s", cg->path);
}

void
cgroup_freeze(const struct cgroup *cg, bool freeze)
{
	const char *p = sh(cg->path);

	if (step(STEP_SAME, "echo %d > %s/cgroup.freeze", freeze, p))
		if (write_file_at(AT_FDCWD, text("%s/cgroup.freeze", cg->path),
				  freeze ? "1" : "0") < 0)
			die_errno("%s %s", freeze ? "freeze" : "thaw", cg->path);
	if (step(STEP_SAME, "until grep -q 'frozen %d' %s/cgroup.events; do sleep 0.1; done",
		 freeze, p))
		if (!cgroup_wait(cg, "frozen", freeze, WAIT_MS))
			die_errno("wait until %s is %s", cg->path, freeze ? "frozen" : "thawed");
}

/* systemd marks the cgroups of its units, and those of them that it has given away. */
static bool
marked(const struct cgroup *cg, const char *what)
{
	return getxattr(cg->path, text("trusted.%s", what), NULL, 0) >= 0 ||
	       getxattr(cg->path, text("user.%s", what), NULL, 0) >= 0;
}

void
cgroup_guard(const struct cgroup *cg, const char *verb)
{
	const char *unit = strrchr(cg->path, '/') + 1;

	if (!*cg->name)
		die("%s %s: it is the root of the tree", verb, cg->path);
	if (cgroup_holds(cg, 0))
		die("%s %s: we are in it ourselves", verb, cg->path);
	if (cgroup_holds(cg, 1))
		die("%s %s: process 1 is in it", verb, cg->path);
	if (marked(cg, "invocation_id"))
		die_hint(text("systemctl %s %s", strcmp(verb, "freeze") ? "stop" : verb, sh(unit)),
			 "%s %s: it is a unit of systemd's", verb, cg->path);
}
