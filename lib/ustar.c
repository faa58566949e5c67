#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "step.h"
#include "ustar.h"

enum { BLOCK = 512 };

/* pax(1), "ustar Interchange Format".  Numbers are octal text. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], chksum[8];
	char typeflag, linkname[100], magic[6], version[2], uname[32], gname[32];
	char devmajor[8], devminor[8], prefix[155], pad[12];
};

/* The records of one type-x entry while they are collected. */
struct records {
	char *data;
	size_t n, cap;
};

static const char zeros[2 * BLOCK];

static void
append(struct records *r, const void *data, size_t n)
{
	if (r->n + n > r->cap) {
		r->cap = 2 * (r->n + n) + BLOCK;
		r->data = realloc(r->data, r->cap);
		if (!r->data)
			die("out of memory");
	}
	memcpy(r->data + r->n, data, n);
	r->n += n;
}

static size_t
digits(size_t n)
{
	return snprintf(NULL, 0, "%zu", n);
}

/* "LENGTH KEY=VALUE\n": the length counts its own digits, so it is found by trying. */
static void
record(struct records *r, const char *key, const void *value, size_t n)
{
	size_t bare = strlen(key) + n + 3, length = bare + digits(bare);
	char head[32];

	length = bare + digits(length);
	append(r, head, snprintf(head, sizeof head, "%zu ", length));
	append(r, key, strlen(key));
	append(r, "=", 1);
	append(r, value, n);
	append(r, "\n", 1);
}

static void __attribute__((format(printf, 3, 4)))
record_text(struct records *r, const char *key, const char *fmt, ...)
{
	char value[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof value, fmt, ap);
	va_end(ap);
	record(r, key, value, strlen(value));
}

/* Octal digits and NUL fill the field.  What does not fit is left 0 and false: then a
 * pax record has it, which every reader prefers. */
static bool
octal(char *field, size_t size, uint64_t value)
{
	bool fits = value < (uint64_t)1 << (3 * (size - 1));

	snprintf(field, size, "%0*llo", (int)size - 1, fits ? (unsigned long long)value : 0);
	return fits;
}

/* The checksum is the sum of all header bytes, its own field counted as blanks. */
static void
seal(struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->chksum, ' ', sizeof h->chksum);
	for (size_t i = 0; i < sizeof *h; i++)
		sum += p[i];
	snprintf(h->chksum, sizeof h->chksum, "%06o", sum);
}

static void
put_number(struct records *r, char *field, size_t size, const char *key, uint64_t value)
{
	if (!octal(field, size, value))
		record_text(r, key, "%llu", (unsigned long long)value);
}

/* timespec counts nanoseconds forward even before 1970: -0.5 s is {-1, 500000000};
 * pax wants the decimal number. */
static void
put_mtime(struct records *r, struct header *h, struct timespec t)
{
	bool negative = t.tv_sec < 0;
	long long sec = t.tv_sec;
	long nsec = t.tv_nsec;

	if (octal(h->mtime, sizeof h->mtime, negative ? 0 : sec) && !negative && nsec == 0)
		return;
	if (negative && nsec > 0) {
		sec++;
		nsec = 1000000000 - nsec;
	}
	if (nsec == 0)
		record_text(r, "mtime", "%lld", sec);
	else
		record_text(r, "mtime", "%s%lld.%09ld", negative ? "-" : "",
			    sec < 0 ? -sec : sec, nsec);
}

/* Names of up to 100 bytes need no NUL in the field; ustar's prefix field is left
 * alone, because old readers disagree about where it splits. */
static void
put_name(struct records *r, char *field, const char *key, const char *name)
{
	size_t n = strlen(name);

	memcpy(field, name, n < 100 ? n : 100);
	if (n > 100)
		record(r, key, name, n);
}

