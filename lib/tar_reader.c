#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "tar_reader.h"

enum { HEADER_MAX = 16 << 20 };

struct tar_reader {
	struct archive *a;
	tar_source *source;
	void *arg;
	bool opened;
	size_t header; /* bytes that the header at hand has taken */
	bool in_header;
	struct tar_xattr *xattrs;
	size_t xattr_cap;
};

static la_ssize_t
feed(struct archive *a, void *arg, const void **buf)
{
	struct tar_reader *t = arg;
	ssize_t n = t->source(t->arg, buf);

	if (n < 0) {
		archive_set_error(a, EIO, "the stream broke off");
		return ARCHIVE_FATAL;
	}
	/* libarchive takes twelve times the memory of a map of holes, which gzip makes a
	 * thousand times smaller: without a limit, 400 kB take 5 GB. */
	if (t->in_header && t->header > HEADER_MAX) {
		archive_set_error(a, E2BIG, "a header of more than %d MiB", HEADER_MAX >> 20);
		return ARCHIVE_FATAL;
	}
	t->header += t->in_header ? n : 0;
	return n;
}

/* No setlocale(3) anywhere: in the C locale libarchive cannot convert a PAX header's
 * UTF-8 and hands out the bytes as they are.  In a UTF-8 locale it would normalise
 * them (NFC), and two names of the archive could become one. */
struct tar_reader *
tar_open(tar_source *source, void *arg)
{
	struct tar_reader *t = calloc(1, sizeof *t);

	if (!t || !(t->a = archive_read_new()))
		die("out of memory");
	t->source = source;
	t->arg = arg;
	archive_read_support_format_tar(t->a);
	archive_read_support_format_empty(t->a);
	return t;
}

/* Hard link first: such an entry has a file type beside it. */
static enum tar_type
type_of(struct archive_entry *e)
{
	if (archive_entry_hardlink(e))
		return TAR_HARDLINK;
	switch (archive_entry_filetype(e)) {
	case AE_IFDIR:
		return TAR_DIR;
	case AE_IFLNK:
		return TAR_SYMLINK;
	case AE_IFCHR:
		return TAR_CHAR;
	case AE_IFBLK:
		return TAR_BLOCK;
	case AE_IFIFO:
		return TAR_FIFO;
	default:
		return TAR_FILE;
	}
}

static void
collect_xattrs(struct tar_reader *t, struct archive_entry *e, struct tar_entry *entry)
{
	size_t n = archive_entry_xattr_reset(e), i;

	if (n > t->xattr_cap) {
		t->xattrs = reallocarray(t->xattrs, n, sizeof *t->xattrs);
		if (!t->xattrs)
			die("out of memory");
		t->xattr_cap = n;
	}
	for (i = 0; i < n; i++)
		if (archive_entry_xattr_next(e, &t->xattrs[i].name, &t->xattrs[i].value,
					     &t->xattrs[i].size) != ARCHIVE_OK)
			break;
	entry->xattrs = t->xattrs;
	entry->xattr_count = i;
}

/* A fraction moves a time forward from its second, also before 1970; but libarchive
 * reads PAX "-1.5" as second -1 plus half a one. */
static struct timespec
mtime_of(struct archive_entry *e)
{
	struct timespec t = {archive_entry_mtime(e), archive_entry_mtime_nsec(e)};

	if (t.tv_sec < 0 && t.tv_nsec > 0 && t.tv_sec > INT64_MIN) {
		t.tv_sec--;
		t.tv_nsec = 1000000000 - t.tv_nsec;
	}
	return t;
}

static const char *
or_empty(const char *s)
{
	return s ? s : "";
}

/* ARCHIVE_WARN mostly means that a name is not UTF-8, and the entry is fine.  But a PAX
 * header of no form is dropped with nothing more than that, and with it the entry's
 * real name or owner; and of an unknown form of sparse file the map is taken for data. */
static bool
lost_header(struct archive *a)
{
	const char *why = archive_error_string(a);

	if (why && strstr(why, " pax "))
		archive_set_error(a, EILSEQ, "malformed PAX header");
	else if (!why || !strstr(why, " sparse "))
		return false;
	return true;
}

int
tar_next(struct tar_reader *t, struct tar_entry *entry)
{
	struct archive_entry *e;
	int r;

	/* The rest of the data before is no part of the next header. */
	r = t->opened ? archive_read_data_skip(t->a) : archive_read_open(t->a, t, NULL, feed, NULL);
	if (r < ARCHIVE_WARN)
		return -1;
	t->opened = true;
	t->header = 0;
	t->in_header = true;
	r = archive_read_next_header(t->a, &e);
	t->in_header = false;
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK && (r != ARCHIVE_WARN || lost_header(t->a)))
		return -1;
	*entry = (struct tar_entry){
		.type = type_of(e),
		.path = or_empty(archive_entry_pathname(e)),
		.link = or_empty(archive_entry_hardlink(e) ? archive_entry_hardlink(e)
							   : archive_entry_symlink(e)),
		.mode = archive_entry_perm(e),
		.uid = archive_entry_uid(e),
		.gid = archive_entry_gid(e),
		.size = archive_entry_size(e),
		.mtime = mtime_of(e),
		.major = archive_entry_rdevmajor(e),
		.minor = archive_entry_rdevminor(e),
	};
	collect_xattrs(t, e, entry);
	return 1;
}

int
tar_data(struct tar_reader *t, const void **buf, size_t *n, int64_t *offset)
{
	int r = archive_read_data_block(t->a, buf, n, offset);

	if (r == ARCHIVE_EOF)
		return 0;
	return r == ARCHIVE_OK || r == ARCHIVE_WARN ? 1 : -1;
}

const char *
tar_error(const struct tar_reader *t)
{
	const char *s = archive_error_string(t->a);

	return s ? s : "damaged tar";
}

void
tar_close(struct tar_reader *t)
{
	if (!t)
		return;
	archive_read_free(t->a);
	free(t->xattrs);
	free(t);
}
