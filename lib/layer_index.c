#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "entry_name.h"
#include "layer_index.h"
#include "step.h"

/* Files may have holes, so sizes mean little; but offsets must stay what ext4, whose
 * files end at 16 TiB, can seek to. */
#define SPOOL_MAX ((uint64_t)8 << 40)

enum {
	MAX_DEPTH = 4096, /* a kernel path has no more components */
	MAX_NAME = 255,
	LINK_ROUNDS = 100,
};

/* A whiteout, or a hard link whose target has not come yet: done at the end. */
struct late {
	char *path;   /* of the whiteout's directory; of the link */
	char *other;  /* what is hidden, "" for an opaque directory; the link's target */
};

static struct late *whiteouts, *links;
static size_t whiteout_count, link_count;

/* A damaged stream is the cause, the tar that ends too early only what follows. */
static const char *
why(const struct layer_index *ix, const struct tar_reader *tar)
{
	const char *error = layer_stream_error(ix->stream);

	return error ? error : tar_error(tar);
}

static void
remember(struct late **list, size_t *count, char *path, const char *other)
{
	/* Grow at powers of two. */
	if ((*count & (*count + 1)) == 0) {
		*list = reallocarray(*list, 2 * (*count + 1), sizeof **list);
		if (!*list)
			die("out of memory");
	}
	(*list)[(*count)++] = (struct late){path, text("%s", other)};
}

/* The attributes of an overlay inside the image must not act on ours: overlayfs since
 * Linux 6.7 reads "overlay.overlay.X" as the inner overlay's "overlay.X". */
static void
put_xattrs(struct layer_index *ix, struct tree_node *n, const struct tar_entry *e)
{
	for (size_t i = 0; i < e->xattr_count; i++) {
		const char *name = e->xattrs[i].name, *inner = strstr(name, ".overlay.");
		bool escape = strncmp(name, "trusted.overlay.", 16) == 0 ||
			      strncmp(name, "user.overlay.", 13) == 0;

		if (escape)
			name = text("%.*s.overlay%s", (int)(inner - name), name, inner);
		tree_add_xattr(n, name, e->xattrs[i].value, e->xattrs[i].size);
		ix->has_xattrs = true;
	}
}

static void
put_metadata(struct layer_index *ix, uint32_t node, const struct tar_entry *e)
{
	struct tree_node *n = tree_node(ix->tree, node);

	n->mode = (n->mode & S_IFMT) | (e->mode & 07777);
	n->uid = e->uid;
	n->gid = e->gid;
	n->mtime = e->mtime;
	n->xattr_count = 0; /* of the entry that this one replaces */
	put_xattrs(ix, n, e);
}

static void
read_contents(struct layer_index *ix, uint32_t node, struct tar_reader *tar,
	      const struct tar_entry *e)
{
	struct tree_node *n = tree_node(ix->tree, node);
	const void *buf;
	int64_t offset;
	size_t size;
	int more;

	if (e->size < 0 || (uint64_t)e->size > SPOOL_MAX - ix->spool_size)
		die("%s: the layer's files are larger than %llu bytes together", e->path,
		    (unsigned long long)SPOOL_MAX);
	n->size = e->size;
	n->data = ix->spool_size;
	ix->spool_size += e->size;
	while ((more = tar_data(tar, &buf, &size, &offset)) > 0) {
		if (offset < 0 || offset > e->size || size > (uint64_t)(e->size - offset))
			die("%s: its data do not fit its size", e->path);
		while (size > 0) {
			ssize_t w = pwrite(ix->spool, buf, size, n->data + offset);

			if (w < 0 && errno == EINTR)
				continue;
			if (w < 0)
				die_errno_hint("choose another place with -s DIR, or -s memory",
					       "write %s to the spool", e->path);
			buf = (const char *)buf + w;
			offset += w;
			size -= w;
		}
	}
	if (more < 0)
		die("read %s: %s", e->path, why(ix, tar));
}

/* A layer's own character device 0:0 would be a whiteout to overlayfs.  An empty file
 * with this attribute is one only to an overlay made inside. */
static void
put_nested_whiteout(struct layer_index *ix, uint32_t node)
{
	struct tree_node *n = tree_node(ix->tree, node);
	const char *dot = strrchr(ix->opaque, '.');

	n->mode = S_IFREG | (n->mode & 07777);
	tree_add_xattr(n, text("%.*s.overlay.whiteout", (int)(dot - ix->opaque), ix->opaque), "", 0);
	ix->has_xattrs = true;
}

static void
put_node(struct layer_index *ix, uint32_t dir, const char *name, struct tar_reader *tar,
	 const struct tar_entry *e)
{
	static const mode_t types[] = {
		[TAR_FILE] = S_IFREG,  [TAR_DIR] = S_IFDIR,   [TAR_SYMLINK] = S_IFLNK,
		[TAR_CHAR] = S_IFCHR,  [TAR_BLOCK] = S_IFBLK, [TAR_FIFO] = S_IFIFO,
	};
	uint32_t node = e->type == TAR_DIR ? tree_find(ix->tree, dir, name) : TREE_NONE;

	/* A directory keeps what is in it when its entry comes again, or late. */
	if (node == TREE_NONE || !S_ISDIR(tree_node(ix->tree, node)->mode))
		node = tree_put(ix->tree, dir, name, types[e->type]);
	put_metadata(ix, node, e);
	if (e->type == TAR_SYMLINK)
		tree_node(ix->tree, node)->target = text("%s", e->link);
	if (e->type == TAR_FILE)
		read_contents(ix, node, tar, e);
	if (e->type != TAR_CHAR && e->type != TAR_BLOCK)
		return;
	tree_node(ix->tree, node)->major = e->major;
	tree_node(ix->tree, node)->minor = e->minor;
	if (ix->overlay && e->type == TAR_CHAR && e->major == 0 && e->minor == 0)
		put_nested_whiteout(ix, node);
}

