#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "die.h"
#include "lower.h"
#include "remove_tree.h"
#include "unpack.h"
#include "unpack_file.h"
#include "unpack_link.h"
#include "unpack_meta.h"
#include "unpack_overlay.h"
#include "unpack_whiteout.h"

/* What a new file in the root would inherit, tells what every new one needs: nothing,
 * when it belongs to 0:0 and has exactly the mode we ask for. */
static bool
inherits_nothing(const struct unpack *u)
{
	struct stat st;

	return geteuid() == 0 && getegid() == 0 && fstat(u->root, &st) == 0 &&
	       st.st_gid == 0 && !(st.st_mode & S_ISGID) && fchdir(u->root) == 0 &&
	       getxattr(".", "system.posix_acl_default", NULL, 0) < 0;
}

void
unpack_start(struct unpack *u, struct tar_reader *tar)
{
	u->tar = tar;
	umask(0); /* the archive's modes are meant as they are */
	if (getrandom(u->secret, sizeof u->secret, 0) != sizeof u->secret)
		die_errno("get random bytes");
	u->all_own |= u->overlay;
	u->plain = u->all_own && inherits_nothing(u);
	dirs_start(&u->dirs, u);
	dirs_start(&u->targets, u);
}

void
unpack_die(struct unpack *u, const char *what)
{
	die_errno("%s %s", what, u->name.path);
}

void
unpack_mark(struct unpack *u, const struct dir *dir, const char *name)
{
	if (!dir->own)
		id_set_put(&u->made, id_hash(u->secret, dir->dev, dir->ino, name), 0);
}

bool
unpack_made(struct unpack *u, const struct dir *dir, const char *name)
{
	return dir->own ||
	       id_set_get(&u->made, id_hash(u->secret, dir->dev, dir->ino, name), NULL);
}

int
unpack_clear(struct unpack *u, const struct dir *dir, const char *name)
{
	struct stat st;

	if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode)) {
		/* A way that was not straight may lead by what goes now. */
		if (!dir->direct)
			dirs_forget(&u->dirs);
		dirs_forget(&u->targets);
	}
	if (remove_tree(dir->fd, name) < 0)
		die_errno("remove %s", u->name.path);
	return unpack_is_whiteout(u, &st);
}

