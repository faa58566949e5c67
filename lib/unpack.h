/* unpack: make a directory what the entries of a layer say; image-spec layer.md.
 *
 * Two results: "flat", on top of what the directory holds, executing whiteouts, or "overlay",
 * into an empty directory, keeping whiteouts in the form that overlayfs takes them in.
 *
 * Everything is hostile: names, link targets, what the directory holds already, and other
 * processes that change it meanwhile.  Hence one rule: parents are found by
 * unpack_dirs.h, which never leaves the root, and every act is one on a descriptor of
 * the parent and a last component that is not followed.
 *
 * A layer is a set, not a script: whiteouts hide what lower layers have, never what the
 * layer itself adds, wherever they stand; a hard link may precede its target.
 *
 * All functions die (1) on failure, naming the entry. */
#ifndef LONGSHORE_UNPACK_H
#define LONGSHORE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry_name.h"
#include "id_set.h"
#include "tar_reader.h"
#include "unpack_dirs.h"

struct unpack {
	/* The caller's. */
	int root;        /* O_PATH descriptor of the directory */
	bool overlay;    /* overlay, not flat */
	bool keep_owner; /* false: everything belongs to the caller (--no-same-owner) */
	unsigned max_depth;
	uint64_t max_entries; /* 0: any number */
	int *lower;          /* overlay: descriptors of lower layers, base first */
	size_t lower_count;

	/* The stream broke off; does not return. */
	void (*broken)(void);

	/* Ours from here on. */
	struct tar_reader *tar;
	struct tar_entry *entry;
	struct entry_name name;
	uint64_t entries;
	struct dirs dirs;    /* the way to the entry at hand */
	struct dirs targets; /* and to hard links' targets */
	unsigned form;       /* of overlayfs' attributes; unpack_overlay.c */

	/* Whose is it, the layer's or a lower one's?  A directory that the layer has made or
	 * emptied is the layer's own with all that is in it; elsewhere `made` knows. */
	bool all_own; /* nothing was there before */
	bool plain;   /* and what we create is ours, 0:0, without inherited ACLs */
	struct id_set own;  /* directories, by id_hash(dev, ino, "") */
	struct id_set made; /* names, by id_hash(dev, ino of the directory, name) */
	uint64_t secret[2];

	struct dir_meta *metas; /* unpack_meta.c: what directories get at the end */
	size_t meta_count, meta_cap;
	struct id_set meta_of;
	struct late_link *links; /* unpack_link.c: links whose target was not there yet */
	size_t link_count, link_cap;
	bool warned_xattr;
	bool root_entry; /* the layer has one */
};

/* Begin; the caller has set its fields, the others are zero. */
void unpack_start(struct unpack *u, struct tar_reader *tar);

/* One entry, its data included. */
void unpack_entry(struct unpack *u, struct tar_entry *entry);

/* The rest: late links, then directories' metadata, innermost first.  Frees what it held,
 * and closes the root. */
void unpack_finish(struct unpack *u);

/* Within the family: */

/* "x/y" as an operand for messages; the entry at hand, as the layer spells it. */
_Noreturn void unpack_die(struct unpack *u, const char *what);

/* name in dir is the layer's: whiteouts spare it. */
void unpack_mark(struct unpack *u, const struct dir *dir, const char *name);
/* The directory name in dir is new: the layer's own with all that will be in it. */
void unpack_own(struct unpack *u, const struct dir *dir, const char *name);

bool unpack_made(struct unpack *u, const struct dir *dir, const char *name);

/* Remove whatever bears this name, a tree if need be: 1 when it was a whiteout (overlay
 * form), else 0; a missing one is no error. */
int unpack_clear(struct unpack *u, const struct dir *dir, const char *name);

#endif
