/* entry_name: what an entry's name in a layer means.  Pure.
 *
 * image-spec layer.md, "Whiteouts": a file ".wh.NAME" hides NAME of the layers below,
 * ".wh..wh..opq" hides all that they have in its directory.  Other names that begin
 * with ".wh..wh." are AUFS' own notes and mean nothing here. */
#ifndef LONGSHORE_ENTRY_NAME_H
#define LONGSHORE_ENTRY_NAME_H

#include <stddef.h>

enum entry_kind {
	ENTRY_PLAIN,
	ENTRY_ROOT,     /* the top directory itself: "", ".", "/", "./" */
	ENTRY_WHITEOUT, /* name is what it hides */
	ENTRY_OPAQUE,   /* parent is the directory; name is "" */
	ENTRY_SKIP,     /* AUFS' own */
	ENTRY_BAD,      /* a whiteout of nothing, of "." or "..", or with something below */
};

struct entry_name {
	enum entry_kind kind;
	char *path;        /* "a/b/c": no "." nor empty components, ".." kept */
	size_t parent_len; /* path[0] to path[parent_len - 1] is "a/b"; 0: the root */
	const char *name;  /* last component; for a whiteout without its ".wh." */
	unsigned depth;    /* number of components */
};

/* Clean and classify.  The result's buffer is reused: free(path) once at the end, keep
 * the struct between calls (start with all zeros).  Dies when memory is short. */
void entry_name_parse(struct entry_name *n, const char *raw);

#endif
