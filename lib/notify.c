#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "notify.h"
#include "ns.h"
#include "step.h"

static void
check_fd(const char *what, int fd)
{
	if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		die_errno("--%s %d", what, fd);
}

void
notify_open(struct notify *n)
{
	struct stat st;

	check_fd("info-fd", n->info_fd);
	check_fd("ready-fd", n->ready_fd);
	n->fifo = -1;
	if (!n->start_fifo)
		return;
	/* Open for both directions: then neither this waits for a writer, nor does the
	 * read below see an end of file between two of them. */
	n->fifo = open(n->start_fifo, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (n->fifo < 0 || fstat(n->fifo, &st) < 0)
		die_errno("open %s", n->start_fifo);
	if (!S_ISFIFO(st.st_mode))
		die("%s is not a fifo; mkfifo(1)", n->start_fifo);
	fcntl(n->fifo, F_SETFL, 0);
}

static void
write_pid(const char *path, pid_t pid)
{
	char *line = text("%d\n", pid), *temporary = text("%s.tmp", path);
	int fd;

	/* Renamed into place: a reader finds no file or all of it. */
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write_all(fd, line, strlen(line)) < 0 || close(fd) < 0 ||
	    rename(temporary, path) < 0)
		die_errno("write %s", path);
}

static void
write_info(int fd, pid_t pid)
{
	char *line = text("{\"pid\":%d,\"namespaces\":{", pid);
	const char *comma = "";
	struct stat st;

	for (int i = 0; i < NS_KINDS; i++) {
		if (stat(text("/proc/%d/ns/%s", pid, ns_types[i].file), &st) < 0)
			continue;
		line = text("%s%s\"%s\":%llu", line, comma, ns_types[i].option,
			    (unsigned long long)st.st_ino);
		comma = ",";
	}
	line = text("%s}}\n", line);
	if (write_all(fd, line, strlen(line)) < 0)
		die_errno("write to fd %d", fd);
	close(fd);
}

void
notify_pid(const struct notify *n, pid_t pid)
{
	if (n->pid_file)
		write_pid(n->pid_file, pid);
	if (n->info_fd >= 0)
		write_info(n->info_fd, pid);
	if (n->ready_fd >= 0 && pid != getpid())
		close(n->ready_fd); /* else its reader does not see that the child failed */
}

void
notify_ready(const struct notify *n)
{
	char c;

	if (n->ready_fd >= 0 && step(STEP_SAME, "echo >&%d; exec %d>&-", n->ready_fd, n->ready_fd) &&
	    (write_all(n->ready_fd, "\n", 1) < 0 || close(n->ready_fd) < 0))
		die_errno("write to fd %d", n->ready_fd);
	if (!n->start_fifo || !step(STEP_SAME, "read -r _ < %s || :", sh(n->start_fifo)))
		return;
	while (read(n->fifo, &c, 1) < 0)
		if (errno != EINTR)
			die_errno("wait at %s", n->start_fifo);
}
