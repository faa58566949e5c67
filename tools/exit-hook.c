/* SPDX-License-Identifier: ISC */
/* exit-hook: run a program, and a shell command when it has ended.
 *
 * What is left to do after a container's end (note its status, remove its directory)
 * needs somebody who waits.  A shell could, but sh(1) cannot: it acts on signals only
 * after its foreground child has ended, and gives background children no Ctrl-C.
 *
 *   1. Fork; the child becomes PROGRAM: clone(2), execve(2).
 *   2. Ask the kernel to kill the child should we be killed: prctl(2), PR_SET_PDEATHSIG.
 *   3. Wait, passing on every signal that is sent to us: sigwaitinfo(2), waitpid(2).
 *   4. Run "sh -c HOOK sh STATUS", wait for it, and end with PROGRAM's status: posix_spawn(3).
 *
 * By hand: (PROGRAM); status=$?; sh -c HOOK sh $status; exit $status
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chain.h"
#include "cli.h"
#include "die.h"
#include "io.h"
#include "step.h"
#include "supervise.h"
#include "syscalls.h"

static const char help[] =
	"usage: exit-hook [-hnqVx] HOOK [--] PROGRAM [ARG]...\n"
	"Run PROGRAM; when it has ended run HOOK by sh, its exit status as $1.\n"
	"\n"
	"  -n, --dry-run   print the plain commands, do nothing\n"
	"  -q, --quiet     no warnings\n"
	"  -x, --explain   show each act as the ordinary command\n"
	"  -h, --help      this text\n"
	"  -V, --version   name and version\n"
	"\n"
	"Signals are passed on to PROGRAM.  Exit status: PROGRAM's; 128+n when signal n\n"
	"ended it; 125 when exit-hook itself failed.  See exit-hook(1).\n"
	"\n"
	"  exit-hook 'echo ended: $1 >>log' sleep 5\n"
	"  exit-hook 'rmdir /tmp/work' -- sh -c 'cd /tmp/work && make'\n";

static const struct option longopts[] = {CLI_LONG, {0}};

/* The whole rest of the script runs in a subshell, because it ends in exec. */
static int
print_script(char *hook, char **argv)
{
	puts("set +e\n(\nset -e");
	chain_print(argv);
	printf(")\nstatus=$?\nsh -c %s sh \"$status\"\nexit \"$status\"\n", sh(hook));
	close_stdout();
	return 0;
}

/* Acts 1 and 2; returns in the parent only. */
static pid_t
start(char **argv)
{
	pid_t parent = getpid();
	pid_t child = supervise_fork(-1);

	if (child > 0) {
		/* A reader who waits for the end of a pipe that PROGRAM was given must
		 * not wait for us too. */
		sys_close_range(3, ~0U, 0);
		return child;
	}
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		die_errno("ask to die with the parent");
	/* The parent may have died before the call above: then nobody will send it. */
	if (getppid() != parent)
		raise(SIGKILL);
	chain(argv);
}

/* HOOK's words, when sh would do no more with them than to run them: as make(1) does, the
 * start of a shell is saved then.  NULL when a character may mean something to it. */
static char **
plain_words(const char *hook)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./:@%+,- ";
	char **words, *rest = text("%s", hook), *word;
	int n = 0;

	if (hook[strspn(hook, plain)])
		return NULL;
	words = calloc(strlen(hook) + 1, sizeof *words);
	while (words && (word = strsep(&rest, " ")))
		if (*word)
			words[n++] = word;
	return n ? words : NULL;
}

/* ENOENT: a word that only sh knows, such as "exit". */
static int
spawn(pid_t *pid, const posix_spawnattr_t *attr, char **plain, char **by_shell)
{
	int err = plain ? posix_spawnp(pid, plain[0], NULL, attr, plain, environ) : ENOENT;

	return err == ENOENT ? posix_spawnp(pid, by_shell[0], NULL, attr, by_shell, environ) : err;
}

/* Act 4.  Signals stay blocked in us, not in the hook: who presses Ctrl-C once more
 * ends a hook that hangs. */
static void
run_hook(char *hook, int status)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, hook, (char[]){"sh"},
			text("%d", status), NULL};
	posix_spawnattr_t attr;
	sigset_t none;
	int result;
	pid_t pid;

	step(STEP_SAME, "%s", sh_words(argv));
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	errno = spawn(&pid, &attr, plain_words(hook), argv);
	if (errno || waitpid(pid, &result, 0) < 0)
		complain_errno("run the hook");
	else if (result != 0)
		complain("the hook failed: %s", hook);
}

int
main(int argc, char **argv)
{
	char *hook, **rest;
	int opt, status;

	die_status = EXIT_CHAIN;
	cli_start(argv);
	while ((opt = getopt_long(argc, argv, "+" CLI_SHORT, longopts, NULL)) != -1)
		cli_common(opt, help);
	hook = argv[optind];
	if (!hook)
		usage("HOOK is missing");
	rest = chain_rest(argv + optind + 1);
	if (!*rest)
		usage("PROGRAM is missing");
	if (step_dry)
		return print_script(hook, rest);
	status = supervise_wait(start(rest));
	run_hook(hook, status);
	return status;
}