/* False while the target is not there.  Like the kernel, no link to a directory. */
static bool
put_link(struct layer_index *ix, const char *path, const char *target)
{
	static struct entry_name from, to;
	uint32_t dir, node = TREE_NONE;

	entry_name_parse(&to, target);
	entry_name_parse(&from, path);
	dir = to.kind == ENTRY_PLAIN ? tree_walk(ix->tree, to.path, to.parent_len, false) : TREE_NONE;
	if (dir != TREE_NONE)
		node = tree_find(ix->tree, dir, to.name);
	if (node == TREE_NONE || S_ISDIR(tree_node(ix->tree, node)->mode))
		return false;
	dir = tree_walk(ix->tree, from.path, from.parent_len, true);
	if (dir != TREE_NONE)
		tree_link(ix->tree, dir, from.name, node);
	return true;
}

static void
read_plain(struct layer_index *ix, const struct entry_name *name, struct tar_reader *tar,
	   const struct tar_entry *e)
{
	uint32_t dir;

	if (strcmp(name->name, "..") == 0 || strlen(name->name) > MAX_NAME ||
	    name->depth > MAX_DEPTH)
		die("%s: not a name for a file", e->path);
	dir = tree_walk(ix->tree, name->path, name->parent_len, true);
	if (dir == TREE_NONE)
		die("%s: too many symbolic links on the way", e->path);
	if (e->type != TAR_HARDLINK)
		put_node(ix, dir, name->name, tar, e);
	else if (!put_link(ix, name->path, e->link))
		remember(&links, &link_count, text("%s", name->path), e->link);
}

static void
read_entry(struct layer_index *ix, struct tar_reader *tar, const struct tar_entry *e)
{
	static struct entry_name name;

	entry_name_parse(&name, e->path);
	switch (name.kind) {
	case ENTRY_BAD:
		die("%s: a whiteout of nothing", e->path);
	case ENTRY_SKIP:
		return;
	case ENTRY_ROOT:
		if (e->type != TAR_DIR)
			die("%s: the root of a layer must be a directory", *e->path ? e->path : "''");
		put_metadata(ix, TREE_ROOT, e);
		return;
	case ENTRY_WHITEOUT:
	case ENTRY_OPAQUE:
		if (ix->overlay)
			remember(&whiteouts, &whiteout_count,
				 text("%.*s", (int)name.parent_len, name.path), name.name);
		return;
	case ENTRY_PLAIN:
		read_plain(ix, &name, tar, e);
	}
}

/* A whiteout beside an entry of its name hides what lower layers have of it: nothing
 * needs to be said for a file, and for a directory it is "opaque". */
static void
put_whiteout(struct layer_index *ix, const struct late *w)
{
	uint32_t dir = tree_walk(ix->tree, w->path, strlen(w->path), true), node = dir;

	if (dir == TREE_NONE)
		return;
	if (*w->other)
		node = tree_find(ix->tree, dir, w->other);
	if (node == TREE_NONE)
		tree_put(ix->tree, dir, w->other, S_IFCHR); /* 0:0 */
	else if (S_ISDIR(tree_node(ix->tree, node)->mode) && !tree_node(ix->tree, node)->opaque) {
		tree_node(ix->tree, node)->opaque = true;
		tree_add_xattr(tree_node(ix->tree, node), ix->opaque, "y", 1);
		ix->has_xattrs = true;
	}
}

/* Links to links to come need as many rounds as the chain is long.  No tar that was not
 * made to cost time has more than a few. */
static void
put_late_links(struct layer_index *ix)
{
	size_t left = link_count, before;
	int rounds = 0;

	do {
		before = left;
		left = 0;
		for (size_t i = 0; i < before; i++)
			if (!put_link(ix, links[i].path, links[i].other))
				links[left++] = links[i];
	} while (left > 0 && left < before && ++rounds < LINK_ROUNDS);
	for (size_t i = 0; i < left; i++)
		warn("%s: left out: its link target %s is not in this layer", links[i].path,
		     links[i].other);
	if (left > 0 && ix->overlay)
		die("%zu hard links lead to lower layers: layer-unpack -O -l can copy them", left);
}

void
layer_index_read(struct layer_index *ix, struct tar_reader *tar)
{
	struct tar_entry e;
	uint64_t entries = 0;
	int more;

	ix->tree = tree_new();
	while ((more = tar_next(tar, &e)) > 0) {
		if (ix->max_entries && ++entries > ix->max_entries)
			die("more than %llu entries (--max-entries)",
			    (unsigned long long)ix->max_entries);
		read_entry(ix, tar, &e);
	}
	if (more < 0)
		die("read layer: %s", why(ix, tar));
	put_late_links(ix);
	for (size_t i = 0; i < whiteout_count; i++)
		put_whiteout(ix, &whiteouts[i]);
	tree_finish(ix->tree);
	/* So that what ends in a hole can be read to its end. */
	if (ftruncate(ix->spool, ix->spool_size) < 0)
		die_errno("set the spool's size");
}
