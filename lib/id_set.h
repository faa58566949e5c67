/* id_set: a set of 64-bit keys, and a map from them to an index.  Pure.
 *
 * Keys are made by id_hash() from a directory's identity and a name in it, with a secret
 * of this run: a layer's author can neither aim at a collision nor at a slow table. */
#ifndef LONGSHORE_ID_SET_H
#define LONGSHORE_ID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_set { /* all zeros: empty */
	uint64_t *keys; /* 0: free */
	uint32_t *values;
	size_t count, cap;
};

/* SipHash-1-3 over device, inode number and name ("" for the directory itself). */
uint64_t id_hash(const uint64_t secret[2], uint64_t dev, uint64_t ino, const char *name);

/* Add a key, or change its value.  Dies when memory is short. */
void id_set_put(struct id_set *s, uint64_t key, uint32_t value);

/* True when the key is there; *value (unless NULL) is then its value. */
bool id_set_get(const struct id_set *s, uint64_t key, uint32_t *value);

void id_set_free(struct id_set *s);

#endif
