#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth_key.h"
#include "step.h"

/* "https://index.docker.io/v1/" and "docker.io" are one key: no scheme, no API path,
 * the Hub under one name.  Allocated. */
static char *
normal_key(const char *key)
{
	static const char *const hub[] = {"index.docker.io", "registry-1.docker.io"};
	char *copy;
	size_t n;

	if (strncasecmp(key, "https://", 8) == 0)
		key += 8;
	else if (strncasecmp(key, "http://", 7) == 0)
		key += 7;
	copy = text("%s", key);
	n = strlen(copy);
	while (n > 0 && copy[n - 1] == '/')
		copy[--n] = '\0';
	if (n > 3 && (strcmp(copy + n - 3, "/v1") == 0 || strcmp(copy + n - 3, "/v2") == 0))
		copy[n - 3] = '\0';
	for (int i = 0; i < 2; i++) {
		n = strlen(hub[i]);
		if (strncasecmp(copy, hub[i], n) == 0 && (copy[n] == '/' || copy[n] == '\0'))
			return text("docker.io%s", copy + n);
	}
	return copy;
}

size_t
auth_key_fits(const char *key, const struct ref *ref)
{
	char *whole = normal_key(text("%s/%s", ref->host, ref->repository));
	char *k = normal_key(key);
	size_t n = strlen(k);
	/* Host names are the same in any case, repository names never differ in it. */
	bool fits = n && strncasecmp(k, whole, n) == 0 && (whole[n] == '/' || whole[n] == '\0');

	free(k);
	free(whole);
	return fits ? n : 0;
}
