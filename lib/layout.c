#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <dirent.h>
#include <unistd.h>

#include "die.h"
#include "digest.h"
#include "io.h"
#include "layout.h"
#include "step.h"

static const char version_file[] = "{\"imageLayoutVersion\":\"1.0.0\"}\n";

struct layout
layout_open(const char *path)
{
	struct layout l = {.path = path, .fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

	if (l.fd < 0)
		die_errno("open layout %s", path);
	if (faccessat(l.fd, "oci-layout", F_OK, 0) < 0)
		die("open layout %s: not an OCI image layout, it has no oci-layout file", path);
	return l;
}

static bool
is_empty(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	bool empty = true;

	while (dir && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			empty = false;
	if (dir)
		closedir(dir);
	return empty;
}

/* mkdir -p: the parents too, as a user of curl --create-dirs expects. */
static void
make_dirs(const char *path)
{
	char *copy = text("%s", path);

	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST)
			die_errno("mkdir %s", copy);
		*p = '/';
	}
	if (mkdir(copy, 0777) < 0 && errno != EEXIST)
		die_errno("mkdir %s", copy);
	free(copy);
}

void
layout_replace(int dirfd, const char *name, const void *data, size_t n)
{
	/* Under the lock, so one name will do; a left-over of kill -9 is overwritten. */
	char *temp = text(".%s.new", name);
	int fd;

	unlinkat(dirfd, temp, 0);
	fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 || write_all(fd, data, n) < 0 || close(fd) < 0)
		die_errno("write %s", temp);
	if (renameat(dirfd, temp, dirfd, name) < 0)
		die_errno("rename %s to %s", temp, name);
	free(temp);
}

void
layout_lock(const struct layout *l)
{
	while (flock(l->fd, LOCK_EX) < 0)
		if (errno != EINTR)
			die_errno("lock %s", l->path);
}

void
layout_unlock(const struct layout *l)
{
	flock(l->fd, LOCK_UN);
}

struct layout
layout_create(const char *path)
{
	struct layout l = {.path = path};

	make_dirs(path);
	l.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l.fd < 0)
		die_errno("open %s", path);
	layout_lock(&l);
	if (faccessat(l.fd, "oci-layout", F_OK, 0) < 0) {
		if (!is_empty(l.fd) && faccessat(l.fd, ".oci-layout.new", F_OK, 0) < 0)
			die("%s: neither empty nor an OCI image layout", path);
		layout_replace(l.fd, "oci-layout", version_file, sizeof version_file - 1);
	}
	if ((mkdirat(l.fd, "blobs", 0777) < 0 && errno != EEXIST) ||
	    (mkdirat(l.fd, "blobs/sha256", 0777) < 0 && errno != EEXIST))
		die_errno("mkdir %s/blobs/sha256", path);
	layout_unlock(&l);
	return l;
}

/* "blobs/sha256/HEX".  A valid digest has no slash and no dot in it. */
char *
layout_blob_name(const char *digest)
{
	return text("blobs/%.*s/%s", (int)strcspn(digest, ":"), digest, digest_hex(digest));
}

char *
layout_blob_path(const struct layout *l, const char *digest)
{
	return text("%s/%s", l->path, layout_blob_name(digest));
}

int
layout_blob(const struct layout *l, const char *digest)
{
	/* O_NONBLOCK: a FIFO planted here must not hang us; it is refused below. */
	int fd = openat(l->fd, layout_blob_name(digest), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

bool
layout_blob_ok(const struct layout *l, const char *digest, long long size)
{
	int fd = layout_blob(l, digest);
	struct digest *d;
	struct stat st;
	static char buf[256 << 10];
	ssize_t got = 0;
	bool ok;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || (size >= 0 && st.st_size != size)) {
		close(fd);
		return false;
	}
	d = digest_new(digest);
	while ((got = read(fd, buf, sizeof buf)) > 0)
		digest_add(d, buf, got);
	ok = got == 0 && digest_is(d, digest);
	digest_free(d);
	close(fd);
	return ok;
}

void
layout_put(const struct layout *l, const char *digest, const void *data, size_t n)
{
	char *name = layout_blob_name(digest), *temp = text(".%s.new", digest_hex(digest));
	char *dir = text("blobs/%.*s", (int)strcspn(digest, ":"), digest);
	int dirfd;

	if (mkdirat(l->fd, dir, 0777) < 0 && errno != EEXIST)
		die_errno("mkdir %s/%s", l->path, dir);
	dirfd = openat(l->fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		die_errno("open %s/%s", l->path, dir);
	layout_lock(l);
	layout_replace(dirfd, digest_hex(digest), data, n);
	layout_unlock(l);
	close(dirfd);
	free(name);
	free(dir);
	free(temp);
}

char *
layout_get(const struct layout *l, const char *digest, size_t max, size_t *n)
{
	int fd = layout_blob(l, digest);
	char found[DIGEST_MAX];
	struct stat st;
	char *buf;

	if (fd < 0)
		die_with(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILURE, "open %s: %s",
			 layout_blob_path(l, digest), strerror(errno));
	if (fstat(fd, &st) < 0 || (size_t)st.st_size > max)
		die("read %s: larger than %zu bytes", layout_blob_path(l, digest), max);
	buf = malloc(st.st_size + 1);
	if (!buf)
		die("out of memory");
	if (read_all(fd, buf, st.st_size) != st.st_size)
		die_errno("read %s", layout_blob_path(l, digest));
	close(fd);
	buf[st.st_size] = '\0';
	*n = st.st_size;
	if (strcmp(digest_of(digest, buf, *n, found), digest) != 0)
		die_with(EXIT_MISMATCH, "read %s: its content is %s",
			 layout_blob_path(l, digest), found);
	return buf;
}
