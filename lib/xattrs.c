#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "xattrs.h"

static int
by_name(const void *a, const void *b)
{
	const struct ustar_xattr *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static ssize_t
get(int fd, const char *path, const char *name, char *buf, size_t n)
{
	return fd >= 0 ? fgetxattr(fd, name, buf, n) : lgetxattr(path, name, buf, n);
}

static ssize_t
list_names(int fd, const char *path, char *buf, size_t n)
{
	return fd >= 0 ? flistxattr(fd, buf, n) : llistxattr(path, buf, n);
}

/* Ask for the size, then for the bytes; again while it grows in between (ERANGE). */
static char *
read_whole(int fd, const char *path, const char *name, ssize_t *size)
{
	char *buf = NULL;

	do {
		ssize_t n = name ? get(fd, path, name, NULL, 0) : list_names(fd, path, NULL, 0);

		free(buf);
		if (n < 0 || !(buf = malloc(n + 1)))
			return NULL;
		/* A size of 0 would again only ask: what has just become longer is noticed
		 * by the check that the file has not changed. */
		*size = n == 0 ? 0 : name ? get(fd, path, name, buf, n)
					  : list_names(fd, path, buf, n);
	} while (*size < 0 && errno == ERANGE);
	if (*size < 0) {
		free(buf);
		return NULL;
	}
	return buf;
}

ssize_t
xattrs_read(int fd, const char *path, struct ustar_xattr **list)
{
	ssize_t total, count = 0;
	char *names = read_whole(fd, path, NULL, &total);

	*list = NULL;
	if (!names)
		return errno == EOPNOTSUPP ? 0 : -1;
	for (char *p = names; p < names + total; p += strlen(p) + 1) {
		struct ustar_xattr *bigger = realloc(*list, (count + 1) * sizeof **list), *x;
		ssize_t size;

		if (!bigger)
			return -1;
		*list = bigger;
		x = &bigger[count];
		x->value = read_whole(fd, path, p, &size);
		/* Listed, but not there for us: removed meanwhile, or system.nfs4_acl and its
		 * like, which some file systems list and do not give out. */
		if (!x->value && (errno == ENODATA || errno == EOPNOTSUPP))
			continue;
		if (!x->value || !(x->name = strdup(p)))
			return -1;
		x->size = size;
		count++;
	}
	free(names);
	if (count > 0)
		qsort(*list, count, sizeof **list, by_name);
	return count;
}

void
xattrs_free(struct ustar_xattr *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].name);
		free(list[i].value);
	}
	free(list);
}
