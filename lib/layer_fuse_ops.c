#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse_lowlevel.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "layer_fuse.h"

/* FUSE numbers inodes from 1, which is the root; our nodes count from 0. */
#define INO(node) ((fuse_ino_t)(node) + 1)
#define FOREVER (365 * 86400.0) /* seconds; the kernel has no "for ever" */

enum { BLOCK = 4096, MAX_READ = 1 << 20, DOTS = 2 };

static const struct layer_index *ix;

/* NULL for a number that we never gave out. */
static const struct tree_node *
node_of(fuse_ino_t ino)
{
	return ino >= 1 && ino <= tree_count(ix->tree) ? tree_node(ix->tree, ino - 1) : NULL;
}

static struct stat
stat_of(uint32_t index)
{
	const struct tree_node *n = tree_node(ix->tree, index);

	return (struct stat){
		.st_ino = INO(index),
		.st_mode = n->mode,
		.st_nlink = n->nlink,
		.st_uid = n->uid,
		.st_gid = n->gid,
		.st_rdev = makedev(n->major, n->minor),
		.st_size = S_ISLNK(n->mode) ? (off_t)strlen(n->target) : (off_t)n->size,
		.st_blksize = BLOCK,
		.st_blocks = (n->size + 511) / 512,
		.st_atim = n->mtime,
		.st_mtim = n->mtime,
		.st_ctim = n->mtime,
	};
}

static struct fuse_entry_param
entry_of(uint32_t index)
{
	return (struct fuse_entry_param){
		.ino = INO(index),
		.attr = stat_of(index),
		.attr_timeout = FOREVER,
		.entry_timeout = FOREVER,
	};
}

static void
do_init(void *arg, struct fuse_conn_info *conn)
{
	(void)arg;
	/* Link texts in the page cache; readdirplus always, since whoever lists a layer
	 * looks at its files next. */
	conn->want |= conn->capable & (FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_READDIRPLUS |
				       FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_ASYNC_READ |
				       FUSE_CAP_NO_OPEN_SUPPORT | FUSE_CAP_NO_OPENDIR_SUPPORT);
	conn->want &= ~FUSE_CAP_READDIRPLUS_AUTO;
	conn->want &= ~FUSE_CAP_AUTO_INVAL_DATA;
}

static void
do_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	const struct tree_node *n = node_of(parent);
	struct fuse_entry_param none = {.entry_timeout = FOREVER};
	struct fuse_entry_param e;
	uint32_t kid;

	if (!n || !S_ISDIR(n->mode)) {
		fuse_reply_err(req, n ? ENOTDIR : ENOENT);
		return;
	}
	kid = tree_find(ix->tree, parent - 1, name);
	if (kid == TREE_NONE) {
		fuse_reply_entry(req, &none); /* inode 0: "not there", to be remembered */
		return;
	}
	e = entry_of(kid);
	fuse_reply_entry(req, &e);
}

/* Nodes live as long as the mount: there is nothing to count. */
static void
do_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	(void)ino;
	(void)count;
	fuse_reply_none(req);
}

static void
do_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	if (!node_of(ino)) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	st = stat_of(ino - 1);
	fuse_reply_attr(req, &st, FOREVER);
}

static void
do_readlink(fuse_req_t req, fuse_ino_t ino)
{
	const struct tree_node *n = node_of(ino);

	if (n && S_ISLNK(n->mode))
		fuse_reply_readlink(req, n->target);
	else
		fuse_reply_err(req, EINVAL);
}

/* ENOSYS: "do not ask again, every open succeeds and keeps the cache"; the kernel's
 * fuse documentation calls it no_open and no_opendir. */
static void
do_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	fuse_reply_err(req, ENOSYS);
}

static pthread_key_t buffer_key;

static void
make_buffer_key(void)
{
	if (pthread_key_create(&buffer_key, free) != 0)
		abort();
}

/* One a thread, kept: a fresh one would cost a page fault for each 4096 bytes read.  Not a
 * __thread array either: the loader clears that for each thread before it starts, also
 * for those that never read.  NULL when memory is short. */
static char *
read_buffer(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char *buf;

	pthread_once(&once, make_buffer_key);
	buf = pthread_getspecific(buffer_key);
	if (!buf && (buf = malloc(MAX_READ)))
		pthread_setspecific(buffer_key, buf);
	return buf;
}

static void
do_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	const struct tree_node *n = node_of(ino);
	ssize_t got;
	char *buf;

	(void)fi;
	if (!n || !S_ISREG(n->mode) || offset < 0) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	if ((uint64_t)offset >= n->size)
		size = 0;
	else if (size > n->size - offset)
		size = n->size - offset;
	if (size > MAX_READ)
		size = MAX_READ;
	buf = read_buffer();
	got = !buf ? -1 : size ? pread(ix->spool, buf, size, n->data + offset) : 0;
	if (got < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_buf(req, buf, got);
}

/* Offset 0 is ".", 1 "..", 2 the first name; what is passed is where to go on. */
static size_t
add_name(fuse_req_t req, char *buf, size_t room, fuse_ino_t ino, off_t at, bool plus)
{
	const struct tree_node *n = node_of(ino);
	const char *name = at == 0 ? "." : at == 1 ? ".." : n->kids[at - DOTS].name;
	uint32_t index = at == 0 ? ino - 1 : at == 1 ? n->parent : n->kids[at - DOTS].node;
	struct fuse_entry_param e;

	if (index == TREE_NONE)
		return 0; /* a name that has been replaced */
	e = entry_of(index);
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
	const struct tree_node *n = node_of(ino);
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

static void
do_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at, struct fuse_file_info *fi)
{
	(void)fi;
	list(req, ino, size, at, false);
}

static void
do_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at, struct fuse_file_info *fi)
{
	(void)fi;
	list(req, ino, size, at, true);
}

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

static void
do_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t room)
{
	const struct tree_node *n = node_of(ino);

	/* ENOSYS spares the kernel the question before every write and exec. */
	if (!ix->has_xattrs) {
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

static void
do_listxattr(fuse_req_t req, fuse_ino_t ino, size_t room)
{
	const struct tree_node *n = node_of(ino);
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

static void
do_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs s = {
		.f_bsize = BLOCK,
		.f_frsize = BLOCK,
		.f_blocks = (ix->spool_size + BLOCK - 1) / BLOCK,
		.f_files = tree_count(ix->tree),
		.f_namemax = 255,
	};

	(void)ino;
	fuse_reply_statfs(req, &s);
}

void
layer_fuse_answer_for(const struct layer_index *index)
{
	ix = index;
}

const struct fuse_lowlevel_ops layer_fuse_ops = {
	.init = do_init,
	.lookup = do_lookup,
	.forget = do_forget,
	.getattr = do_getattr,
	.readlink = do_readlink,
	.open = do_open,
	.read = do_read,
	.opendir = do_open,
	.readdir = do_readdir,
	.readdirplus = do_readdirplus,
	.getxattr = do_getxattr,
	.listxattr = do_listxattr,
	.statfs = do_statfs,
};
