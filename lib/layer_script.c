#include <string.h>

#include "digest.h"
#include "layer_script.h"
#include "step.h"

static const char *
sum_tool(const char *digest)
{
	return strncmp(digest, "sha512:", 7) == 0 ? "sha512sum" : "sha256sum";
}

/* Whiteouts first, whatever their place: then none can hide what the layer adds. */
static bool
flat(const char *dir)
{
	bool act = step(STEP_CLOSE, "mkdir -p %s", dir);

	act &= step(STEP_CLOSE, "tar -t -f \"$layer\" | sed -n 's|\\.wh\\.\\.wh\\.\\.opq$||p' |\n"
			"while IFS= read -r d; do\n"
			"	[ ! -d %s/\"$d\" ] || find %s/\"$d\" -mindepth 1 -delete\n"
			"done", dir, dir);
	act &= step(STEP_CLOSE, "tar -t -f \"$layer\" | sed -n '/\\.wh\\.\\.wh\\./d; s|^\\(.*/\\)\\{0,1\\}\\.wh\\.|\\1|p' |\n"
			"while IFS= read -r f; do rm -rf %s/\"$f\"; done", dir);
	act &= step(STEP_CLOSE, "tar -x -f \"$layer\" -C %s -p --numeric-owner --xattrs "
			"--xattrs-include='*' --exclude='.wh.*'", dir);
	return act;
}

static bool
overlay(const char *dir)
{
	bool act = step(STEP_CLOSE, "mkdir %s", dir);

	act &= step(STEP_CLOSE, "tar -x -f \"$layer\" -C %s -p --numeric-owner --xattrs "
			"--xattrs-include='*' --exclude='.wh.*'", dir);
	act &= step(STEP_CLOSE, "tar -t -f \"$layer\" | sed -n 's|\\.wh\\.\\.wh\\.\\.opq$||p' |\n"
			"while IFS= read -r d; do\n"
			"	mkdir -p %s/\"$d\"; setfattr -n trusted.overlay.opaque -v y %s/\"$d\"\n"
			"done", dir, dir);
	act &= step(STEP_CLOSE, "tar -t -f \"$layer\" | sed -n '/\\.wh\\.\\.wh\\./d; s|^\\(.*/\\)\\{0,1\\}\\.wh\\.|\\1|p' |\n"
			"while IFS= read -r f; do\n"
			"	mkdir -p \"$(dirname %s/\"$f\")\"\n"
			"	if [ -d %s/\"$f\" ]; then setfattr -n trusted.overlay.opaque -v y %s/\"$f\"\n"
			"	elif [ ! -e %s/\"$f\" ] && [ ! -L %s/\"$f\" ]; then mknod %s/\"$f\" c 0 0; fi\n"
			"done", dir, dir, dir, dir, dir, dir);
	return act;
}

void
layer_list_script(const char *layers)
{
	step(STEP_CLOSE, "while IFS='	' read -r digest path; do\n"
			 "to=%s/\"${digest#*:}\"\n"
			 "[ -s \"$to.id\" ] || (", layers);
	layer_script("\"$to\"", true, "sha256:${digest#*:}", NULL);
	step(STEP_SAME, ") < \"$path\" > \"$to.part\"\n"
			"[ -s \"$to.id\" ] || mv \"$to.part\" \"$to.id\"\n"
			"echo \"$(cat \"$to.id\")	$to\"; done");
}

bool
layer_script(const char *dir, bool as_overlay, const char *digest, const char *diff_id)
{
	bool act = step(STEP_CLOSE, "layer=$(mktemp); trap 'rm -f \"$layer\"' EXIT; cat > \"$layer\"");

	if (digest)
		act &= step(STEP_SAME, "echo \"%s  $layer\" | %s -c --quiet - >&2", digest_hex(digest),
			    sum_tool(digest));
	act &= step(STEP_CLOSE, "case $(od -An -N4 -tx1 \"$layer\") in\n"
			"' 28 b5 2f fd') zstd -dc \"$layer\" ;;\n"
			"*) zcat -f \"$layer\" ;;\n"
			"esac > \"$layer.tar\"; mv \"$layer.tar\" \"$layer\"");
	if (diff_id)
		act &= step(STEP_SAME, "echo \"%s  $layer\" | %s -c --quiet - >&2",
			    digest_hex(diff_id), sum_tool(diff_id));
	act &= as_overlay ? overlay(dir) : flat(dir);
	act &= step(STEP_SAME, "echo \"sha256:$(sha256sum < \"$layer\" | cut -d' ' -f1)\"");
	return act;
}
