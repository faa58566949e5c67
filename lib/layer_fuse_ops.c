#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse_lowlevel.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layer_fuse.h"
#include "layer_fuse_node.h"

enum { MAX_READ = 1 << 20 };

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
	const struct tree_node *n = layer_fuse_node(parent);
	struct fuse_entry_param none = {.entry_timeout = LAYER_FUSE_FOREVER};
	struct fuse_entry_param e;
	uint32_t kid;

	if (!n || !S_ISDIR(n->mode)) {
		fuse_reply_err(req, n ? ENOTDIR : ENOENT);
		return;
	}
	kid = tree_find(layer_fuse_index->tree, parent - 1, name);
	if (kid == TREE_NONE) {
		fuse_reply_entry(req, &none); /* inode 0: "not there", to be remembered */
		return;
	}
	e = layer_fuse_entry(kid);
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
	if (!layer_fuse_node(ino)) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	st = layer_fuse_stat(ino - 1);
	fuse_reply_attr(req, &st, LAYER_FUSE_FOREVER);
}

static void
do_readlink(fuse_req_t req, fuse_ino_t ino)
{
	const struct tree_node *n = layer_fuse_node(ino);

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
	const struct tree_node *n = layer_fuse_node(ino);
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
	got = !buf ? -1 : size ? pread(layer_fuse_index->spool, buf, size, n->data + offset) : 0;
	if (got < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_buf(req, buf, got);
}

static void
do_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs s = {
		.f_bsize = LAYER_FUSE_BLOCK,
		.f_frsize = LAYER_FUSE_BLOCK,
		.f_blocks = (layer_fuse_index->spool_size + LAYER_FUSE_BLOCK - 1) / LAYER_FUSE_BLOCK,
		.f_files = tree_count(layer_fuse_index->tree),
		.f_namemax = 255,
	};

	(void)ino;
	fuse_reply_statfs(req, &s);
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
	.readdir = layer_fuse_readdir,
	.readdirplus = layer_fuse_readdirplus,
	.getxattr = layer_fuse_getxattr,
	.listxattr = layer_fuse_listxattr,
	.statfs = do_statfs,
};
