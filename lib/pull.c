#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "mirror.h"
#include "partial.h"
#include "progress.h"
#include "pull.h"
#include "request.h"
#include "step.h"
#include "url.h"

enum job_state {
	JOB_WAITING, /* not started, or another process is at it */
	JOB_RUNNING,
	JOB_DONE,
};

struct job {
	const struct blob *blob;
	enum job_state state;
	struct partial part;
	struct request request;
	struct progress progress;
	unsigned next_mirror;
	int next_url; /* of a foreign layer's */
};

struct pull {
	struct source *src;
	const struct layout *to;
	int partdir; /* of TO/.part */
	struct job *jobs;
	size_t count;
};

/* The line goes out at once: the next stage of the pipe starts on it. */
static void
announce(const struct pull *p, struct job *job)
{
	progress_clear();
	printf("%s\t%s\n", job->blob->digest, layout_blob_path(p->to, job->blob->digest));
	if (fflush(stdout) != 0)
		die_errno("write to standard output");
	job->state = JOB_DONE;
}

static void
publish(const struct pull *p, struct job *job)
{
	char *dir = text("blobs/%.*s", (int)strcspn(job->blob->digest, ":"), job->blob->digest);

	if (mkdirat(p->to->fd, dir, 0777) < 0 && errno != EEXIST)
		die_errno("mkdir %s/%s", p->to->path, dir);
	partial_publish(&job->part, p->to->fd, layout_blob_name(job->blob->digest));
	announce(p, job);
}

static bool
on_bytes(void *arg, const void *data, size_t n)
{
	struct job *job = arg;

	partial_write(&job->part, data, n);
	progress_move(&job->progress, job->part.have, job->blob->size);
	return true;
}

static void
on_rewind(void *arg)
{
	struct job *job = arg;

	partial_rewind(&job->part);
}

/* A foreign layer's own addresses, by the redirect rules: no credentials, https if the
 * registry is.  r is aimed at the registry, and stays so when there are no more. */
static void
aim_foreign(struct request *r, struct job *job)
{
	struct registry *reg = r->registry;
	const char *own = r->url, *url = NULL;

	while (job->blob->urls && !url && job->blob->urls[job->next_url]) {
		url = url_resolve(own, job->blob->urls[job->next_url++]);
		if (url && ((url_is_https(own) && !url_is_https(url)) ||
			    (url_is_loopback(url) && !reg->loopback && !reg->here)))
			url = NULL;
	}
	if (url) {
		r->url = url;
		r->anonymous = true;
	}
}

/* The mirrors first, then a foreign layer's addresses; the registry last, it may have
 * a copy. */
static void
ask(struct pull *p, struct job *job)
{
	const char *tail = text("blobs/%s", job->blob->digest);

	job->request = (struct request){.sink = on_bytes, .rewind = on_rewind, .arg = job,
					.offset = job->part.have, .size = job->blob->size};
	if (!mirror_aim(&job->request, &p->src->registry, job->next_mirror++, tail))
		aim_foreign(&job->request, job);
	job->state = JOB_RUNNING;
	progress_stop(&job->progress);
	progress_start(&job->progress, job->blob->digest, job->part.have, job->blob->size);
	request_start(&job->request);
}

static void
mismatch(struct job *job)
{
	char found[DIGEST_MAX];

	digest_text(job->part.hash, found);
	partial_drop(&job->part);
	die_with(EXIT_MISMATCH, "verify blob %s: its content is %s", job->blob->digest, found);
}

/* From another layout on disk. */
static void
copy(struct pull *p, struct job *job)
{
	int fd = layout_blob(&p->src->layout, job->blob->digest);
	static char buf[256 << 10];
	ssize_t got;

	if (fd < 0)
		die_with(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILURE, "open %s: %s",
			 layout_blob_path(&p->src->layout, job->blob->digest), strerror(errno));
	partial_rewind(&job->part);
	while ((got = read(fd, buf, sizeof buf)) > 0 && job->part.have <= job->blob->size)
		partial_write(&job->part, buf, got);
	if (got < 0)
		die_errno("read %s", layout_blob_path(&p->src->layout, job->blob->digest));
	close(fd);
	if (job->part.have != job->blob->size || !partial_complete(&job->part))
		mismatch(job);
	publish(p, job);
}

