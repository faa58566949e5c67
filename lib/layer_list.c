#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "entry_name.h"
#include "layer_list.h"

static const char type_letter[] = {
	[TAR_FILE] = '-', [TAR_DIR] = 'd', [TAR_SYMLINK] = 'l', [TAR_HARDLINK] = 'h',
	[TAR_CHAR] = 'c', [TAR_BLOCK] = 'b', [TAR_FIFO] = 'p',
};
static const char *const type_name[] = {
	[TAR_FILE] = "file", [TAR_DIR] = "dir", [TAR_SYMLINK] = "link", [TAR_HARDLINK] = "file",
	[TAR_CHAR] = "char", [TAR_BLOCK] = "block", [TAR_FIFO] = "fifo",
};

static struct entry_name name;

/* A name must forge neither a line nor a terminal's escape sequence. */
static void
put_name(const char *s)
{
	for (; *s; s++) {
		unsigned char c = *s;

		if (c < 0x20 || c == 0x7f || c == '\\')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
}

/* As ls(1): set-user-ID, set-group-ID and sticky share the x columns. */
static void
put_mode(const struct tar_entry *e)
{
	char m[] = "?rwxrwxrwx";
	static const char special[] = "sst";

	m[0] = type_letter[e->type];
	for (int i = 0; i < 9; i++)
		if (!(e->mode & 0400 >> i))
			m[1 + i] = '-';
	for (int i = 0; i < 3; i++)
		if (e->mode & 04000 >> i)
			m[3 + 3 * i] = special[i] - (m[3 + 3 * i] == 'x' ? 0 : 'a' - 'A');
	fputs(m, stdout);
}

static void
put_time(struct timespec t)
{
	struct tm tm;
	char buf[64];

	if (gmtime_r(&t.tv_sec, &tm) && strftime(buf, sizeof buf, "%Y-%m-%d %H:%M:%S", &tm))
		fputs(buf, stdout);
	else
		printf("%lld", (long long)t.tv_sec);
}

static void
put_whiteout(void)
{
	switch (name.kind) {
	case ENTRY_WHITEOUT:
		fputs("whiteout: hides ", stdout);
		if (name.parent_len > 0) {
			name.path[name.parent_len] = '\0';
			put_name(name.path);
			putchar('/');
		}
		put_name(name.name);
		break;
	case ENTRY_OPAQUE:
		name.path[name.parent_len] = '\0';
		fputs("opaque: hides all that lower layers have in ", stdout);
		put_name(*name.path ? name.path : "/");
		break;
	case ENTRY_SKIP:
		fputs("skipped: AUFS' own ", stdout);
		put_name(name.path);
		break;
	default:
		fputs("refused: ", stdout);
		put_name(name.path);
	}
	putchar('\n');
}

void
layer_list_entry(const struct tar_entry *e)
{
	entry_name_parse(&name, e->path);
	if (name.kind != ENTRY_PLAIN && name.kind != ENTRY_ROOT) {
		put_whiteout();
		return;
	}
	put_mode(e);
	printf(" %" PRId64 "/%" PRId64 " ", e->uid, e->gid);
	if (e->type == TAR_CHAR || e->type == TAR_BLOCK)
		printf("%u,%u ", e->major, e->minor);
	else
		printf("%" PRId64 " ", e->size);
	put_time(e->mtime);
	putchar(' ');
	put_name(*name.path ? name.path : ".");
	if (e->type == TAR_SYMLINK || e->type == TAR_HARDLINK) {
		fputs(e->type == TAR_SYMLINK ? " -> " : " link to ", stdout);
		put_name(e->link);
	}
	putchar('\n');
}

void
layer_mtree_begin(void)
{
	puts("#mtree");
}

/* vis(3) as mtree(5) wants it: what is not a plain character as three octal digits. */
static void
put_vis(const char *s)
{
	for (; *s; s++) {
		unsigned char c = *s;

		if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#')
			printf("\\%03o", c);
		else
			putchar(c);
	}
}

static int
put_digest(struct tar_reader *tar, const struct tar_entry *e)
{
	static const char zeros[4096];
	struct digest *d = digest_new("sha256:");
	char out[DIGEST_MAX];
	const void *buf;
	int64_t at, end = 0;
	size_t n;
	int r;

	while ((r = tar_data(tar, &buf, &n, &at)) > 0) {
		for (; end < at; end += at - end < 4096 ? at - end : 4096)
			digest_add(d, zeros, at - end < 4096 ? at - end : 4096);
		digest_add(d, buf, n);
		end = at + n;
	}
	for (; end < e->size; end += e->size - end < 4096 ? e->size - end : 4096)
		digest_add(d, zeros, e->size - end < 4096 ? e->size - end : 4096);
	printf(" size=%" PRId64 " sha256digest=%s", e->size, digest_hex(digest_text(d, out)));
	digest_free(d);
	return r;
}

int
layer_mtree_entry(struct tar_reader *tar, const struct tar_entry *e)
{
	int r = 0;

	entry_name_parse(&name, e->path);
	fputs("./", stdout);
	put_vis(name.path);
	printf(" type=%s", type_name[e->type]);
	if (e->type != TAR_HARDLINK)
		printf(" mode=%04o uid=%" PRId64 " gid=%" PRId64 " time=%lld.%09ld",
		       (unsigned)e->mode, e->uid, e->gid, (long long)e->mtime.tv_sec,
		       e->mtime.tv_nsec);
	if (e->type == TAR_CHAR || e->type == TAR_BLOCK)
		printf(" device=native,%u,%u", e->major, e->minor);
	if (e->type == TAR_SYMLINK || e->type == TAR_HARDLINK) {
		fputs(e->type == TAR_SYMLINK ? " link=" : " hardlink=", stdout);
		put_vis(e->link);
	}
	if (e->type == TAR_FILE)
		r = put_digest(tar, e);
	putchar('\n');
	return r;
}
