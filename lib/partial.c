#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "partial.h"
#include "step.h"

static const char tag[] = "user.longshore.digest";

/* In a shared directory anybody may have put something under this name: a link to a
 * file of ours, or a file of theirs that they can change after we verified it. */
static bool
is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       st.st_nlink == 1;
}

/* The name may have been renamed or removed between open(2) and the lock: then what
 * is locked is not what the name means now. */
static bool
still_named(int fd, int dirfd, const char *name)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 &&
	       fstatat(dirfd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

/* O_NONBLOCK against a FIFO; O_NOFOLLOW makes a link fail with ELOOP. */
static int
open_ours(int dirfd, const char *name)
{
	for (int tries = 0; tries < 100; tries++) {
		int fd = openat(dirfd, name,
				O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

		if (fd >= 0 && is_ours(fd))
			return fd;
		if (fd < 0 && errno != ELOOP && errno != ENXIO && errno != EACCES)
			break;
		if (fd >= 0)
			close(fd);
		if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
			break;
	}
	die_errno("open %s", name);
}

/* Hash what an earlier run has left. */
static void
take_stock(struct partial *p)
{
	static char buf[256 << 10];
	ssize_t got;

	while ((got = read(p->fd, buf, sizeof buf)) > 0) {
		digest_add(p->hash, buf, got);
		p->have += got;
	}
	if (got < 0)
		die_errno("read %s", p->name);
	p->resumed = p->have > 0;
}

/* Whose bytes are they?  Then mark them as ours. */
static void
check_tag(struct partial *p)
{
	char value[DIGEST_MAX] = "";
	ssize_t n = fgetxattr(p->fd, tag, value, sizeof value - 1);

	if (n >= 0 && strcmp(value, p->digest) != 0 && ftruncate(p->fd, 0) < 0)
		die_errno("truncate %s", p->name);
	/* Not every file system has user attributes. */
	if (n < 0 || strcmp(value, p->digest) != 0)
		(void)!fsetxattr(p->fd, tag, p->digest, strlen(p->digest), 0);
}

enum partial_state
partial_open(struct partial *p, int dirfd, const char *name, const char *digest, bool tagged,
	     bool wait)
{
	*p = (struct partial){.dirfd = dirfd, .name = text("%s", name), .digest = digest};
	for (;;) {
		p->fd = open_ours(dirfd, name);
		if (flock(p->fd, LOCK_EX | (wait ? 0 : LOCK_NB)) == 0) {
			if (still_named(p->fd, dirfd, name))
				break;
		} else if (errno == EWOULDBLOCK) {
			partial_close(p);
			return PARTIAL_BUSY;
		} else if (errno != EINTR) {
			die_errno("lock %s", name);
		}
		close(p->fd);
	}
	if (tagged)
		check_tag(p);
	p->hash = digest_new(digest);
	take_stock(p);
	return PARTIAL_READY;
}

void
partial_write(struct partial *p, const void *data, size_t n)
{
	if (write_all(p->fd, data, n) < 0)
		die_errno("write %s", p->name);
	digest_add(p->hash, data, n);
	p->have += n;
}

void
partial_rewind(struct partial *p)
{
	if (ftruncate(p->fd, 0) < 0 || lseek(p->fd, 0, SEEK_SET) < 0)
		die_errno("truncate %s", p->name);
	digest_reset(p->hash);
	p->have = 0;
	p->resumed = false;
}

bool
partial_complete(const struct partial *p)
{
	return digest_is(p->hash, p->digest);
}

void
partial_publish(struct partial *p, int target_dirfd, const char *target)
{
	mode_t mask = umask(0);

	umask(mask);
	fremovexattr(p->fd, tag);
	if (fchmod(p->fd, 0666 & ~mask) < 0 ||
	    renameat(p->dirfd, p->name, target_dirfd, target) < 0)
		die_errno("rename %s to %s", p->name, target);
	partial_close(p);
}

void
partial_drop(struct partial *p)
{
	if (p->fd >= 0)
		unlinkat(p->dirfd, p->name, 0);
	partial_close(p);
}

void
partial_close(struct partial *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	digest_free(p->hash);
	p->hash = NULL;
}