/* Start one job, or find that there is nothing to do. */
static void
start(struct pull *p, struct job *job)
{
	const struct blob *b = job->blob;
	char *name;

	if (layout_blob_ok(p->to, b->digest, b->size)) {
		announce(p, job);
		return;
	}
	name = text("%s", b->digest);
	*strchr(name, ':') = '-';
	if (partial_open(&job->part, p->partdir, name, b->digest, false, false) == PARTIAL_BUSY)
		return;
	/* Whoever held the lock may have finished it in the meantime. */
	if (layout_blob_ok(p->to, b->digest, b->size)) {
		partial_drop(&job->part);
		announce(p, job);
		return;
	}
	if (job->part.have > b->size)
		partial_rewind(&job->part);
	if (p->src->ref.layout)
		copy(p, job);
	else if (job->part.have == b->size && partial_complete(&job->part))
		publish(p, job); /* killed between the last byte and the rename */
	else if (b->size == 0)
		mismatch(job); /* no bytes have but one digest, and that isn't it */
	else if (job->part.have == b->size)
		partial_rewind(&job->part), ask(p, job);
	else
		ask(p, job);
}

static void
finish(struct pull *p, struct job *job)
{
	struct request *r = &job->request;
	int status;

	progress_stop(&job->progress);
	/* Any failure of a mirror or a foreign address is worth the next one. */
	if (r->anonymous && !request_ok(r)) {
		if (r->mismatch)
			partial_rewind(&job->part);
		request_end(r);
		ask(p, job);
		return;
	}
	status = request_failed(r, "GET blob");
	if (status) {
		if (r->mismatch)
			partial_drop(&job->part);
		exit(status);
	}
	request_end(r);
	if (partial_complete(&job->part)) {
		publish(p, job);
	} else if (job->part.resumed) {
		partial_rewind(&job->part); /* the left-over was bad, not the registry */
		ask(p, job);
	} else {
		mismatch(job);
	}
}

static struct job *
job_of(struct pull *p, const struct request *r)
{
	for (size_t i = 0; i < p->count; i++)
		if (&p->jobs[i].request == r)
			return &p->jobs[i];
	return NULL;
}

static size_t
count_state(const struct pull *p, enum job_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += p->jobs[i].state == state;
	return n;
}

static void
open_partdir(struct pull *p)
{
	if (mkdirat(p->to->fd, ".part", 0700) < 0 && errno != EEXIST)
		die_errno("mkdir %s/.part", p->to->path);
	p->partdir = openat(p->to->fd, ".part", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (p->partdir < 0)
		die_errno("open %s/.part", p->to->path);
}

void
pull_blobs(struct source *src, const struct layout *to, const struct blob *blobs, size_t count,
	   int jobs)
{
	struct pull p = {.src = src, .to = to, .count = count};

	p.jobs = calloc(count + 1, sizeof *p.jobs);
	if (!p.jobs)
		die("out of memory");
	open_partdir(&p);
	for (size_t i = 0; i < count; i++)
		p.jobs[i].blob = &blobs[i];
	while (count_state(&p, JOB_DONE) < count) {
		struct request *r;

		for (size_t i = 0; i < count; i++)
			if (p.jobs[i].state == JOB_WAITING &&
			    count_state(&p, JOB_RUNNING) < (size_t)jobs)
				start(&p, &p.jobs[i]);
		r = request_wait();
		if (r)
			finish(&p, job_of(&p, r));
		else if (count_state(&p, JOB_WAITING) > 0)
			usleep(50000); /* all that is left is another process's */
	}
	/* Fails while another run's partial files are in it, rightly. */
	unlinkat(to->fd, ".part", AT_REMOVEDIR);
}
