#include <stdio.h>
#include <string.h>

#include "byhand.h"
#include "http.h"
#include "step.h"

void
byhand_begin_push(struct registry *reg)
{
	const char *host = ref_api_host(reg->ref);

	byhand_log_in(reg);
	step(STEP_SAME, "base=https://%s", sh(host));
	if (reg->loopback || http_settings.insecure)
		step(STEP_SAME, "curl -s -o /dev/null $base/v2/ || [ $? != 35 ] || base=http://%s",
		     sh(host));
	step(STEP_SAME, "v2=$base/v2/%s", reg->ref->repository);
	/* The session's URL may be relative, or another host's, which gets no token. */
	step(STEP_SAME,
	     "begin() {\n"
	     "	where=$(get -X POST -D - -o /dev/null \"$v2/blobs/uploads/\" |\n"
	     "		tr -d '\\r' | sed -n 's/^location: *//Ip')\n"
	     "	case $where in /*) where=$base$where ;; esac\n"
	     "	case $where in *\\?*) where=\"$where&\" ;; *) where=\"$where?\" ;; esac\n"
	     "}\n"
	     "put() {\n"
	     "	case $where in \"$base\"/*) get \"$@\" ;; *) curl -fsS \"$@\" ;; esac\n"
	     "}");
}

void
byhand_upload(const char *layout, const struct blob *blob)
{
	char *path = sh(text("%s/%s", layout, layout_blob_name(blob->digest)));

	byhand_check(blob->digest, path);
	step(STEP_SAME,
	     "if ! get -I -o /dev/null $v2/blobs/%s 2>/dev/null; then\n"
	     "	begin\n"
	     "	put -T %s -H 'Content-Type: application/octet-stream' \"${where}digest=%s\"\n"
	     "fi",
	     blob->digest, path, blob->digest);
}

void
byhand_put_manifest(const struct document *d, const char *word)
{
	step(STEP_SAME,
	     "file=$(mktemp)\n"
	     "printf %%s %s >\"$file\"\n"
	     "get -X PUT --data-binary @\"$file\" -H 'Content-Type: %s' $v2/manifests/%s\n"
	     "rm \"$file\"",
	     sh(d->text), d->type, word);
}
