#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "amount.h"
#include "die.h"

uint64_t
amount(const char *text, const char *option)
{
	static const char suffix[] = "KMGT";
	char *end;
	unsigned long long n;
	const char *s;

	errno = 0;
	n = strtoull(text, &end, 10);
	s = *end ? strchr(suffix, *end) : NULL;
	if (end == text || text[0] == '-' || errno || (*end && (!s || end[1])))
		usage("%s: not a number: %s", option, text);
	for (; s && s >= suffix; s--) {
		if (n > UINT64_MAX / 1024)
			usage("%s: too large: %s", option, text);
		n *= 1024;
	}
	return n;
}
