#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "unpack.h"
#include "unpack_meta.h"
#include "unpack_xattr.h"

static const char no_map[] = "inside a user namespace only mapped ids can own files: "
			     "ns-exec --user --map-auto maps more than one";
static const char no_right[] = "only root can give files away: run this below "
			       "ns-exec --user --map-auto, or use --no-same-owner";

void
unpack_owner(struct unpack *u, uid_t *uid, gid_t *gid)
{
	const struct tar_entry *e = u->entry;

	/* 2^32-1 is chown(2)'s "leave it", so nobody can be that. */
	if (e->uid < 0 || e->uid >= UINT32_MAX || e->gid < 0 || e->gid >= UINT32_MAX)
		die("own %s: no such owner: %lld:%lld", u->name.path, (long long)e->uid,
		    (long long)e->gid);
	*uid = e->uid;
	*gid = e->gid;
}

void
unpack_chown_failed(const char *path, uid_t uid, gid_t gid)
{
	die_errno_hint(errno == EINVAL ? no_map : errno == EPERM ? no_right : NULL,
		       "chown %s to %u:%u", path, uid, gid);
}

bool
unpack_owned(const struct unpack *u, uid_t uid, gid_t gid)
{
	return !u->keep_owner || (u->plain && uid == 0 && gid == 0);
}

void
unpack_finish_file(struct unpack *u, int fd)
{
	const struct tar_entry *e = u->entry;
	struct timespec times[2] = {e->mtime, e->mtime};
	uid_t uid;
	gid_t gid;

	unpack_owner(u, &uid, &gid);
	if (!unpack_owned(u, uid, gid) && fchown(fd, uid, gid) < 0)
		unpack_chown_failed(u->name.path, uid, gid);
	/* After chown(2), which clears set-user-ID and security.capability; chown(2). */
	if ((!u->plain || e->mode & 07000) && fchmod(fd, e->mode) < 0)
		die_errno("chmod %s", u->name.path);
	unpack_xattrs(u, fd, NULL, NULL, e->xattrs, e->xattr_count);
	if (futimens(fd, times) < 0)
		die_errno("set the time of %s", u->name.path);
}

/* There is no chmod(2) that follows no symlink before fchmodat2(2) of 6.6, but a
 * descriptor's own magic link leads to what the descriptor is, whatever has been put
 * under the name since. */
static void
chmod_special(struct unpack *u, const struct dir *dir, const char *name)
{
	int fd = openat(dir->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char link[40];
	struct stat st;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (fd < 0 || fstat(fd, &st) < 0 || (!S_ISLNK(st.st_mode) && chmod(link, u->entry->mode) < 0))
		die_errno("chmod %s", u->name.path);
	close(fd);
}

void
unpack_finish_special(struct unpack *u, const struct dir *dir, const char *name)
{
	const struct tar_entry *e = u->entry;
	struct timespec times[2] = {e->mtime, e->mtime};
	uid_t uid;
	gid_t gid;

	unpack_owner(u, &uid, &gid);
	if (!unpack_owned(u, uid, gid) && fchownat(dir->fd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		unpack_chown_failed(u->name.path, uid, gid);
	if (e->type != TAR_SYMLINK && (!u->plain || e->mode & 07000))
		chmod_special(u, dir, name);
	unpack_xattrs(u, -1, dir, name, e->xattrs, e->xattr_count);
	if (utimensat(dir->fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		die_errno("set the time of %s", u->name.path);
}