static bool
is_utf8(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p) {
		int more = *p < 0x80 ? 0 : *p >= 0xc2 && *p < 0xe0 ? 1 : (*p & 0xf0) == 0xe0 ? 2 :
			   *p >= 0xf0 && *p < 0xf5 ? 3 : -1;

		if (more < 0)
			return false;
		for (p++; more > 0; more--)
			if ((*p++ & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static bool
needs_binary(const char *name)
{
	return name && strlen(name) > 100 && !is_utf8(name);
}

/* GNU tar's sparse format 1.0: the data begin with a map, "COUNT\n" and then
 * "OFFSET\nLENGTH\n" per extent, padded to a block; size counts map and extents, the
 * true size and name are records; tar manual, "Storing Sparse Files". */
static char *
sparse_map(const struct ustar_entry *e, size_t *n, off_t *stored)
{
	char *map = calloc(e->extent_count + 2, 48), *p = map;

	if (!map)
		die("out of memory");
	*stored = 0;
	p += sprintf(p, "%zu\n", e->extent_count);
	for (size_t i = 0; i < e->extent_count; i++) {
		p += sprintf(p, "%lld\n%lld\n", (long long)e->extents[i].offset,
			     (long long)e->extents[i].length);
		*stored += e->extents[i].length;
	}
	*n = (p - map + BLOCK - 1) / BLOCK * BLOCK;
	map = realloc(map, *n + BLOCK);
	if (!map)
		die("out of memory");
	memset(map + strlen(map), 0, *n - strlen(map));
	*stored += *n;
	return map;
}

static void
put_path(struct records *r, struct header *h, const struct ustar_entry *e)
{
	if (!e->extents) {
		put_name(r, h->name, "path", e->path);
		return;
	}
	record_text(r, "GNU.sparse.major", "1");
	record_text(r, "GNU.sparse.minor", "0");
	record(r, "GNU.sparse.name", e->path, strlen(e->path));
	record_text(r, "GNU.sparse.realsize", "%lld", (long long)e->size);
	/* What a reader without sparse support would extract. */
	snprintf(h->name, sizeof h->name, "GNUSparseFile.0/%.80s", e->path);
}

static void
put_records(const struct ustar_sink *to, const struct records *r)
{
	struct header h = {.name = "PaxHeaders/entry", .typeflag = 'x', .magic = "ustar",
			  .version = {'0', '0'}};

	octal(h.mode, sizeof h.mode, 0644);
	octal(h.uid, sizeof h.uid, 0);
	octal(h.gid, sizeof h.gid, 0);
	octal(h.size, sizeof h.size, r->n);
	octal(h.mtime, sizeof h.mtime, 0);
	seal(&h);
	to->put(to->arg, &h, sizeof h);
	to->put(to->arg, r->data, r->n);
	ustar_pad(to, r->n);
}

void
ustar_header(const struct ustar_sink *to, const struct ustar_entry *e)
{
	struct header h = {.typeflag = e->type, .magic = "ustar", .version = {'0', '0'}};
	struct records r = {0};
	off_t stored = e->size;
	size_t map_size = 0;
	char *map = e->extents ? sparse_map(e, &map_size, &stored) : NULL;

	/* POSIX says that record values are UTF-8; where a name in one is not, say so. */
	if (needs_binary(e->path) || needs_binary(e->link))
		record_text(&r, "hdrcharset", "BINARY");
	put_path(&r, &h, e);
	if (e->link)
		put_name(&r, h.linkname, "linkpath", e->link);
	octal(h.mode, sizeof h.mode, e->mode & 07777);
	put_number(&r, h.uid, sizeof h.uid, "uid", e->uid);
	put_number(&r, h.gid, sizeof h.gid, "gid", e->gid);
	put_number(&r, h.size, sizeof h.size, "size", stored);
	put_mtime(&r, &h, e->mtime);
	octal(h.devmajor, sizeof h.devmajor, e->major);
	octal(h.devminor, sizeof h.devminor, e->minor);
	for (size_t i = 0; i < e->xattr_count; i++) {
		char *key = text("SCHILY.xattr.%s", e->xattrs[i].name);

		record(&r, key, e->xattrs[i].value, e->xattrs[i].size);
		free(key);
	}
	if (r.n > 0)
		put_records(to, &r);
	seal(&h);
	to->put(to->arg, &h, sizeof h);
	if (map)
		to->put(to->arg, map, map_size);
	free(map);
	free(r.data);
}

void
ustar_pad(const struct ustar_sink *to, off_t n)
{
	size_t over = n % BLOCK;

	if (over)
		to->put(to->arg, zeros, BLOCK - over);
}

void
ustar_end(const struct ustar_sink *to)
{
	to->put(to->arg, zeros, sizeof zeros);
}
