#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "download.h"
#include "io.h"
#include "mirror.h"
#include "partial.h"
#include "progress.h"
#include "request.h"
#include "step.h"

/* A stream that can't be taken back: hashed on its way out. */
struct stream {
	int fd;
	const char *name;
	struct digest *hash;
};

/* One at a time here, so its progress may be shared by both sinks. */
static struct progress progress;
static struct request request;

static bool
to_stream(void *arg, const void *data, size_t n)
{
	struct stream *s = arg;

	if (write_all(s->fd, data, n) < 0)
		die_errno("write to %s", s->name);
	digest_add(s->hash, data, n);
	progress_move(&progress, request.offset, request.total);
	return true;
}

static bool
to_partial(void *arg, const void *data, size_t n)
{
	partial_write(arg, data, n);
	progress_move(&progress, request.offset, request.total);
	return true;
}

static void
rewind_partial(void *arg)
{
	partial_rewind(arg);
}

/* From a layout on disk: the same sink, another tap. */
static void
copy_local(struct source *src, const char *digest,
	   bool (*sink)(void *, const void *, size_t), void *arg)
{
	int fd = layout_blob(&src->layout, digest);
	static char buf[256 << 10];
	ssize_t got;

	if (fd < 0)
		die_with(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILURE, "open %s: %s",
			 layout_blob_path(&src->layout, digest), strerror(errno));
	while ((got = read(fd, buf, sizeof buf)) > 0)
		sink(arg, buf, got);
	if (got < 0)
		die_errno("read %s", layout_blob_path(&src->layout, digest));
	close(fd);
}

/* `how` says where the bytes go and from which one on. */
static void
get_blob(struct source *src, const char *digest, struct request how)
{
	request = how;
	progress_start(&progress, digest, request.offset, 0);
	mirror_do(&request, &src->registry, text("blobs/%s", digest));
	progress_stop(&progress);
}

static void
stream(struct source *src, const char *digest, int fd, const char *name)
{
	struct stream s = {.fd = fd, .name = name, .hash = digest_new(digest)};
	char found[DIGEST_MAX];

	/* A pipe of 1 MiB instead of 64 KiB: fewer switches between us and the reader. */
	fcntl(fd, F_SETPIPE_SZ, 1 << 20);
	if (src->ref.layout) {
		copy_local(src, digest, to_stream, &s);
	} else {
		get_blob(src, digest,
			 (struct request){.sink = to_stream, .arg = &s});
		request_check(&request, "GET blob");
	}
	if (!digest_is(s.hash, digest))
		die_with(EXIT_MISMATCH, "verify blob %s: its content is %s", digest,
			 digest_text(s.hash, found));
}

/* Get the rest of it, if anything is missing. */
static void
fill(struct source *src, struct partial *p)
{
	int status;

	if (src->ref.layout) {
		partial_rewind(p);
		copy_local(src, p->digest, to_partial, p);
		return;
	}
	get_blob(src, p->digest,
		 (struct request){.sink = to_partial, .rewind = rewind_partial, .arg = p,
				  .offset = p->have});
	status = request_failed(&request, "GET blob");
	if (!status)
		return;
	if (p->have == 0 || request.mismatch)
		partial_drop(p); /* nothing to go on with */
	exit(status);
}

static bool
file_has(int dirfd, const char *name, const char *digest)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct digest *d;
	static char buf[256 << 10];
	ssize_t got;
	bool same;

	if (fd < 0)
		return false;
	d = digest_new(digest);
	while ((got = read(fd, buf, sizeof buf)) > 0)
		digest_add(d, buf, got);
	same = got == 0 && digest_is(d, digest);
	digest_free(d);
	close(fd);
	return same;
}

static void
to_file(struct source *src, const char *digest, const char *output)
{
	char *copy1 = text("%s", output), *copy2 = text("%s", output);
	const char *dir = dirname(copy1), *name = basename(copy2);
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char found[DIGEST_MAX];
	struct partial p;

	if (dirfd < 0)
		die_errno("open %s", dir);
	if (file_has(dirfd, name, digest))
		return;
	/* NAME_MAX is 255: a name that leaves no room is cut, the tag tells whose it is. */
	partial_open(&p, dirfd, text("%.250s.part", name), digest, true, true);
	if (!partial_complete(&p))
		fill(src, &p);
	if (!partial_complete(&p) && p.resumed) {
		/* What an earlier run left may be spoilt: once more, from nothing. */
		partial_rewind(&p);
		fill(src, &p);
	}
	if (!partial_complete(&p)) {
		digest_text(p.hash, found);
		partial_drop(&p);
		die_with(EXIT_MISMATCH, "verify blob %s: its content is %s", digest, found);
	}
	partial_publish(&p, dirfd, name);
}

void
download(struct source *src, const char *digest, const char *output)
{
	struct stat st;
	int fd;

	if (!output || strcmp(output, "-") == 0) {
		stream(src, digest, STDOUT_FILENO, "standard output");
	} else if (stat(output, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		die_errno("write %s", output);
	} else if (stat(output, &st) == 0 && !S_ISREG(st.st_mode)) {
		/* rename(2) would put a file in /dev/null's place. */
		fd = open(output, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			die_errno("open %s", output);
		stream(src, digest, fd, output);
	} else {
		to_file(src, digest, output);
	}
}
