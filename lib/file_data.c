#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "file_data.h"

enum { PAGE = 4096, CHUNK = 1 << 20 };

static char chunk[CHUNK];

static void
read_at(int fd, void *buf, size_t n, off_t offset, const char *name)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(fd, (char *)buf + got, n - got, offset + got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			die_errno("read %s", name);
		if (r == 0)
			die("%s changed while it was read: it has become shorter", name);
		got += r;
	}
}

void
file_data_copy(int fd, off_t offset, off_t length, const char *name,
	       const struct ustar_sink *to)
{
	while (length > 0) {
		size_t n = length < CHUNK ? length : CHUNK;

		read_at(fd, chunk, n, offset, name);
		to->put(to->arg, chunk, n);
		offset += n;
		length -= n;
	}
}

static bool
is_zero(const char *p, size_t n)
{
	return *p == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static void
add_page(struct ustar_extent **list, size_t *count, off_t offset, size_t n)
{
	struct ustar_extent *last = *count ? &(*list)[*count - 1] : NULL;

	if (last && last->offset + last->length == offset) {
		last->length += n;
		return;
	}
	/* Grow at powers of two. */
	if ((*count & (*count + 1)) == 0) {
		*list = realloc(*list, 2 * (*count + 1) * sizeof **list);
		if (!*list)
			die("out of memory");
	}
	(*list)[(*count)++] = (struct ustar_extent){offset, n};
}

/* The kernel's holes only save reading: which pages count as one is decided by their
 * content, since the same file has other holes on another file system, and an unwritten
 * extent turns from hole to data once it has been read into the page cache. */
static void
scan(int fd, off_t from, off_t to, const char *name, struct ustar_extent **list, size_t *count)
{
	for (off_t at = from; at < to; at += CHUNK) {
		size_t n = to - at < CHUNK ? to - at : CHUNK;

		read_at(fd, chunk, n, at, name);
		for (size_t i = 0; i < n; i += PAGE) {
			size_t part = n - i < PAGE ? n - i : PAGE;

			if (!is_zero(chunk + i, part))
				add_page(list, count, at + i, part);
		}
	}
}

bool
file_data_extents(int fd, const struct stat *st, const char *name,
		  struct ustar_extent **list, size_t *count)
{
	off_t data = 0, hole, kept = 0;

	*list = NULL;
	*count = 0;
	/* Fewer blocks than bytes: holes (or compression, which the scan tells apart). */
	if (st->st_size < PAGE || st->st_blocks * 512 >= st->st_size)
		return false;
	while (data < st->st_size && (data = lseek(fd, data, SEEK_DATA)) >= 0) {
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0)
			break;
		data -= data % PAGE;
		hole = (hole + PAGE - 1) / PAGE * PAGE;
		if (hole > st->st_size)
			hole = st->st_size;
		scan(fd, data, hole, name, list, count);
		data = hole;
	}
	/* ENXIO: only a hole is left. */
	if (data < 0 && errno != ENXIO)
		die_errno("seek in %s", name);
	for (size_t i = 0; i < *count; i++)
		kept += (*list)[i].length;
	if (kept == st->st_size) {
		free(*list);
		return false;
	}
	/* A file that ends in a hole is told its size by an empty extent there. */
	if (*count == 0 || (*list)[*count - 1].offset + (*list)[*count - 1].length < st->st_size)
		add_page(list, count, st->st_size, 0);
	return true;
}
