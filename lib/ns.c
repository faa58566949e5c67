#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "ns.h"
#include "step.h"
#include "syscalls.h"

const struct ns_type ns_types[NS_KINDS] = {
	[NS_CGROUP] = {"cgroup", "cgroup", CLONE_NEWCGROUP},
	[NS_IPC] = {"ipc", "ipc", CLONE_NEWIPC},
	[NS_MOUNT] = {"mount", "mnt", CLONE_NEWNS},
	[NS_NET] = {"net", "net", CLONE_NEWNET},
	[NS_PID] = {"pid", "pid", CLONE_NEWPID},
	[NS_TIME] = {"time", "time", CLONE_NEWTIME},
	[NS_USER] = {"user", "user", CLONE_NEWUSER},
	[NS_UTS] = {"uts", "uts", CLONE_NEWUTS},
};

char *
ns_words(const struct ns_set *set)
{
	char *enter = text("%s", ""), *make = text("%s", "");

	if (set->target && set->target_all)
		enter = text(" --target %d --all", set->target);
	else if (set->target)
		enter = text(" --target %d", set->target);
	for (int i = 0; i < NS_KINDS; i++) {
		const struct ns_type *t = &ns_types[i];

		if (set->target && !set->target_all && set->target_flags & t->flag)
			enter = text("%s --%s", enter, t->option);
		if (set->file[i])
			enter = text("%s --%s=%s", enter, t->option, sh(set->file[i]));
		if (set->create & t->flag && set->persist)
			make = text("%s --%s=%s", make, t->option,
				    sh(text("%s/%s", set->persist, t->option)));
		else if (set->create & t->flag)
			make = text("%s --%s", make, t->option);
	}
	if (set->monotonic)
		make = text("%s --monotonic %s", make, sh(set->monotonic));
	if (set->boottime)
		make = text("%s --boottime %s", make, sh(set->boottime));
	return text("%s%s%s%s%s", *enter ? "nsenter" : "", enter, *enter && *make ? " " : "",
		    *make ? "unshare" : "", make);
}

bool
ns_needs_fork(const struct ns_set *set)
{
	unsigned born = CLONE_NEWPID | CLONE_NEWTIME;

	return (set->create | set->target_flags) & born || set->file[NS_PID] ||
	       set->file[NS_TIME];
}

/* Joining what one is in already is refused for user namespaces (EINVAL) and useless for
 * all others: the files are the same when device and inode are; namespaces(7). */
static bool
shared(int dirfd, const char *path, const struct ns_type *type)
{
	struct stat theirs, ours;
	char self[32];

	snprintf(self, sizeof self, "/proc/self/ns/%s", type->file);
	return fstatat(dirfd, path, &theirs, 0) == 0 && stat(self, &ours) == 0 &&
	       theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

/* Files first opened, then joined: after the first setns() a path may mean another
 * file.  Network and cgroup come before the user namespace, which costs us the power
 * over those of our own; what is owned by the joined user namespace comes after it,
 * since only there do we gain power over it.  So: try, join user, try the rest again.
 * The mount namespace is last, it takes the root directory away. */
static void
join_files(const struct ns_set *set)
{
	static const enum ns_kind order[] = {NS_NET,  NS_CGROUP, NS_IPC,  NS_UTS,
					     NS_TIME, NS_PID,    NS_USER, NS_MOUNT};
	int fds[NS_KINDS], again = 1;

	for (int i = 0; i < NS_KINDS; i++) {
		fds[i] = -1;
		if (!set->file[i] || shared(AT_FDCWD, set->file[i], &ns_types[i]))
			continue;
		fds[i] = open(set->file[i], O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			die_errno("open the %s namespace %s", ns_types[i].option, set->file[i]);
	}
	for (; again >= 0; again--) {
		for (unsigned i = 0; i < NS_KINDS; i++) {
			enum ns_kind k = order[i];

			if (fds[k] < 0)
				continue;
			if (setns(fds[k], ns_types[k].flag) == 0) {
				close(fds[k]);
				fds[k] = -1;
			} else if (errno != EPERM || again == 0 || fds[NS_USER] < 0) {
				die_errno("join the %s namespace %s", ns_types[k].option,
					  set->file[k]);
			}
		}
	}
}

/* All of a process's namespaces in one setns(2) on its pidfd: the kernel checks every
 * one before it switches any, so there is no half-way state.  The pidfd is opened first
 * and found alive last: then the /proc/PID in between was that same process. */
static void
join_target(const struct ns_set *set)
{
	int pidfd = sys_pidfd_open(set->target, 0), proc, root;
	unsigned flags = set->target_flags;

	if (pidfd < 0)
		die_errno("open process %d", set->target);
	proc = open(text("/proc/%d", set->target), O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < NS_KINDS; i++)
		if (shared(proc, text("ns/%s", ns_types[i].file), &ns_types[i]))
			flags &= ~ns_types[i].flag;
	root = openat(proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 && set->target_flags & CLONE_NEWNS)
		die_errno("open the root directory of process %d", set->target);
	if (sys_pidfd_send_signal(pidfd, 0) < 0)
		die_errno("join process %d", set->target);
	if (flags && setns(pidfd, flags) < 0)
		die_errno("join the namespaces of process %d", set->target);
	if (set->target_flags & CLONE_NEWNS)
		if (fchdir(root) < 0 || chroot(".") < 0)
			die_errno("enter the root directory of process %d", set->target);
	close(root);
	close(proc);
	close(pidfd);
}

void
ns_join(const struct ns_set *set)
{
	join_files(set);
	if (set->target)
		join_target(set);
}
