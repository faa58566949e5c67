#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "inflate.h"
#include "layer_stream.h"
#include "ring.h"

enum { PIPE_SIZE = 1 << 20, CONSUMER = 0, HASHER = 1 };

struct layer_stream {
	int fd;
	struct inflate *inflate;
	struct digest *layer, *diff;
	uint64_t max_bytes, read, inflated;
	struct ring *ring;
	pthread_t reader, hasher;
	bool hashing; /* the hasher runs */
	bool joined;
	bool failed; /* set by the consumer: it has seen the end, and error says why */
	char error[300];
};

static ssize_t
source(void *arg, void *buf, size_t n)
{
	struct layer_stream *s = arg;
	ssize_t r;

	do {
		r = read(s->fd, buf, n);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		return r;
	s->read += r;
	if (s->layer)
		digest_add(s->layer, buf, r);
	if (s->max_bytes && s->read > s->max_bytes) {
		errno = EFBIG;
		return -1;
	}
	return r;
}

/* Of the inflated stream, in a thread of its own. */
static void *
hasher(void *arg)
{
	struct layer_stream *s = arg;
	const void *buf;
	ssize_t n;

	while ((n = ring_next(s->ring, HASHER, &buf)) > 0)
		digest_add(s->diff, buf, n);
	return NULL;
}

/* The first buffer is hashed here, and the others where there are others: a layer that
 * fits is done before a thread would have started. */
static bool
hash_first(struct layer_stream *s, const unsigned char *buf, size_t n)
{
	int err;

	digest_add(s->diff, buf, n);
	if (n < RING_SLOT_SIZE)
		return true;
	ring_add_reader(s->ring);
	s->hashing = true;
	err = pthread_create(&s->hasher, NULL, hasher, s);
	if (err) {
		s->hashing = false;
		snprintf(s->error, sizeof s->error, "start a thread: %s", strerror(err));
	}
	return s->hashing;
}

/* The digest of a stream that is cut or altered is still worth knowing: it tells "not
 * what was promised" from "promised like this". */
static void
count_the_rest(struct layer_stream *s, unsigned char *buf)
{
	while (s->layer && source(s, buf, RING_SLOT_SIZE) > 0)
		;
}

/* One buffer more: false at the end, or with the reason in s->error. */
static bool
read_on(struct layer_stream *s, unsigned char *buf)
{
	ssize_t n = inflate_read(s->inflate, buf, RING_SLOT_SIZE);

	if (n < 0) {
		snprintf(s->error, sizeof s->error, "%s", inflate_error(s->inflate));
		count_the_rest(s, buf);
	}
	if (n <= 0)
		return false;
	s->inflated += n;
	if (s->max_bytes && s->inflated > s->max_bytes) {
		snprintf(s->error, sizeof s->error, "more than %llu bytes (--max-bytes)",
			 (unsigned long long)s->max_bytes);
		return false;
	}
	/* The buffer stays as it is until this thread asks for space again. */
	ring_fill(s->ring, n);
	return !s->diff || s->hashing || hash_first(s, buf, n);
}

static void *
reader(void *arg)
{
	struct layer_stream *s = arg;
	unsigned char *buf;

	while ((buf = ring_space(s->ring)) && read_on(s, buf))
		;
	ring_end(s->ring);
	return NULL;
}

/* A file, unlike a pipe, gives its bytes at once, so that the first buffer is filled here: a
 * layer that fits in it is spared the thread, which costs as much as a small layer. */
static bool
read_first(struct layer_stream *s)
{
	struct stat st;

	if (fstat(s->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return true;
	return read_on(s, ring_space(s->ring)) && s->inflated == RING_SLOT_SIZE;
}

void
layer_stream_begin(struct layer_stream *s, int fd, const char *layer_like, const char *diff_like,
		   uint64_t max_bytes)
{
	int err;

	s->fd = fd;
	s->max_bytes = max_bytes;
	s->layer = layer_like ? digest_new(layer_like) : NULL;
	s->diff = diff_like ? digest_new(diff_like) : NULL;
	s->inflate = inflate_new(source, s);
	/* A pipe's default of 64 KiB means sixteen times as many wake-ups on either side;
	 * pipe(7), "Pipe capacity".  No pipe, or over the user's limit: no matter. */
	fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
	s->joined = !read_first(s);
	if (s->joined) {
		ring_end(s->ring);
		return;
	}
	err = pthread_create(&s->reader, NULL, reader, s);
	if (err) {
		errno = err;
		die_errno("start a thread");
	}
}

struct layer_stream *
layer_stream_new(void)
{
	struct layer_stream *s = calloc(1, sizeof *s);

	if (!s)
		die("out of memory");
	s->ring = ring_new();
	return s;
}

void
layer_stream_again(struct layer_stream *s)
{
	struct ring *ring = s->ring;

	inflate_free(s->inflate);
	if (s->layer)
		digest_free(s->layer);
	if (s->diff)
		digest_free(s->diff);
	ring_again(ring);
	*s = (struct layer_stream){.ring = ring};
}

ssize_t
layer_stream_next(void *stream, const void **buf)
{
	struct layer_stream *s = stream;
	ssize_t n = ring_next(s->ring, CONSUMER, buf);

	/* The reader has written the error before it said that this is the end. */
	if (n == 0 && s->error[0]) {
		s->failed = true;
		n = -1;
	}
	return n;
}

void
layer_stream_drain(struct layer_stream *s)
{
	const void *buf;
	ssize_t n;

	while ((n = ring_next(s->ring, CONSUMER, &buf)) > 0)
		;
	if (n < 0 || s->joined) /* stopped: the reader may wait in read(2) for ever */
		return;
	s->joined = true;
	pthread_join(s->reader, NULL);
	if (s->hashing)
		pthread_join(s->hasher, NULL);
	s->failed = s->error[0];
}

void
layer_stream_stop(struct layer_stream *s)
{
	ring_stop(s->ring);
}

const char *
layer_stream_error(struct layer_stream *s)
{
	return s->failed ? s->error : NULL;
}

const char *
layer_stream_digest(const struct layer_stream *s, char out[DIGEST_MAX])
{
	return digest_text(s->layer, out);
}

const char *
layer_stream_diff_id(const struct layer_stream *s, char out[DIGEST_MAX])
{
	return digest_text(s->diff, out);
}

uint64_t
layer_stream_size(const struct layer_stream *s)
{
	return s->read;
}
