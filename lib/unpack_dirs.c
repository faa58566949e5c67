#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "syscalls.h"
#include "unpack.h"
#include "unpack_meta.h"
#include "unpack_overlay.h"

enum {
	OPEN_MAX_DIRS = 200, /* descriptors kept; two chains stay below the usual 1024 */
	KEEP_EVERY = 64,     /* of those to close, spare one in so many: a way back up */
	LINKS_MAX = 40,      /* as path_resolution(7) */
	WALK = O_PATH | O_DIRECTORY | O_CLOEXEC,
};

void
dirs_start(struct dirs *d, struct unpack *u)
{
	struct stat st;

	d->u = u;
	d->cap = 64;
	d->chain = calloc(d->cap, sizeof *d->chain);
	d->path_cap = 256;
	d->path = malloc(d->path_cap);
	if (!d->chain || !d->path)
		die("out of memory");
	if (fstat(u->root, &st) < 0)
		die_errno("stat the target directory");
	d->chain[0] = (struct dir){.fd = u->root, .dev = st.st_dev, .ino = st.st_ino,
				   .mtime = st.st_mtim, .own = u->all_own, .direct = true};
	d->depth = d->oldest = 1;
}

static void
truncate_chain(struct dirs *d, unsigned depth)
{
	while (d->depth > depth) {
		struct dir *dir = &d->chain[--d->depth];

		if (dir->fd >= 0) {
			close(dir->fd);
			d->open--;
		}
	}
	if (d->oldest > d->depth)
		d->oldest = d->depth;
}

void
dirs_end(struct dirs *d)
{
	truncate_chain(d, 1);
	free(d->chain);
	free(d->path);
	*d = (struct dirs){0};
}

void
dirs_forget(struct dirs *d)
{
	d->stale = true;
}

/* How many of the chain's directories lie on the way to path. */
static unsigned
common(const struct dirs *d, const char *path, size_t len)
{
	unsigned n = 1;

	for (size_t from = 0; n < d->depth; n++) {
		size_t end = d->chain[n].end;

		if (end > len || memcmp(d->path + from, path + from, end - from) != 0 ||
		    (end < len && path[end] != '/'))
			break;
		from = end;
	}
	while (d->chain[n - 1].fd < 0)
		n--;
	return n;
}

/* Close the outermost descriptors, but leave some to start again from. */
static void
save_descriptors(struct dirs *d)
{
	while (d->open > OPEN_MAX_DIRS && d->oldest < d->depth) {
		struct dir *dir = &d->chain[d->oldest++];

		if (dir->fd >= 0 && (d->oldest - 1) % KEEP_EVERY != 0) {
			close(dir->fd);
			dir->fd = -1;
			d->open--;
		}
	}
}

static bool
is_own(const struct unpack *u, const struct dir *dir)
{
	return u->all_own || id_set_get(&u->own, id_hash(u->secret, dir->dev, dir->ino, ""), NULL);
}

void
dirs_reown(struct dirs *d)
{
	for (unsigned i = 0; i < d->depth; i++) {
		struct dir *dir = &d->chain[i];

		dir->own = is_own(d->u, dir) || (i > 0 && dir->direct && dir[-1].own);
	}
}

static struct dir *
push(struct dirs *d, int fd, size_t end, bool own, bool direct)
{
	struct stat st;
	struct dir *dir;

	if (d->depth == d->cap) {
		d->cap *= 2;
		d->chain = reallocarray(d->chain, d->cap, sizeof *d->chain);
		if (!d->chain)
			die("out of memory");
	}
	if (fstat(fd, &st) < 0)
		die_errno("stat %s", d->path);
	dir = &d->chain[d->depth++];
	*dir = (struct dir){.fd = fd, .dev = st.st_dev, .ino = st.st_ino, .mtime = st.st_mtim,
			    .direct = direct, .end = end};
	dir->own = own || is_own(d->u, dir);
	d->open++;
	save_descriptors(d);
	return dir;
}

