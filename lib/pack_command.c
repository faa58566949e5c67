#include "pack_command.h"
#include "step.h"

static const char *const filters[] = {
	[DEFLATE_GZIP] = "gzip -n",
	[DEFLATE_ZSTD] = "zstd -q",
	[DEFLATE_NONE] = "cat",
};

static const char *const media_types[] = {
	[DEFLATE_GZIP] = "application/vnd.oci.image.layer.v1.tar+gzip",
	[DEFLATE_ZSTD] = "application/vnd.oci.image.layer.v1.tar+zstd",
	[DEFLATE_NONE] = "application/vnd.oci.image.layer.v1.tar",
};

/* What tar cannot do: list the names without whiteouts, and make a marker file for each
 * whiteout and opaque directory, in a tree of their own beside the list. */
static const char collect[] =
	"find . ! -type c ! -type s -print0 >\"$tmp/names\"\n"
	"find . -type c -exec sh -c 'tmp=$1; shift\n"
	"for f; do\n"
	"\tif [ \"$(stat -c %t:%T \"$f\")\" != 0:0 ]; then printf \"%s\\0\" \"$f\" >>\"$tmp/names\"; continue; fi\n"
	"\tmkdir -p \"$tmp/marks/${f%/*}\"\n"
	"\t: >\"$tmp/marks/${f%/*}/.wh.${f##*/}\"\n"
	"done' sh \"$tmp\" {} +\n"
	"find . -type d -exec sh -c 'tmp=$1; shift\n"
	"for f; do\n"
	"\tcase $(getfattr -d -m \"overlay[.]opaque\" \"$f\" 2>/dev/null) in *opaque=\\\"y\\\"*)\n"
	"\t\tmkdir -p \"$tmp/marks/$f\"; : >\"$tmp/marks/$f/.wh..wh..opq\" ;;\n"
	"\tesac\n"
	"done' sh \"$tmp\" {} +";

char *
pack_command(const char *dir, enum deflate_format format, time_t latest,
	     const char *json, bool whole)
{
	const char *clamp = latest < 0 ? "" : text(" --clamp-mtime --mtime=@%lld", (long long)latest);
	char *tar = text("tar -c --format=pax --pax-option=delete=atime,delete=ctime"
			 " --numeric-owner%s --sparse --xattrs --xattrs-include='*'"
			 " --xattrs-exclude='*.overlay.*'", clamp);
	char *script;

	if (!whole)
		return text("%s --sort=name -C %s . | %s # and whiteouts as .wh. files",
			    tar, sh(dir), filters[format]);
	script = text("tmp=$(mktemp -d)\nmkdir \"$tmp/marks\"\n(\ncd %s\n", sh(dir));
	script = text("%s%s\n)\n", script, collect);
	script = text("%ssort -z -o \"$tmp/names\" \"$tmp/names\"\n"
		      "(cd \"$tmp/marks\" && find . -type f -exec chmod 0 {} + && "
		      "find . -type f -exec touch -d @0 {} + && find . -type f -print0 | sort -z) >\"$tmp/list\"\n"
		      "%s --no-recursion -C %s --null -T \"$tmp/names\" -C \"$tmp/marks\" -T \"$tmp/list\" >\"$tmp/tar\"\n"
		      "%s <\"$tmp/tar\" >\"$tmp/layer\"\n",
		      script, tar, sh(dir), filters[format]);
	if (json)
		script = text("%sjq -cn --arg d \"sha256:$(sha256sum <\"$tmp/layer\" | cut -d' ' -f1)\""
			      " --arg i \"sha256:$(sha256sum <\"$tmp/tar\" | cut -d' ' -f1)\""
			      " --argjson s \"$(stat -c %%s \"$tmp/layer\")\""
			      " '{mediaType: \"%s\", digest: $d, size: $s, diff_id: $i}' >%s\n",
			      script, media_types[format], sh(json));
	return text("%scat \"$tmp/layer\"\nrm -rf \"$tmp\"", script);
}
