/* fuzz: the name of an image.  What is accepted becomes part of URLs and file names, and
 * its full name must mean the same again.
 * links: lib/ref.c lib/digest.c lib/step.c lib/io.c lib/die.c lib/undo.c -lcrypto */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "ref.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing in a URL's path or authority that means something else there. */
static void
check_registry(const struct ref *ref)
{
	assert(ref->host && *ref->host && ref->repository && *ref->repository);
	assert(!ref->layout);
	assert(strspn(ref->repository, "abcdefghijklmnopqrstuvwxyz0123456789._-/") ==
	       strlen(ref->repository));
	assert(!strstr(ref->repository, "..") && !strstr(ref->repository, "//"));
	assert(*ref->repository != '/' && ref->repository[strlen(ref->repository) - 1] != '/');
	assert(!strpbrk(ref->host, "/?#@%\\ \t\n"));
	assert(ref->tag || ref->digest);
	if (ref->tag)
		assert(*ref->tag && !strpbrk(ref->tag, "/?#@%:\\ \t\n") && strlen(ref->tag) <= 128);
	if (ref->digest)
		assert(digest_valid(ref->digest));
}

static bool
equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = malloc(size + 1), *full;
	struct ref ref, again;
	const char *why = NULL;

	memcpy(name, data, size);
	name[size] = '\0';
	digest_valid(name);
	if (!ref_parse(&ref, name, &why)) {
		assert(why);
		free(name);
		return 0;
	}
	if (!ref.layout) {
		check_registry(&ref);
		ref_host_is_loopback(ref.host);
		full = ref_name(&ref);
		assert(ref_parse(&again, full, &why));
		assert(equal(ref.host, again.host) && equal(ref.repository, again.repository));
		assert(equal(ref_word(&ref), ref_word(&again)));
		ref_free(&again);
		free(full);
	}
	ref_free(&ref);
	free(name);
	return 0;
}
