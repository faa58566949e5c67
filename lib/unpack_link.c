#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "lower.h"
#include "unpack.h"
#include "unpack_file.h"
#include "unpack_link.h"
#include "unpack_meta.h"
#include "unpack_overlay.h"

struct late_link {
	char *path, *target;
	bool done, visited;
	struct late_link *back; /* who waits for it, while visited */
};

/* A file may have 65000 names on ext4 and fewer elsewhere (EMLINK), and one that we may
 * not write none at all if we are nobody special (EPERM: protected_hardlinks, proc(5)).
 * The bytes are the same in a copy. */
static bool
copy_instead(int err)
{
	return err == EMLINK || err == EPERM || err == EXDEV;
}

/* Make the link now: true, or false when the target is not there.  The target's place
 * must be the layer's own, unless any will do. */
static bool
try_link(struct unpack *u, struct dir *dir, const char *name, const char *target, bool any)
{
	struct entry_name to = {0};
	struct dir *at;
	struct stat st;
	bool done = false;

	entry_name_parse(&to, target);
	if (to.kind != ENTRY_PLAIN)
		die("link %s to %s: not a file of an image", u->name.path, target);
	at = dirs_open(&u->targets, to.path, to.parent_len, false);
	if (!at || fstatat(at->fd, to.name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!any && !unpack_made(u, at, to.name)) || unpack_is_whiteout(u, &st))
		goto out;
	if (S_ISDIR(st.st_mode))
		die("link %s to %s: is a directory", u->name.path, target);
	done = true;
	/* A link to itself, under one name or two: nothing to do, and nothing to remove. */
	if (at->dev == dir->dev && at->ino == dir->ino && strcmp(to.name, name) == 0)
		goto out;
	unpack_clear(u, dir, name);
	if (linkat(at->fd, to.name, dir->fd, name, 0) == 0)
		goto out;
	if (!copy_instead(errno) || !S_ISREG(st.st_mode))
		die_errno("link %s to %s", u->name.path, target);
	unpack_copy(u, dir, name, at->fd, to.name);
out:
	free(to.path);
	return done;
}

static void
put_off(struct unpack *u)
{
	struct late_link *l;

	if (u->link_count == u->link_cap) {
		u->link_cap = u->link_cap ? 2 * u->link_cap : 64;
		u->links = reallocarray(u->links, u->link_cap, sizeof *u->links);
		if (!u->links)
			die("out of memory");
	}
	l = &u->links[u->link_count++];
	*l = (struct late_link){0};
	l->path = strdup(u->name.path);
	l->target = strdup(u->entry->link);
	if (!l->path || !l->target)
		die("out of memory");
}

void
unpack_link(struct unpack *u, struct dir *dir, const char *name)
{
	if (try_link(u, dir, name, u->entry->link, false)) {
		unpack_mark(u, dir, name);
	} else if (u->entry->size > 0) {
		/* pax(1) may give a link the data too: then there is no need to wait. */
		unpack_file(u, dir, name);
		unpack_mark(u, dir, name);
	} else {
		unpack_clear(u, dir, name);
		put_off(u);
	}
}

/* Is there something of the layer's under the link's own name?  unpack_link() has cleared
 * the place, so that it came later and wins. */
static bool
overtaken(struct unpack *u, const struct dir *dir, const char *name)
{
	struct stat st;

	return fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       !unpack_is_whiteout(u, &st);
}

static bool
retry(struct unpack *u, struct late_link *l)
{
	struct dir *dir;

	entry_name_parse(&u->name, l->path);
	dir = dirs_open(&u->dirs, u->name.path, u->name.parent_len, true);
	if (!overtaken(u, dir, u->name.name) &&
	    !try_link(u, dir, u->name.name, l->target, true) &&
	    !lower_copy(u, dir, u->name.name, l->target))
		return false;
	unpack_mark(u, dir, u->name.name);
	l->done = true;
	return true;
}

/* The waiting link that makes l's target, or NULL. */
static struct late_link *
maker(struct unpack *u, const struct id_set *by_path, const struct late_link *l)
{
	struct entry_name to = {0};
	uint32_t i;
	bool found;

	entry_name_parse(&to, l->target);
	found = id_set_get(by_path, id_hash(u->secret, 0, 0, to.path), &i);
	free(to.path);
	return found && !u->links[i].done && !u->links[i].visited ? &u->links[i] : NULL;
}

/* Links to links: follow them to the one that waits for none, then come back. */
static void
settle(struct unpack *u, const struct id_set *by_path, struct late_link *l)
{
	struct late_link *back = NULL, *next;

	for (; l && !l->done; l = next) {
		l->visited = true;
		l->back = back;
		back = l;
		next = maker(u, by_path, l);
	}
	for (; back; back = back->back) {
		retry(u, back);
		back->visited = false;
	}
}

void
unpack_late_links(struct unpack *u)
{
	struct id_set by_path = {0};

	for (size_t i = 0; i < u->link_count; i++)
		id_set_put(&by_path, id_hash(u->secret, 0, 0, u->links[i].path), i);
	for (size_t i = 0; i < u->link_count; i++)
		settle(u, &by_path, &u->links[i]);
	for (size_t i = 0; i < u->link_count; i++) {
		/* Once more: its target may be known by another path, through a symlink. */
		if (!u->links[i].done && !retry(u, &u->links[i])) {
			errno = ENOENT;
			die_errno_hint(u->overlay && !u->lower_count
					       ? "if a lower layer has the target, name it: -l LOWER"
					       : NULL,
				       "link %s to %s", u->links[i].path, u->links[i].target);
		}
	}
	for (size_t i = 0; i < u->link_count; i++) {
		free(u->links[i].path);
		free(u->links[i].target);
	}
	free(u->links);
	u->links = NULL;
	id_set_free(&by_path);
}
