#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binds.h"
#include "die.h"
#include "inroot.h"
#include "mountfd.h"
#include "step.h"
#include "syscalls.h"

static const char *const options[] = {
	[BIND_RW] = "--bind",
	[BIND_MAPPED] = "--bind-map",
	[BIND_RO] = "--ro-bind",
	[BIND_TMPFS] = "--tmpfs",
};

int
binds_add(struct bind_list *list, enum bind_kind kind, const char *spec)
{
	struct bind_item *m = &list->item[list->n];
	char *colon, *s = text("%s", spec);

	if (list->n == BINDS_MAX)
		return -1;
	/* The last ":/" parts source and target, so that a source may have colons. */
	colon = strchr(s, ':');
	for (char *next = colon; kind != BIND_TMPFS && next; next = strstr(next + 1, ":/"))
		colon = next;
	if (colon)
		*colon++ = '\0';
	*m = (struct bind_item){.kind = kind, .option = options[kind], .tree = -1};
	if (kind == BIND_TMPFS) {
		m->target = s;
		m->source = colon; /* the size */
	} else {
		m->source = s;
		m->target = colon;
	}
	if (!m->target || m->target[0] != '/' || (kind != BIND_TMPFS && !*m->source))
		return -1;
	list->n++;
	return 0;
}

/* The source is the caller's own file, so the caller's symlinks are followed.  The copy
 * takes all submounts along; read-only is then set on each of them, in one call: the
 * classic bind remount reaches only the topmost.  mount_setattr(2), AT_RECURSIVE. */
static int
bind_tree(const struct bind_item *m)
{
	int tree = m->tree >= 0 ? m->tree : mountfd_clone(AT_FDCWD, m->source, true);

	if (tree < 0)
		die_errno("%s: open %s", m->option, m->source);
	if (m->kind == BIND_RO && mountfd_restrict(tree, MOUNT_ATTR_RDONLY, true) < 0)
		die_errno("%s: make %s read-only", m->option, m->source);
	return tree;
}

static void
mount_one(const struct bind_item *m, int root, const char *name)
{
	int tree, target;
	struct stat st;

	if (m->kind == BIND_TMPFS)
		tree = mountfd_new("tmpfs",
				  m->source ? text("mode=1777,size=%s", m->source) : "mode=1777",
				  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	else
		tree = bind_tree(m);
	if (tree < 0 || fstat(tree, &st) < 0)
		die_errno("%s: make a tmpfs for %s", m->option, m->target);
	target = inroot_target(root, m->target, S_ISDIR(st.st_mode));
	if (target < 0)
		die_errno("%s: make the mount point %s in %s", m->option, m->target, name);
	if (mountfd_attach(tree, target) < 0)
		die_errno("%s: mount on %s in %s", m->option, m->target, name);
	close(tree);
}

void
binds_do(const struct bind_list *list, int root, const char *name)
{
	for (unsigned i = 0; i < list->n; i++) {
		const struct bind_item *m = &list->item[i];
		char *source = sh(m->source ? m->source : ""), *at;
		bool go;

		at = sh(text("%s%s", strcmp(name, "/") == 0 ? "" : name, m->target));
		if (m->kind == BIND_MAPPED)
			step(STEP_NONE, "map the owners of %s to the ids inside; mount_setattr(2), or "
					"X-mount.idmap of mount(8) from util-linux 2.39 on",
			     source);
		if (m->kind == BIND_TMPFS)
			go = step(STEP_SAME, "mount --mkdir -t tmpfs -o nosuid,nodev,mode=1777%s%s "
					     "tmpfs %s",
				  m->source ? ",size=" : "", m->source ? m->source : "", at);
		else
			go = step(STEP_CLOSE,
				  "{ [ -d %s ] && mkdir -p %s; } || [ -e %s ] || "
				  "{ mkdir -p \"$(dirname %s)\" && : > %s; }; mount --rbind %s %s%s",
				  source, at, at, at, at, source, at,
				  m->kind == BIND_RO ? text("; %s", mountfd_restrict_words(at, "ro"))
						     : "");
		if (go)
			mount_one(m, root, name);
	}
}
