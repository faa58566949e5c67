#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fuse3/fuse_lowlevel.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "layer_fuse_node.h"

enum { DOTS = 2 };

/* Offset 0 is ".", 1 "..", 2 the first name; what is passed is where to go on. */
static size_t
add_name(fuse_req_t req, char *buf, size_t room, fuse_ino_t ino, off_t at, bool plus)
{
	const struct tree_node *n = layer_fuse_node(ino);
	const char *name = at == 0 ? "." : at == 1 ? ".." : n->kids[at - DOTS].name;
	uint32_t index = at == 0 ? ino - 1 : at == 1 ? n->parent : n->kids[at - DOTS].node;
	struct fuse_entry_param e;

	if (index == TREE_NONE)
		return 0; /* a name that has been replaced */
	e = layer_fuse_entry(index);
	/* "." and ".." must not be looked up by the kernel: inode 0 says so. */
	if (plus && at < DOTS) {
		e.ino = 0;
		return fuse_add_direntry_plus(req, buf, room, name, &e, at + 1);
	}
	return plus ? fuse_add_direntry_plus(req, buf, room, name, &e, at + 1)
		    : fuse_add_direntry(req, buf, room, name, &e.attr, at + 1);
}

static void
list(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at, bool plus)
{
	const struct tree_node *n = layer_fuse_node(ino);
	char *buf = malloc(size);
	size_t used = 0, more;

	if (!n || !S_ISDIR(n->mode) || !buf) {
		fuse_reply_err(req, buf ? ENOTDIR : ENOMEM);
		free(buf);
		return;
	}
	for (; at >= 0 && at < (off_t)n->kid_count + DOTS; at++) {
		more = add_name(req, buf + used, size - used, ino, at, plus);
		if (more > size - used)
			break;
		used += more;
	}
	fuse_reply_buf(req, buf, used);
	free(buf);
}

void
layer_fuse_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
		   struct fuse_file_info *fi)
{
	(void)fi;
	list(req, ino, size, at, false);
}

void
layer_fuse_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
		       struct fuse_file_info *fi)
{
	(void)fi;
	list(req, ino, size, at, true);
}