/* By the kernel, inside the root.  d->path is the way up to here. */
static int
resolve(struct dirs *d)
{
	struct sys_open_how how = {.flags = WALK,
				   .resolve = SYS_RESOLVE_IN_ROOT | SYS_RESOLVE_NO_MAGICLINKS};

	return sys_openat2(d->u->root, d->path, &how);
}

/* mkdir -p of a dangling symlink's target, as a chroot would see it. */
static void
make_link_target(struct dirs *d, const struct dir *parent, const char *name)
{
	static int links;
	char target[PATH_MAX];
	ssize_t n = readlinkat(parent->fd, name, target, sizeof target - 1);
	struct entry_name clean = {0};
	struct dirs side = {0};
	char *whole;

	if (n < 0)
		return; /* it has changed meanwhile: the next look will tell */
	if (++links > LINKS_MAX) {
		errno = ELOOP;
		die_errno("follow %s", d->path);
	}
	target[n] = '\0';
	if (asprintf(&whole, "%.*s/%s", target[0] == '/' ? 0 : (int)parent->end, d->path, target) < 0)
		die("out of memory");
	entry_name_parse(&clean, whole);
	dirs_start(&side, d->u);
	dirs_open(&side, clean.path, strlen(clean.path), true);
	dirs_end(&side);
	free(clean.path);
	free(whole);
	links--;
}

/* One step down: a descriptor of name in parent, or -1 with ENOENT or ENOTDIR. */
static int
enter(struct dirs *d, struct dir *parent, const char *name, bool make, bool *own, bool *direct)
{
	struct stat st;
	int fd, hidden = 0;
	bool exists = false;

	*direct = strcmp(name, "..") != 0;
	*own &= *direct; /* what lies above may be another's */
	fd = *direct ? openat(parent->fd, name, WALK | O_NOFOLLOW) : resolve(d);
	if (fd >= 0 || (errno != ENOENT && errno != ENOTDIR))
		return fd;
	if (*direct && fstatat(parent->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISLNK(st.st_mode)) {
			*direct = *own = false;
			fd = resolve(d);
			if (fd < 0 && errno == ENOENT && make) {
				make_link_target(d, parent, name);
				fd = resolve(d);
			}
			return fd;
		}
		exists = true;
		errno = ENOTDIR;
	}
	if (!make || !*direct)
		return -1;
	/* Missing, or a file of a lower layer, or a whiteout: a name below it says that it
	 * is a directory now.  After a whiteout it hides the one that lower layers have. */
	unpack_touch(d->u, parent, d->path);
	if (exists)
		hidden = unpack_clear(d->u, parent, name);
	if (mkdirat(parent->fd, name, 0755) < 0 && errno != EEXIST)
		return -1;
	if (hidden)
		unpack_set_opaque(d->u, parent, name);
	unpack_implied(d->u, parent, name, d->path);
	*own = true;
	return openat(parent->fd, name, WALK | O_NOFOLLOW);
}

struct dir *
dirs_open(struct dirs *d, const char *path, size_t len, bool make)
{
	size_t end;

	if (d->stale) {
		truncate_chain(d, 1);
		d->chain[0].own = is_own(d->u, &d->chain[0]);
	}
	d->stale = false;
	truncate_chain(d, common(d, path, len));
	if (len + 1 > d->path_cap) {
		d->path_cap = 2 * (len + 1);
		d->path = realloc(d->path, d->path_cap);
		if (!d->path)
			die("out of memory");
	}
	for (end = d->chain[d->depth - 1].end; end < len;) {
		struct dir *parent = &d->chain[d->depth - 1];
		size_t from = end + (end > 0);
		bool own = parent->own, direct;
		char *name = d->path + from;
		int fd;

		end = from + strcspn(path + from, "/");
		if (end > len)
			end = len;
		memcpy(d->path, path, end);
		d->path[end] = '\0';
		fd = enter(d, parent, name, make, &own, &direct);
		if (fd < 0 && !make && (errno == ENOENT || errno == ENOTDIR))
			return NULL;
		if (fd < 0)
			die_errno("open directory %s", d->path);
		if (make)
			unpack_mark(d->u, parent, name);
		push(d, fd, end, own, direct);
	}
	return &d->chain[d->depth - 1];
}
