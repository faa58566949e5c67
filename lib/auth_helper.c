#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth_helper.h"
#include "die.h"
#include "io.h"
#include "json.h"
#include "step.h"

enum { REPLY_MAX = 256 << 10 };

/* The child: pipes for 0 and 1, our own stderr, and no token of ours. */
static _Noreturn void
become(char *program, int in, int out)
{
	char *const argv[] = {program, (char[]){"get"}, NULL};

	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	unsetenv("REG_TOKEN");
	execvp(program, argv);
	_exit(errno == ENOENT ? 127 : 126);
}

/* The helper's output in reply; its exit status is returned. */
static int
run(char *program, const char *server, char *reply)
{
	int to[2], from[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		die_errno("make a pipe");
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (pid == 0)
		become(program, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	/* Shorter than a pipe holds; a helper that reads nothing is its own trouble. */
	(void)!write(to[1], server, strlen(server));
	close(to[1]);
	n = read_all(from[0], reply, REPLY_MAX - 1);
	if (n < 0)
		die_errno("read from %s", program);
	reply[n] = '\0';
	close(from[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die_errno("wait for %s", program);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct auth
auth_helper(const char *name, const char *server)
{
	char *program = text("docker-credential-%s", name), *user, *secret;
	char *reply = malloc(REPLY_MAX);
	int status;
	jv doc;

	if (!reply)
		die("out of memory");
	if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._-") != strlen(name))
		die("run credential helper '%s': its name is not one word", name);
	auth_keep_secret();
	step(STEP_SAME, "echo %s | %s get", sh(server), program);
	status = run(program, server, reply);
	/* "credentials not found in native keychain" is how a helper says no. */
	if (status && strcasestr(reply, "not found"))
		return (struct auth){0};
	if (status == 127)
		die("run %s: not found in PATH", program);
	if (status)
		die("run %s: status %d: %.200s", program, status, reply);
	doc = json_parse(reply, strlen(reply));
	user = json_string(doc, "Username");
	secret = json_string(doc, "Secret");
	jv_free(doc);
	explicit_bzero(reply, REPLY_MAX);
	free(reply);
	if (!secret || !*secret)
		die("run %s: its reply holds no Secret", program);
	if (user && strcmp(user, "<token>") == 0)
		return (struct auth){.identity = secret};
	if (!user || !*user)
		die("run %s: its reply holds no Username", program);
	return (struct auth){.user = user, .password = secret};
}
