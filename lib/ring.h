/* ring: a few buffers that one thread fills and one or two others read, each at its own
 * pace and in order; a buffer is filled again when all of them are done with it.
 *
 * Locks are taken once a buffer, so that buffers of some hundred kilobytes make them
 * cost nothing.  pthread_mutex_lock(3), pthread_cond_wait(3). */
#ifndef LONGSHORE_RING_H
#define LONGSHORE_RING_H

#include <stddef.h>
#include <sys/types.h>

/* Four buffers let either side run ahead a little; larger ones leave the cache.  Together
 * they are one huge page. */
enum { RING_SLOTS = 4, RING_SLOT_SIZE = 512 << 10, RING_READERS = 2 };

struct ring;

/* With one reader, number 0.  Allocated; dies when memory is short. */
struct ring *ring_new(void);

/* As new, for another stream; nobody uses it at the moment.  What ring_stop() has said
 * still holds. */
void ring_again(struct ring *r);

/* The filler's: one reader more, number 1, that begins with the next buffer. */
void ring_add_reader(struct ring *r);

/* The filler's: the next buffer, RING_SLOT_SIZE bytes of it, once it is free; NULL after
 * ring_stop(). */
unsigned char *ring_space(struct ring *r);

/* The filler's: that buffer holds n > 0 bytes now. */
void ring_fill(struct ring *r, size_t n);

/* The filler's: nothing more will come. */
void ring_end(struct ring *r);

/* A reader's: give the last buffer back and wait for the next: its size, *buf valid until
 * the next call; 0 at the end, -1 after ring_stop(). */
ssize_t ring_next(struct ring *r, unsigned reader, const void **buf);

/* Anybody's: nobody is to wait or work any longer. */
void ring_stop(struct ring *r);

#endif
