#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "die.h"
#include "inflate.h"
#include "layer_stream.h"

/* Four buffers let either side run ahead a little; larger ones leave the cache. */
enum { SLOTS = 4, SLOT_SIZE = 512 << 10, PIPE_SIZE = 1 << 20 };

struct layer_stream {
	int fd;
	struct inflate *inflate;
	struct digest *layer, *diff;
	uint64_t max_bytes, read, inflated;
	char error[300];

	/* The ring: slots head, head + 1, ... are full, `full` of them.  The lock guards
	 * what is below it; a slot belongs to whoever has taken it from the ring. */
	unsigned char *slot[SLOTS];
	size_t used[SLOTS];
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned head, full;
	bool holding; /* the consumer still looks at slot head */
	bool end, stopped;
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

/* Wait for a free slot; NULL when the consumer has given up. */
static unsigned char *
free_slot(struct layer_stream *s, unsigned *index)
{
	bool stopped;

	pthread_mutex_lock(&s->lock);
	while (s->full == SLOTS && !s->stopped)
		pthread_cond_wait(&s->changed, &s->lock);
	*index = (s->head + s->full) % SLOTS;
	stopped = s->stopped;
	pthread_mutex_unlock(&s->lock);
	return stopped ? NULL : s->slot[*index];
}

static void
publish(struct layer_stream *s, unsigned index, size_t n)
{
	pthread_mutex_lock(&s->lock);
	s->used[index] = n;
	s->full++;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void
publish_end(struct layer_stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->end = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* The digest of a stream that is cut or altered is still worth knowing: it tells "not
 * what was promised" from "promised like this". */
static void
count_the_rest(struct layer_stream *s, unsigned char *buf)
{
	while (s->layer && source(s, buf, SLOT_SIZE) > 0)
		;
}

static void *
reader(void *arg)
{
	struct layer_stream *s = arg;
	unsigned char *buf;
	unsigned i;
	ssize_t n;

	while ((buf = free_slot(s, &i))) {
		n = inflate_read(s->inflate, buf, SLOT_SIZE);
		if (n > 0) {
			s->inflated += n;
			if (s->diff)
				digest_add(s->diff, buf, n);
		}
		if (n < 0)
			snprintf(s->error, sizeof s->error, "%s", inflate_error(s->inflate));
		else if (s->max_bytes && s->inflated > s->max_bytes)
			snprintf(s->error, sizeof s->error, "more than %llu bytes (--max-bytes)",
				 (unsigned long long)s->max_bytes);
		if (n == 0 || s->error[0]) {
			if (n < 0)
				count_the_rest(s, buf);
			break;
		}
		publish(s, i, n);
	}
	publish_end(s);
	return NULL;
}

struct layer_stream *
layer_stream_start(int fd, const char *layer_like, const char *diff_like, uint64_t max_bytes)
{
	struct layer_stream *s = calloc(1, sizeof *s);
	int err;

	if (!s)
		die("out of memory");
	s->fd = fd;
	s->max_bytes = max_bytes;
	s->layer = layer_like ? digest_new(layer_like) : NULL;
	s->diff = diff_like ? digest_new(diff_like) : NULL;
	s->inflate = inflate_new(source, s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	for (unsigned i = 0; i < SLOTS; i++)
		if (!(s->slot[i] = malloc(SLOT_SIZE)))
			die("out of memory");
	/* A pipe's default of 64 KiB means sixteen times as many wake-ups on either side;
	 * pipe(7), "Pipe capacity".  No pipe, or over the user's limit: no matter. */
	fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
	err = pthread_create(&s->thread, NULL, reader, s);
	if (err) {
		errno = err;
		die_errno("start a thread");
	}
	return s;
}

ssize_t
layer_stream_next(void *stream, const void **buf)
{
	struct layer_stream *s = stream;
	ssize_t n = 0;

	pthread_mutex_lock(&s->lock);
	if (s->holding) {
		s->head = (s->head + 1) % SLOTS;
		s->full--;
		s->holding = false;
		pthread_cond_signal(&s->changed);
	}
	while (s->full == 0 && !s->end && !s->stopped)
		pthread_cond_wait(&s->changed, &s->lock);
	if (s->stopped) {
		n = -1;
	} else if (s->full > 0) {
		*buf = s->slot[s->head];
		n = s->used[s->head];
		s->holding = true;
	} else if (s->error[0]) {
		n = -1;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

void
layer_stream_drain(struct layer_stream *s)
{
	const void *buf;

	while (layer_stream_next(s, &buf) > 0)
		;
	if (s->stopped) /* the thread may wait in read(2) for ever */
		return;
	pthread_join(s->thread, NULL);
}

void
layer_stream_stop(struct layer_stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->stopped = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

const char *
layer_stream_error(struct layer_stream *s)
{
	const char *error;

	pthread_mutex_lock(&s->lock);
	error = s->end && s->error[0] ? s->error : NULL;
	pthread_mutex_unlock(&s->lock);
	return error;
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
