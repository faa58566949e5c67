#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "mountfd.h"
#include "pty.h"
#include "supervise.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int ends[2] = {-1, -1}; /* 0: the parent's, 1: the child's */
static int slave = -1;
static struct termios found;
static int raw_fd = -1; /* the caller's terminal, while it is in raw mode */

void
pty_prepare(void)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		die_errno("make a socket pair");
}

static void
send_fd(int sock, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof fd)] = {0};
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	if (sendmsg(sock, &m, 0) != 1)
		die_errno("hand the terminal out");
}

/* -1 when the child has gone without sending one. */
static int
receive_fd(int sock)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof control};
	struct cmsghdr *c;
	int fd = -1;

	if (recvmsg(sock, &m, MSG_CMSG_CLOEXEC) == 1 && (c = CMSG_FIRSTHDR(&m)) &&
	    c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

void
pty_make(int pts, uid_t owner, bool console)
{
	const int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
	int master = pts >= 0 ? openat(pts, "ptmx", flags) : open("/dev/ptmx", flags);
	int unlock = 0, at, tree;

	/* TIOCGPTPEER opens the slave of this very master; by its name /dev/pts/0 one could
	 * be led to another's file (CVE-2025-52565). */
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0 ||
	    (slave = ioctl(master, TIOCGPTPEER, flags)) < 0)
		die_errno("open a terminal");
	if (fchown(slave, owner, -1) < 0 && errno != EPERM && errno != EINVAL)
		die_errno("hand the terminal to user %u", owner);
	if (console) {
		at = open("/dev/console", O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		tree = mountfd_clone(slave, "", false);
		if (at < 0 || tree < 0 || mountfd_attach(tree, at) < 0)
			die_errno("show the terminal as /dev/console");
		close(tree);
	}
	close(ends[0]);
	send_fd(ends[1], master);
	close(ends[1]);
	close(master);
}

/* A terminal belongs to one session, whose leader gets it by asking; setsid(2) makes us
 * one without a terminal.  From here on Ctrl-C typed outside is a byte to the proxy and a
 * SIGINT from this terminal's line discipline to the foreground group in here. */
void
pty_become(void)
{
	setsid();
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		die_errno("take the terminal");
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(slave, fd) < 0)
			die_errno("make the terminal fd %d", fd);
	if (slave > 2)
		close(slave);
}

static void
restore(void)
{
	if (raw_fd >= 0)
		tcsetattr(raw_fd, TCSADRAIN, &found);
	raw_fd = -1;
}

static void
make_raw(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &found) < 0)
		return;
	raw = found;
	cfmakeraw(&raw);
	raw_fd = STDIN_FILENO;
	tcsetattr(raw_fd, TCSADRAIN, &raw);
	atexit(restore);
}

static void
copy_size(int master)
{
	struct winsize size;

	for (int fd = 0; fd <= 2; fd++)
		if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
			ioctl(master, TIOCSWINSZ, &size);
			return;
		}
}

/* False at the end of what there is to read. */
static bool
carry(int from, int to)
{
	char buf[8192];
	ssize_t n = read(from, buf, sizeof buf);

	return n > 0 && write_all(to, buf, n) == 0;
}

/* A signal came for us: like supervise_wait(), save that the window size is ours to pass
 * on.  The child's status once it has ended, else -1. */
static int
take_signal(int signals, pid_t child, int master)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof info) != sizeof info)
		return -1;
	if (info.ssi_signo == SIGWINCH)
		copy_size(master);
	else if (info.ssi_signo == SIGCHLD)
		return supervise_reap(child);
	else if (info.ssi_code <= 0 || info.ssi_signo == SIGHUP)
		supervise_forward(child, info.ssi_signo, false);
	return -1;
}

int
pty_proxy(pid_t child)
{
	struct pollfd p[3] = {{STDIN_FILENO, POLLIN, 0}, {-1, POLLIN, 0}, {-1, POLLIN, 0}};
	static const char eof = 4; /* Ctrl-D: our input has ended, the terminal's has not */
	sigset_t all;
	int master, status = -1;

	close(ends[1]);
	master = receive_fd(ends[0]);
	if (master < 0)
		return supervise_wait(child);
	copy_size(master);
	make_raw();
	sigfillset(&all);
	p[1].fd = master;
	p[2].fd = signalfd(-1, &all, SFD_CLOEXEC);
	while (status < 0) {
		if (poll(p, 3, -1) < 0)
			continue;
		if (p[2].revents)
			status = take_signal(p[2].fd, child, master);
		if (p[1].revents && !carry(master, STDOUT_FILENO))
			p[1].fd = -1; /* EIO: no process has the slave open any more */
		if (p[0].revents && !carry(STDIN_FILENO, master)) {
			p[0].fd = -1;
			if (write(master, &eof, 1) < 0)
				p[1].fd = -1;
		}
	}
	/* What the child wrote last is still in the terminal; take that, and wait for no
	 * more: a process that it left behind may hold the slave open. */
	while (p[1].fd >= 0 && poll(&p[1], 1, 0) > 0 && carry(master, STDOUT_FILENO))
		;
	restore();
	return status;
}
