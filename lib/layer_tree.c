#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "die.h"
#include "layer_tree.h"
#include "step.h"

/* One place in the hash table: which name of which directory. */
struct place {
	uint32_t dir, kid;
};

struct layer_tree {
	struct tree_node *nodes;
	uint32_t count, cap;
	struct place *table; /* open addressing; dir TREE_NONE: free */
	uint64_t mask, used;
	uint64_t seed; /* a layer cannot choose names that collide */
};

static void *
grown(void *p, size_t n, size_t size)
{
	p = reallocarray(p, n, size);
	if (!p)
		die("out of memory");
	return p;
}

static char *
copy(const void *data, size_t n)
{
	char *p = grown(NULL, n + 1, 1);

	if (n > 0)
		memcpy(p, data, n);
	p[n] = '\0';
	return p;
}

struct tree_node *
tree_node(const struct layer_tree *t, uint32_t node)
{
	return &t->nodes[node];
}

uint32_t
tree_count(const struct layer_tree *t)
{
	return t->count;
}

static uint64_t
hash(const struct layer_tree *t, uint32_t dir, const char *name)
{
	uint64_t h = t->seed ^ dir * 0x9e3779b97f4a7c15u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3u;
	return h ^ h >> 29;
}

/* Where this name is in the table, or the free place where it would go. */
static struct place *
place_of(const struct layer_tree *t, uint32_t dir, const char *name)
{
	uint64_t i = hash(t, dir, name);

	for (;; i++) {
		struct place *p = &t->table[i & t->mask];

		if (p->dir == TREE_NONE ||
		    (p->dir == dir && strcmp(t->nodes[dir].kids[p->kid].name, name) == 0))
			return p;
	}
}

static void
table_grow(struct layer_tree *t)
{
	struct place *old = t->table;
	uint64_t n = old ? t->mask + 1 : 0;

	t->mask = n ? 2 * n - 1 : 1023;
	t->table = grown(NULL, t->mask + 1, sizeof *t->table);
	memset(t->table, 0xff, (t->mask + 1) * sizeof *t->table);
	for (uint64_t i = 0; i < n; i++)
		if (old[i].dir != TREE_NONE)
			*place_of(t, old[i].dir, t->nodes[old[i].dir].kids[old[i].kid].name) = old[i];
	free(old);
}

static uint32_t
new_node(struct layer_tree *t, mode_t mode)
{
	if (t->count == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 256;
		t->nodes = grown(t->nodes, t->cap, sizeof *t->nodes);
	}
	t->nodes[t->count] = (struct tree_node){.mode = mode};
	return t->count++;
}

struct layer_tree *
tree_new(void)
{
	struct layer_tree *t = calloc(1, sizeof *t);

	if (!t || getrandom(&t->seed, sizeof t->seed, 0) < 0)
		die("out of memory");
	table_grow(t);
	new_node(t, S_IFDIR | 0755);
	return t;
}

uint32_t
tree_find(const struct layer_tree *t, uint32_t dir, const char *name)
{
	struct place *p = place_of(t, dir, name);

	return p->dir == TREE_NONE ? TREE_NONE : t->nodes[dir].kids[p->kid].node;
}

void
tree_link(struct layer_tree *t, uint32_t dir, const char *name, uint32_t node)
{
	struct tree_node *d = &t->nodes[dir];
	struct place *p = place_of(t, dir, name);

	/* What had the name before just loses it: nothing leads there any more. */
	if (p->dir != TREE_NONE) {
		d->kids[p->kid].node = node;
		return;
	}
	/* Grow at powers of two. */
	if ((d->kid_count & (d->kid_count + 1)) == 0)
		d->kids = grown(d->kids, 2 * ((size_t)d->kid_count + 1), sizeof *d->kids);
	d->kids[d->kid_count] = (struct tree_name){copy(name, strlen(name)), node};
	*p = (struct place){dir, d->kid_count++};
	if (2 * ++t->used > t->mask)
		table_grow(t);
}

uint32_t
tree_put(struct layer_tree *t, uint32_t dir, const char *name, mode_t mode)
{
	uint32_t node = new_node(t, mode);

	t->nodes[node].parent = dir;
	tree_link(t, dir, name, node);
	return node;
}

/* One component; TREE_NONE when it is not there, or is no directory nor link. */
static uint32_t
step_down(struct layer_tree *t, uint32_t dir, const char *name, bool make)
{
	uint32_t next;

	if (strcmp(name, "") == 0 || strcmp(name, ".") == 0)
		return dir;
	if (strcmp(name, "..") == 0)
		return t->nodes[dir].parent;
	next = tree_find(t, dir, name);
	if (next != TREE_NONE && (S_ISDIR(t->nodes[next].mode) || S_ISLNK(t->nodes[next].mode)))
		return next;
	return make ? tree_put(t, dir, name, S_IFDIR | 0755) : TREE_NONE;
}

uint32_t
tree_walk(struct layer_tree *t, const char *path, size_t len, bool make)
{
	char *work = copy(path, len), *rest = work, *name, *next;
	uint32_t dir = TREE_ROOT, node;
	unsigned links = 0;

	while (dir != TREE_NONE && (name = strsep(&rest, "/"))) {
		node = step_down(t, dir, name, make);
		if (node == TREE_NONE || S_ISDIR(t->nodes[node].mode)) {
			dir = node;
			continue;
		}
		/* A symbolic link: its text takes the component's place. */
		if (++links > TREE_MAX_LINKS) {
			dir = TREE_NONE;
			break;
		}
		if (t->nodes[node].target[0] == '/')
			dir = TREE_ROOT;
		next = text("%s%s%s", t->nodes[node].target, rest ? "/" : "", rest ? rest : "");
		free(work);
		work = rest = next;
	}
	free(work);
	return dir;
}

void
tree_add_xattr(struct tree_node *n, const char *name, const void *value, size_t size)
{
	n->xattrs = grown(n->xattrs, n->xattr_count + 1, sizeof *n->xattrs);
	n->xattrs[n->xattr_count++] =
		(struct tree_xattr){copy(name, strlen(name)), copy(value, size), size};
}

/* Without recursion: a layer may be deeper than our stack. */
void
tree_finish(struct layer_tree *t)
{
	uint32_t *todo = grown(NULL, t->count, sizeof *todo), n = 0;

	todo[n++] = TREE_ROOT;
	t->nodes[TREE_ROOT].nlink = 2;
	while (n > 0) {
		struct tree_node *d = &t->nodes[todo[--n]];

		for (uint32_t i = 0; i < d->kid_count; i++) {
			struct tree_node *kid;

			if (d->kids[i].node == TREE_NONE)
				continue;
			kid = &t->nodes[d->kids[i].node];
			if (S_ISDIR(kid->mode)) {
				kid->nlink = 2;
				d->nlink++;
				todo[n++] = d->kids[i].node;
			} else {
				kid->nlink++;
			}
		}
	}
	free(todo);
}
