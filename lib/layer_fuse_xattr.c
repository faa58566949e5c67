#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fuse3/fuse_lowlevel.h>
#include <stdlib.h>
#include <string.h>

#include "layer_fuse_node.h"

/* The kernel asks for the size first (0), then for as much; xattr(7). */
static void
reply_sized(fuse_req_t req, const char *data, size_t n, size_t room)
{
	if (room == 0)
		fuse_reply_xattr(req, n);
	else if (room < n)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, data, n);
}

void
layer_fuse_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t room)
{
	const struct tree_node *n = layer_fuse_node(ino);

	/* ENOSYS spares the kernel the question before every write and exec. */
	if (!layer_fuse_index->has_xattrs) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	for (uint32_t i = 0; n && i < n->xattr_count; i++) {
		if (strcmp(n->xattrs[i].name, name) == 0) {
			reply_sized(req, n->xattrs[i].value, n->xattrs[i].size, room);
			return;
		}
	}
	fuse_reply_err(req, ENODATA);
}

void
layer_fuse_listxattr(fuse_req_t req, fuse_ino_t ino, size_t room)
{
	const struct tree_node *n = layer_fuse_node(ino);
	size_t size = 0;
	char *names, *p;

	for (uint32_t i = 0; n && i < n->xattr_count; i++)
		size += strlen(n->xattrs[i].name) + 1;
	p = names = malloc(size + 1);
	if (!names) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	for (uint32_t i = 0; n && i < n->xattr_count; i++)
		p = stpcpy(p, n->xattrs[i].name) + 1;
	reply_sized(req, names, size, room);
	free(names);
}
