#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "deflate.h"
#include "die.h"

/* One gzip member (RFC 1952) whose deflate stream is made in pieces: each block is
 * compressed on its own, with the 32 KiB before it as dictionary, so that little is
 * lost, and ends on a byte boundary (Z_SYNC_FLUSH), so that pieces can be joined.
 * pigz(1) was the first to do so. */
enum {
	BLOCK = 1 << 18,
	DICTIONARY = 1 << 15,
	LEVEL = 6,
	MAX_THREADS = 16,
	RAW_DEFLATE = -15, /* no zlib header, window of 2^15; zlib.h, deflateInit2 */
	MEM_LEVEL = 8,
};

enum slot_state { EMPTY, FULL, TAKEN, DONE };

struct slot {
	enum slot_state state;
	bool last;
	size_t n, dict_n, out_n;
	unsigned long crc;
	unsigned char dict[DICTIONARY], in[BLOCK];
	unsigned char *out;
};

struct deflate_gzip {
	deflate_out *out;
	void *arg;
	struct slot *slots;        /* a ring: block i lives in slots[i % count] */
	unsigned count;
	unsigned filled, written;  /* blocks so far; the producer's own */
	unsigned long crc;
	unsigned long long size;
	size_t room;               /* of out, enough for any block */
	pthread_t threads[MAX_THREADS];
	unsigned thread_count;
	pthread_mutex_t lock;      /* guards states and done */
	pthread_cond_t changed;
	bool done;
};

static void
compress_block(const struct deflate_gzip *z, struct slot *s)
{
	z_stream zs = {0};
	int rc;

	if (deflateInit2(&zs, LEVEL, Z_DEFLATED, RAW_DEFLATE, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		die("out of memory");
	if (s->dict_n > 0)
		deflateSetDictionary(&zs, s->dict, s->dict_n);
	zs.next_in = s->in;
	zs.avail_in = s->n;
	zs.next_out = s->out;
	zs.avail_out = z->room;
	rc = deflate(&zs, s->last ? Z_FINISH : Z_SYNC_FLUSH);
	if (rc != (s->last ? Z_STREAM_END : Z_OK) || zs.avail_in > 0)
		die("deflate failed: %d", rc);
	s->out_n = z->room - zs.avail_out;
	s->crc = crc32(0, s->in, s->n);
	deflateEnd(&zs);
}

/* Take a full slot, if there is one, and compress it; called with the lock held. */
static bool
work_one(struct deflate_gzip *z)
{
	for (unsigned i = z->written; i != z->written + z->count; i++) {
		struct slot *s = &z->slots[i % z->count];

		if (s->state != FULL)
			continue;
		s->state = TAKEN;
		pthread_mutex_unlock(&z->lock);
		compress_block(z, s);
		pthread_mutex_lock(&z->lock);
		s->state = DONE;
		pthread_cond_broadcast(&z->changed);
		return true;
	}
	return false;
}

static void *
worker(void *arg)
{
	struct deflate_gzip *z = arg;

	pthread_mutex_lock(&z->lock);
	while (!z->done)
		if (!work_one(z))
			pthread_cond_wait(&z->changed, &z->lock);
	pthread_mutex_unlock(&z->lock);
	return NULL;
}

/* Write the oldest block out and free its slot.  While nobody has taken it, do the work
 * here: no helper thread is needed for progress. */
static void
write_oldest(struct deflate_gzip *z)
{
	struct slot *s = &z->slots[z->written % z->count];

	pthread_mutex_lock(&z->lock);
	while (s->state != DONE)
		if (!work_one(z))
			pthread_cond_wait(&z->changed, &z->lock);
	pthread_mutex_unlock(&z->lock);
	z->out(z->arg, s->out, s->out_n);
	z->crc = crc32_combine(z->crc, s->crc, s->n);
	z->size += s->n;
	pthread_mutex_lock(&z->lock);
	s->state = EMPTY;
	z->written++;
	pthread_mutex_unlock(&z->lock);
}

/* Hand the block that is being filled to the workers, and make room for the next. */
static void
submit(struct deflate_gzip *z, bool last)
{
	struct slot *s = &z->slots[z->filled % z->count], *next;

	s->last = last;
	pthread_mutex_lock(&z->lock);
	s->state = FULL;
	pthread_cond_broadcast(&z->changed);
	pthread_mutex_unlock(&z->lock);
	z->filled++;
	if (last)
		return;
	if (z->filled - z->written == z->count)
		write_oldest(z);
	next = &z->slots[z->filled % z->count];
	next->n = 0;
	next->dict_n = DICTIONARY;
	memcpy(next->dict, s->in + BLOCK - DICTIONARY, DICTIONARY);
}

static unsigned
thread_wish(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus < 2 ? 0 : cpus > MAX_THREADS ? MAX_THREADS : cpus;
}

struct deflate_gzip *
deflate_gzip_new(deflate_out *out, void *arg)
{
	/* No name, no time stamp (gzip -n), made on Unix. */
	static const unsigned char header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
	struct deflate_gzip *z = calloc(1, sizeof *z);
	unsigned wish = thread_wish();

	if (!z)
		die("out of memory");
	z->out = out;
	z->arg = arg;
	z->count = 2 * (wish + 1);
	z->room = compressBound(BLOCK) + 64;
	z->slots = calloc(z->count, sizeof *z->slots);
	for (unsigned i = 0; z->slots && i < z->count; i++)
		if (!(z->slots[i].out = malloc(z->room)))
			die("out of memory");
	if (!z->slots)
		die("out of memory");
	pthread_mutex_init(&z->lock, NULL);
	pthread_cond_init(&z->changed, NULL);
	z->crc = crc32(0, NULL, 0);
	/* Where no thread may be made (pids.max), write_oldest() does all the work. */
	while (z->thread_count < wish &&
	       pthread_create(&z->threads[z->thread_count], NULL, worker, z) == 0)
		z->thread_count++;
	out(arg, header, sizeof header);
	return z;
}

void
deflate_gzip_add(struct deflate_gzip *z, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		struct slot *s = &z->slots[z->filled % z->count];
		size_t part = BLOCK - s->n < n ? BLOCK - s->n : n;

		/* A full block waits for its successor's first byte: it might be the last. */
		if (part == 0) {
			submit(z, false);
			continue;
		}
		memcpy(s->in + s->n, p, part);
		s->n += part;
		p += part;
		n -= part;
	}
}

void
deflate_gzip_end(struct deflate_gzip *z)
{
	unsigned char trailer[8];

	submit(z, true);
	while (z->written != z->filled)
		write_oldest(z);
	pthread_mutex_lock(&z->lock);
	z->done = true;
	pthread_cond_broadcast(&z->changed);
	pthread_mutex_unlock(&z->lock);
	for (unsigned i = 0; i < z->thread_count; i++)
		pthread_join(z->threads[i], NULL);
	/* CRC-32 and the size modulo 2^32, low byte first. */
	for (int i = 0; i < 4; i++) {
		trailer[i] = z->crc >> (8 * i);
		trailer[4 + i] = z->size >> (8 * i);
	}
	z->out(z->arg, trailer, sizeof trailer);
	for (unsigned i = 0; i < z->count; i++)
		free(z->slots[i].out);
	free(z->slots);
	free(z);
}