void
unpack_own(struct unpack *u, const struct dir *dir, const char *name)
{
	struct stat st;

	if (!u->all_own && fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		id_set_put(&u->own, id_hash(u->secret, st.st_dev, st.st_ino, ""), 0);
}

static void
make_dir(struct unpack *u, struct dir *dir, const char *name)
{
	struct stat st;
	int hidden;

	if (strcmp(name, "..") != 0 && mkdirat(dir->fd, name, 0700) < 0) {
		if (errno != EEXIST || fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			unpack_die(u, "mkdir");
		if (!S_ISDIR(st.st_mode)) {
			/* Behind its own whiteout the directory hides the lower ones. */
			hidden = unpack_clear(u, dir, name);
			if (mkdirat(dir->fd, name, 0700) < 0)
				unpack_die(u, "mkdir");
			if (hidden)
				unpack_set_opaque(u, dir, name);
			unpack_own(u, dir, name);
		}
	} else {
		unpack_own(u, dir, name);
	}
	unpack_mark(u, dir, name);
	dir = dirs_open(&u->dirs, u->name.path, strlen(u->name.path), false);
	if (!dir)
		unpack_die(u, "open directory");
	unpack_note_dir(u, dir, u->name.path);
}

/* Nobody but root of the first user namespace may make device nodes: mknod(2), EPERM.
 * An empty file that nobody may open keeps the name, as a place to bind the real one. */
static int
stand_in(struct unpack *u, const struct dir *dir, const char *name)
{
	int fd = openat(dir->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);

	u->entry->mode = 0;
	return fd < 0 ? -1 : close(fd);
}

static int
special(struct unpack *u, const struct dir *dir, const char *name)
{
	const struct tar_entry *e = u->entry;
	mode_t type = e->type == TAR_FIFO ? S_IFIFO : e->type == TAR_CHAR ? S_IFCHR : S_IFBLK;
	int r;

	if (e->type == TAR_SYMLINK)
		return symlinkat(e->link, dir->fd, name);
	r = mknodat(dir->fd, name, type | e->mode, makedev(e->major, e->minor));
	return r < 0 && errno == EPERM && type != S_IFIFO ? stand_in(u, dir, name) : r;
}

static void
make_special(struct unpack *u, struct dir *dir, const char *name)
{
	const struct tar_entry *e = u->entry;
	int r;

	if (u->overlay && e->type == TAR_CHAR && e->major == 0 && e->minor == 0) {
		unpack_clear(u, dir, name);
		unpack_put_nested_whiteout(u, dir, name);
	} else {
		r = special(u, dir, name);
		if (r < 0 && errno == EEXIST) {
			unpack_clear(u, dir, name);
			r = special(u, dir, name);
		}
		if (r < 0)
			unpack_die(u, e->type == TAR_SYMLINK ? "symlink" : "mknod");
	}
	unpack_finish_special(u, dir, name);
}

static void
plain_entry(struct unpack *u)
{
	const char *name = u->name.name;
	struct dir *dir = dirs_open(&u->dirs, u->name.path, u->name.parent_len, true);

	unpack_touch(u, dir, u->dirs.path);
	switch (u->entry->type) {
	case TAR_DIR:
		make_dir(u, dir, name);
		return;
	case TAR_HARDLINK:
		unpack_link(u, dir, name);
		return;
	case TAR_FILE:
		unpack_file(u, dir, name);
		break;
	default:
		make_special(u, dir, name);
	}
	unpack_mark(u, dir, name);
}

static void
check_limits(struct unpack *u)
{
	if (u->max_entries && ++u->entries > u->max_entries)
		die("stop at %s: more than %llu entries (--max-entries)", u->name.path,
		    (unsigned long long)u->max_entries);
	if (u->max_depth && u->name.depth > u->max_depth)
		die("stop at %.200s...: more than %u levels deep (--max-depth)", u->name.path,
		    u->max_depth);
}

void
unpack_entry(struct unpack *u, struct tar_entry *entry)
{
	entry_name_parse(&u->name, entry->path);
	u->entry = entry;
	check_limits(u);
	if (u->lower_count)
		lower_follow(u);
	switch (u->name.kind) {
	case ENTRY_BAD:
		die("refuse %s: not the name of a whiteout", entry->path);
	case ENTRY_SKIP:
		return;
	case ENTRY_WHITEOUT:
		unpack_whiteout(u);
		return;
	case ENTRY_OPAQUE:
		unpack_opaque(u);
		return;
	case ENTRY_ROOT:
		if (entry->type != TAR_DIR)
			die("refuse '%s': the root cannot be anything but a directory", entry->path);
		u->root_entry = true;
		unpack_note_dir(u, dirs_open(&u->dirs, "", 0, false), "");
		return;
	case ENTRY_PLAIN:
		if (strcmp(u->name.name, "..") == 0 && entry->type != TAR_DIR)
			die("refuse %s: .. cannot be anything but a directory", entry->path);
		plain_entry(u);
	}
}

void
unpack_finish(struct unpack *u)
{
	unpack_late_links(u);
	if (u->lower_count && !u->root_entry)
		u->root_entry = lower_note_dir(u, dirs_open(&u->dirs, "", 0, false), ".", "");
	unpack_finish_dirs(u);
	if (u->overlay && !u->root_entry && fchmodat(u->root, ".", 0755, 0) < 0)
		die_errno("chmod the root");
	dirs_end(&u->dirs);
	dirs_end(&u->targets);
	free(u->name.path);
	u->name.path = NULL;
	id_set_free(&u->own);
	id_set_free(&u->made);
	close(u->root);
}
