/* floor [-n] ROOT PROGRAM...: the least a container start can be: one clone3 with the
 * namespaces, private mounts, a fresh proc, pivot_root, exec, wait.  No /dev, no masks,
 * no capabilities, no seccomp: what ns-exec is compared with, not what anybody should
 * use.  -n adds a network namespace.
 * SPDX-License-Identifier: ISC */
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void
need(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		_exit(125);
	}
}

static void
inside(const char *root, char **argv)
{
	need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private");
	need(mount(root, root, NULL, MS_BIND, NULL) == 0, "bind");
	need(chdir(root) == 0, "chdir");
	need(mount("proc", "proc", "proc", 0, NULL) == 0, "proc");
	need(syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
	need(umount2(".", MNT_DETACH) == 0, "umount");
	execv(argv[0], argv);
	need(0, argv[0]);
}

int
main(int argc, char **argv)
{
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC |
			 CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
	};
	int status, first = 1;
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "-n") == 0) {
		args.flags |= CLONE_NEWNET;
		first = 2;
	}
	need(argc > first + 1, "usage: floor [-n] ROOT PROGRAM...");
	pid = syscall(SYS_clone3, &args, sizeof args);
	need(pid >= 0, "clone3");
	if (pid == 0)
		inside(argv[first], argv + first + 1);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
