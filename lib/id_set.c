#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "id_set.h"

static uint64_t
rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static void
sip_word(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_round(v);
	v[0] ^= m;
}

uint64_t
id_hash(const uint64_t secret[2], uint64_t dev, uint64_t ino, const char *name)
{
	uint64_t v[4] = {secret[0] ^ 0x736f6d6570736575, secret[1] ^ 0x646f72616e646f6d,
			 secret[0] ^ 0x6c7967656e657261, secret[1] ^ 0x7465646279746573};
	size_t len = strlen(name), left = len;
	uint64_t last = 0, m;

	sip_word(v, dev);
	sip_word(v, ino);
	for (; left >= 8; left -= 8, name += 8) {
		memcpy(&m, name, 8);
		sip_word(v, m);
	}
	memcpy(&last, name, left);
	sip_word(v, last ^ (uint64_t)len << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	m = v[0] ^ v[1] ^ v[2] ^ v[3];
	return m ? m : 1;
}

static size_t
slot(const struct id_set *s, uint64_t key)
{
	size_t i = key & (s->cap - 1);

	while (s->keys[i] && s->keys[i] != key)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void
grow(struct id_set *s)
{
	struct id_set old = *s;

	s->cap = old.cap ? 2 * old.cap : 256;
	s->keys = calloc(s->cap, sizeof *s->keys);
	s->values = calloc(s->cap, sizeof *s->values);
	if (!s->keys || !s->values)
		die("out of memory");
	for (size_t i = 0; i < old.cap; i++) {
		if (old.keys[i]) {
			size_t j = slot(s, old.keys[i]);

			s->keys[j] = old.keys[i];
			s->values[j] = old.values[i];
		}
	}
	id_set_free(&old);
}

void
id_set_put(struct id_set *s, uint64_t key, uint32_t value)
{
	size_t i;

	if (4 * (s->count + 1) > 3 * s->cap)
		grow(s);
	i = slot(s, key);
	s->count += s->keys[i] == 0;
	s->keys[i] = key;
	s->values[i] = value;
}

bool
id_set_get(const struct id_set *s, uint64_t key, uint32_t *value)
{
	size_t i;

	if (s->count == 0)
		return false;
	i = slot(s, key);
	if (value)
		*value = s->values[i];
	return s->keys[i] != 0;
}

void
id_set_free(struct id_set *s)
{
	free(s->keys);
	free(s->values);
	s->keys = NULL;
	s->values = NULL;
}
