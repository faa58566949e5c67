#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "mounts.h"
#include "step.h"

enum { BUSY_TRIES = 20, BUSY_PAUSE_NS = 10 * 1000 * 1000 };

void
mounts_unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*out++ = (s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0');
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

/* Fields: id parent major:minor root point options optional... - type source super.
 * The number of optional fields varies, so the lone "-" is what to look for. */
static bool
line_parse(char *line, struct mount_line *m)
{
	char *head[6], *tail = strstr(line, " - "), *save = NULL;

	if (!tail)
		return false;
	*tail = '\0';
	for (int i = 0; i < 6; i++)
		if (!(head[i] = strtok_r(i ? NULL : line, " ", &save)))
			return false;
	m->id = atoi(head[0]);
	m->device = head[2];
	m->root = head[3];
	m->point = head[4];
	m->options = head[5];
	tail += 3;
	m->type = strsep(&tail, " ");
	m->source = strsep(&tail, " ");
	m->super = tail ? tail : (char *)"";
	mounts_unescape(m->root);
	mounts_unescape(m->point);
	return true;
}

bool
mounts_each(bool (*fn)(const struct mount_line *m, void *arg), void *arg)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	struct mount_line m;
	char *line = NULL;
	bool found = false;
	size_t cap = 0;
	ssize_t n;

	if (!f)
		die_errno("read /proc/self/mountinfo");
	while (!found && (n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		found = line_parse(line, &m) && fn(&m, arg);
		if (found)
			line = NULL; /* the caller has kept parts of it */
	}
	free(line);
	fclose(f);
	return found;
}

struct wanted {
	int id;
	const char *point;
	struct mount_line *out;
};

static bool
is_wanted(const struct mount_line *m, void *arg)
{
	struct wanted *w = arg;

	if (m->id != w->id || strcmp(m->point, w->point) != 0)
		return false;
	*w->out = *m;
	return true;
}

/* O_PATH and fdinfo, not statx(2): statx asks the file system, and a FUSE mount whose
 * server has died answers ENOTCONN to everything; open(2), O_PATH. */
static int
mount_id(int fd)
{
	char *info = read_file_at(AT_FDCWD, text("/proc/self/fdinfo/%d", fd));
	char *id = info ? strstr(info, "mnt_id:") : NULL;

	return id ? atoi(id + strlen("mnt_id:")) : -1;
}

int
mounts_id(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	int id = fd < 0 ? -1 : mount_id(fd);

	if (fd >= 0)
		close(fd);
	return id;
}

int
mounts_at(const char *path, struct mount_line *m)
{
	struct wanted w = {.out = m};
	char point[PATH_MAX];
	ssize_t n;
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	w.id = mount_id(fd);
	n = readlink(text("/proc/self/fd/%d", fd), point, sizeof point - 1);
	close(fd);
	if (w.id < 0 || n < 0)
		return -1;
	point[n] = '\0';
	w.point = point;
	return mounts_each(is_wanted, &w);
}

static bool
is_other_of(const struct mount_line *m, void *arg)
{
	const struct mount_line *given = arg;

	return m->id != given->id && strcmp(m->device, given->device) == 0;
}

bool
mounts_elsewhere(const struct mount_line *m)
{
	return mounts_each(is_other_of, (void *)m);
}

bool
mounts_option(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (strncmp(list, word, n) == 0 && (list[n] == ',' || list[n] == '\0'))
			return true;
	}
	return false;
}

void
mounts_undo(void *path)
{
	struct timespec pause = {.tv_nsec = BUSY_PAUSE_NS};

	/* A process that has just been killed still holds its working directory for a
	 * moment, so EBUSY right after PROGRAM's end is worth a short wait. */
	for (int i = 0; i < BUSY_TRIES; i++) {
		if (umount2(path, 0) == 0)
			return;
		if (errno != EBUSY)
			break;
		nanosleep(&pause, NULL);
	}
	if (errno == EBUSY && umount2(path, MNT_DETACH) == 0)
		warn("unmount %s: still in use; detached, it ends with its last user",
		     (char *)path);
	else
		warn_errno("unmount %s", (char *)path);
}
