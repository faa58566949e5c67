#include "hash.h"

uint64_t
hash_text(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	/* FNV's low bits mix well, its high bits hardly move on short strings: fold. */
	return h ^ h >> 32 ^ h << 17;
}
