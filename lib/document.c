#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "document.h"
#include "io.h"
#include "json.h"

void
document_judge(struct document *d, const char *what, const char *want, const char *claimed,
	       const char *content_type)
{
	const char *why;

	if (!want && claimed)
		want = claimed;
	digest_of(want ? want : "sha256:", d->text, d->n, d->digest);
	if (want && strcmp(want, d->digest) != 0)
		die_with(EXIT_MISMATCH, "verify manifest %s: it is %s, not %s", what, d->digest,
			 want);
	d->json = json_parse(d->text, d->n);
	if (!jv_is_valid(d->json))
		die("read manifest %s: not JSON", what);
	d->kind = manifest_kind(d->json, content_type, &why);
	if (d->kind == MANIFEST_BAD) {
		complain("read manifest %s: %s", what, why);
		if (strstr(why, "schema 1"))
			hint("ask who pushed it to push again: schema 2 exists since 2016");
		exit(EXIT_FAILURE);
	}
	d->type = manifest_type(d->json, d->kind);
}

struct document
document_stdin(void)
{
	struct document d = {.text = malloc(MANIFEST_MAX + 1)};
	ssize_t n;

	if (!d.text)
		die("out of memory");
	n = read_all(STDIN_FILENO, d.text, MANIFEST_MAX + 1);
	if (n < 0)
		die_errno("read the manifest from standard input");
	if (n == 0)
		die("read the manifest from standard input: it is empty");
	if (n > MANIFEST_MAX)
		die("read the manifest from standard input: larger than %d bytes", MANIFEST_MAX);
	d.text[n] = '\0'; /* -n puts it into a script as a string */
	d.n = n;
	document_judge(&d, "on standard input", NULL, NULL, NULL);
	return d;
}
