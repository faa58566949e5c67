/* fuzz: WWW-Authenticate, as any server may send it.
 * links: lib/challenge.c lib/die.c lib/undo.c */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
short_enough(const char *value, size_t max)
{
	assert(!value || strlen(value) <= max);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const schemes[] = {"Bearer", "Basic"};
	char *field = malloc(size + 1);
	struct challenge c;

	memcpy(field, data, size);
	field[size] = '\0';
	for (int i = 0; i < 2; i++) {
		if (challenge_find(field, schemes[i], &c)) {
			assert(i == 1 || c.realm);
			short_enough(c.realm, size);
			short_enough(c.service, size);
			short_enough(c.scope, size);
			short_enough(c.error, size);
		} else {
			assert(!c.realm && !c.service && !c.scope && !c.error);
		}
		challenge_free(&c);
	}
	free(field);
	return 0;
}
