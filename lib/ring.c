#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "die.h"
#include "ring.h"

/* Counts, not indices: buffer number n lies in slot n % RING_SLOTS. */
struct ring {
	unsigned char *slot[RING_SLOTS];
	size_t size[RING_SLOTS];
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	unsigned long filled, read[RING_READERS]; /* buffers that each is done with */
	unsigned readers;
	bool holding[RING_READERS]; /* still looks at buffer read[] */
	bool end, stopped;
};

struct ring *
ring_new(void)
{
	enum { SIZE = RING_SLOTS * RING_SLOT_SIZE };
	struct ring *r = calloc(1, sizeof *r);
	unsigned char *slots = aligned_alloc(SIZE, SIZE);

	if (!r || !slots)
		die("out of memory");
	/* One page of 2 MiB: one page fault, not 512, which a small layer would spend more
	 * time on than on its contents.  EINVAL where the kernel has none: no matter. */
	madvise(slots, SIZE, MADV_HUGEPAGE);
	for (unsigned i = 0; i < RING_SLOTS; i++)
		r->slot[i] = slots + (size_t)i * RING_SLOT_SIZE;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	r->readers = 1;
	return r;
}

void
ring_again(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->filled = r->read[0] = r->read[1] = 0;
	r->holding[0] = r->holding[1] = r->end = false;
	r->readers = 1;
	pthread_mutex_unlock(&r->lock);
}

void
ring_add_reader(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->read[r->readers++] = r->filled;
	pthread_mutex_unlock(&r->lock);
}

static bool
is_full(const struct ring *r)
{
	for (unsigned i = 0; i < r->readers; i++)
		if (r->filled - r->read[i] == RING_SLOTS)
			return true;
	return false;
}

unsigned char *
ring_space(struct ring *r)
{
	unsigned char *slot;

	pthread_mutex_lock(&r->lock);
	while (is_full(r) && !r->stopped)
		pthread_cond_wait(&r->changed, &r->lock);
	slot = r->stopped ? NULL : r->slot[r->filled % RING_SLOTS];
	pthread_mutex_unlock(&r->lock);
	return slot;
}

void
ring_fill(struct ring *r, size_t n)
{
	pthread_mutex_lock(&r->lock);
	r->size[r->filled++ % RING_SLOTS] = n;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

void
ring_end(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->end = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

ssize_t
ring_next(struct ring *r, unsigned reader, const void **buf)
{
	unsigned long *read = &r->read[reader];
	ssize_t n = 0;

	pthread_mutex_lock(&r->lock);
	if (r->holding[reader]) {
		/* Somebody waits for this one only when all the others were taken. */
		if (is_full(r))
			pthread_cond_broadcast(&r->changed);
		++*read;
		r->holding[reader] = false;
	}
	while (*read == r->filled && !r->end && !r->stopped)
		pthread_cond_wait(&r->changed, &r->lock);
	if (r->stopped) {
		n = -1;
	} else if (*read < r->filled) {
		*buf = r->slot[*read % RING_SLOTS];
		n = r->size[*read % RING_SLOTS];
		r->holding[reader] = true;
	}
	pthread_mutex_unlock(&r->lock);
	return n;
}

void
ring_stop(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->stopped = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}
