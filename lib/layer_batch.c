#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "die.h"
#include "digest.h"
#include "layer_batch.h"
#include "line_reader.h"
#include "step.h"
#include "undo.h"

enum { WORKERS_MAX = 64 };

static struct {
	pid_t pid[WORKERS_MAX]; /* 0: none */
	unsigned max, running;
	void (*one)(const char *digest);
	int status;  /* of the first that failed */
	int stopped; /* the signal that ends us */
	int signals; /* signalfd(2): none can slip in between a test and a wait */
	int queue[2]; /* ours, theirs */
	sigset_t as_it_was;
} batch;

static struct line_reader list;

static void
fail(int status)
{
	if (!batch.status)
		batch.status = status;
}

static void
say_layer(void *digest)
{
	complain("layer %s is not unpacked", (char *)digest);
}

/* One layer: "DIGEST\tPATH". */
static void
work_on(char *digest, int home)
{
	char *path = strchr(digest, '\t');
	int fd;

	*path++ = '\0';
	undo_push(say_layer, digest);
	if (fchdir(home) < 0)
		die_errno("return to the working directory");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		die_errno("open %s", path);
	close(fd);
	batch.one(digest);
	undo_forget();
}

static _Noreturn void
work(void)
{
	static char line[LINE_READER_MAX];
	int home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ssize_t n;

	/* The queue ends for us when its last writer has closed it. */
	close(batch.queue[0]);
	close(batch.signals);
	/* When the parent is killed nobody passes signals on. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, &batch.as_it_was, NULL);
	while ((n = recv(batch.queue[1], line, sizeof line - 1, 0)) > 0) {
		line[n] = '\0';
		work_on(line, home);
	}
	exit(0);
}

static void
hire(void)
{
	unsigned slot = 0;

	while (batch.pid[slot])
		slot++;
	batch.pid[slot] = fork();
	if (batch.pid[slot] < 0)
		die_errno("fork");
	if (batch.pid[slot] == 0)
		work();
	batch.running++;
}

/* Who has died may have left work in the queue. */
static void
reap(void)
{
	pid_t pid;
	int st;

	while ((pid = waitpid(-1, &st, WNOHANG)) > 0) {
		for (unsigned i = 0; i < batch.max; i++) {
			if (batch.pid[i] != pid)
				continue;
			batch.pid[i] = 0;
			batch.running--;
			if (!st)
				continue;
			fail(WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st));
			if (!batch.stopped)
				hire();
		}
	}
}

static void
take_signal(void)
{
	struct signalfd_siginfo info;

	if (read(batch.signals, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo == SIGCHLD) {
		reap();
		return;
	}
	batch.stopped = info.ssi_signo;
	list.ended = true;
	shutdown(batch.queue[0], SHUT_WR);
	for (unsigned i = 0; i < batch.max; i++)
		if (batch.pid[i])
			kill(batch.pid[i], batch.stopped);
}

/* The queue is full.  Not by a send(2) that blocks: nobody would replace the last worker
 * when it dies, nor hear a signal. */
static void
wait_for_room(void)
{
	struct pollfd fds[] = {{.fd = batch.signals, .events = POLLIN},
			       {.fd = batch.queue[0], .events = POLLOUT}};

	if (poll(fds, 2, -1) > 0 && fds[0].revents)
		take_signal();
}

/* Send one line on. */
static void
queue_line(const char *line)
{
	const char *path = strchr(line, '\t');
	char *digest = text("%.*s", path ? (int)(path - line) : 0, line);

	if (!path || !path[1] || !digest_valid(digest)) {
		complain("read list: not DIGEST<TAB>PATH: %s", line);
		fail(1);
		free(digest);
		return;
	}
	free(digest);
	while (!batch.stopped &&
	       send(batch.queue[0], line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		if (errno != EAGAIN)
			die_errno("send to a worker");
		wait_for_room();
	}
	if (!batch.stopped && batch.running < batch.max)
		hire();
}

static void
read_list(void)
{
	char *line;

	if (line_reader_fill(&list, STDIN_FILENO) < 0) {
		complain_errno("read list");
		fail(1);
	}
	while ((line = line_reader_next(&list)))
		queue_line(line);
	if (list.ended)
		shutdown(batch.queue[0], SHUT_WR);
}

static void
start(void)
{
	sigset_t set;

	signal(SIGCHLD, SIG_DFL); /* ignored, it would leave us nothing to wait for */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &batch.as_it_was);
	batch.signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (batch.signals < 0)
		die_errno("signalfd");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, batch.queue) < 0)
		die_errno("socketpair");
}

int
layer_batch(unsigned workers, void (*one)(const char *digest))
{
	batch.max = workers < WORKERS_MAX ? workers : WORKERS_MAX;
	batch.one = one;
	start();
	while (!list.ended || batch.running > 0) {
		struct pollfd fds[] = {{.fd = batch.signals, .events = POLLIN},
				       {.fd = STDIN_FILENO, .events = POLLIN}};

		if (poll(fds, list.ended ? 1 : 2, -1) < 0 && errno != EINTR)
			die_errno("poll");
		if (fds[0].revents)
			take_signal();
		else if (fds[1].revents)
			read_list();
	}
	if (batch.stopped) {
		warn("stopped by signal %d (%s)", batch.stopped, strsignal(batch.stopped));
		signal(batch.stopped, SIG_DFL);
		raise(batch.stopped);
	}
	sigprocmask(SIG_SETMASK, &batch.as_it_was, NULL);
	return batch.status;
}
