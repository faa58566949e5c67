/* fuzz: manifests and indexes, as any registry may serve them.
 * links: lib/manifest.c lib/json.c lib/digest.c lib/platform.c lib/step.c lib/io.c lib/undo.c -ljq -lcrypto */
#include <assert.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "digest.h"
#include "json.h"
#include "manifest.h"
#include "platform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A refusal is an exit for the tool; here it is the end of one input. */
static jmp_buf refused;
int die_status = 1;
bool die_quiet;

void
die(const char *fmt, ...)
{
	(void)fmt;
	longjmp(refused, 1);
}

void
die_errno(const char *fmt, ...)
{
	(void)fmt;
	longjmp(refused, 1);
}

void
die_with(int status, const char *fmt, ...)
{
	(void)status;
	(void)fmt;
	longjmp(refused, 1);
}

void
usage(const char *fmt, ...)
{
	(void)fmt;
	longjmp(refused, 1);
}

static void
check_blob(const struct blob *b)
{
	assert(digest_valid(b->digest));
	assert(b->size >= 0 && b->type);
	for (char **url = b->urls; url && *url; url++)
		(void)strlen(*url);
}

static void
read_index(jv doc)
{
	jv list = json_member(doc, "manifests");
	int n = jv_array_length(jv_copy(list));

	for (int i = 0; i < n; i++) {
		jv entry = jv_array_get(jv_copy(list), i);
		jv where = json_member(entry, "platform");
		struct platform p;
		const char *why;
		struct blob b;

		if (manifest_blob(entry, &b, &why))
			check_blob(&b);
		if (platform_from_json(&p, where))
			platform_match(&p, &p);
		jv_free(where);
		jv_free(entry);
	}
	jv_free(list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	jv doc = json_parse((const char *)data, size);
	const char *why = NULL, *type;
	enum manifest_kind kind;
	size_t n;

	if (setjmp(refused) == 0 && jv_is_valid(doc)) {
		kind = manifest_kind(doc, NULL, &why);
		if (kind == MANIFEST_BAD) {
			assert(why);
		} else {
			type = manifest_type(doc, kind);
			assert(type && *type);
		}
		if (kind == MANIFEST_INDEX) {
			read_index(doc);
		} else if (kind == MANIFEST_IMAGE) {
			struct blob *blobs = manifest_blobs(doc, &n);

			for (size_t i = 0; i < n; i++)
				check_blob(&blobs[i]);
			free(blobs);
		}
	}
	jv_free(doc);
	return 0;
}
