#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "die.h"
#include "field.h"

/* Digits only: strtoll(3) would take blanks, signs, and stop at garbage. */
static const char *
digits(const char *s, long long *value)
{
	char *end;

	if (*s < '0' || *s > '9')
		return NULL;
	errno = 0;
	*value = strtoll(s, &end, 10);
	return errno ? NULL : end;
}

bool
field_content_range(const char *value, long long offset, long long *size)
{
	long long first, last;
	const char *s = value;

	if (!s || strncasecmp(s, "bytes ", 6) != 0)
		return false;
	s = digits(s + 6, &first);
	if (!s || *s != '-')
		return false;
	s = digits(s + 1, &last);
	if (!s || *s != '/')
		return false;
	s = digits(s + 1, size);
	return s && *s == '\0' && first == offset && last >= first && last + 1 == *size;
}

long long
field_number(const char *value)
{
	long long n;
	const char *end = value ? digits(value, &n) : NULL;

	return end && *end == '\0' ? n : -1;
}

long long
field_retry_after(const char *value, time_t now)
{
	long long seconds = field_number(value);
	time_t when;

	if (seconds >= 0 || !value)
		return seconds;
	/* More digits than a long long holds is a long time, not nonsense. */
	if (strspn(value, "0123456789") == strlen(value) && *value)
		return 1LL << 40;
	when = curl_getdate(value, NULL);
	if (when == (time_t)-1)
		return -1;
	return when > now ? when - now : 0;
}

char *
field_link_next(const char *value)
{
	while (value && (value = strchr(value, '<'))) {
		const char *end = strchr(value, '>'), *next;
		char *target;

		if (!end)
			return NULL;
		next = strchr(end, '<');
		for (const char *rel = end; (rel = strcasestr(rel, "rel=")); rel += 4) {
			if (next && rel > next)
				break;
			if (strncasecmp(rel + 4 + (rel[4] == '"'), "next", 4) != 0)
				continue;
			target = strndup(value + 1, end - value - 1);
			if (!target)
				die("out of memory");
			return target;
		}
		value = end;
	}
	return NULL;
}
