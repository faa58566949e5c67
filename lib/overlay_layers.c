#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "die.h"
#include "mounts.h"
#include "overlay.h"
#include "step.h"

void
overlay_add_layer(struct overlay *o, char *dir)
{
	/* The kernel would answer E2BIG or EINVAL, and name no number. */
	if (o->lowers == OVERLAY_MAX_LAYERS)
		die("more than %d layers: the kernel's overlayfs stacks no more",
		    OVERLAY_MAX_LAYERS);
	o->lower = realloc(o->lower, (o->lowers + 1) * sizeof *o->lower);
	if (!o->lower)
		die("out of memory");
	o->lower[o->lowers++] = dir;
}

/* A line is a path, verbatim: no comments, no blanks trimmed. */
void
overlay_add_layers(struct overlay *o, const char *file)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	size_t cap = 0, number = 0;
	char *line = NULL;
	ssize_t n;

	if (!f)
		die_errno("read layers from %s", file);
	while ((n = getline(&line, &cap, f)) > 0) {
		number++;
		if (line[n - 1] == '\n')
			line[--n] = '\0';
		if (n == 0 || strlen(line) != (size_t)n)
			die("line %zu of %s is %s", number, file,
			    n == 0 ? "empty" : "no path: it holds a NUL byte");
		overlay_add_layer(o, text("%s", line));
	}
	if (ferror(f))
		die_errno("read layers from %s", file);
	if (f != stdin)
		fclose(f);
}

void
overlay_leave_out_hidden(struct overlay *o)
{
	/* One mount reads one kind of mark; overlayfs.rst, "User xattr". */
	const char *mark = mounts_option(o->extra, "userxattr") ? "user.overlay.opaque"
								: "trusted.overlay.opaque";
	char value[2];
	size_t i = o->lowers;

	/* In a directory "y" means opaque, "x" something else; overlayfs.rst. */
	while (i-- > 1) {
		if (getxattr(o->lower[i], mark, value, sizeof value) != 1 || *value != 'y')
			continue;
		step(STEP_NONE, "%s is opaque, getxattr(2) %s: leave out the layers below it",
		     sh(o->lower[i]), mark);
		o->lower += i;
		o->lowers -= i;
		return;
	}
}
