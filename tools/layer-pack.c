/* SPDX-License-Identifier: ISC */
/* layer-pack: an overlay upper directory becomes an image layer on standard output.
 *
 * 1. Walk DIR in byte order of the names, by directory descriptors: openat(2),
 *    fdopendir(3), fstatat(2).
 * 2. Say in the layer's terms what overlayfs says in its own: a character device 0:0 is
 *    the file .wh.NAME, an opaque directory holds .wh..wh..opq; drop overlayfs's other
 *    marks, and refuse those that point into lower layers; image-spec layer.md.
 * 3. Write each entry as ustar with pax records: attributes by listxattr(2), holes by
 *    lseek(2) SEEK_DATA.  Fail when a file changes while it is read.
 * 4. Compress, and take the digest of both streams on the way.
 *
 * By hand: tar --sort=name --format=pax --xattrs -C DIR -c . | gzip -n >LAYER
 * (which keeps whiteouts as devices, and so is no layer).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "die.h"
#include "io.h"
#include "layer_out.h"
#include "pack_command.h"
#include "pack_entry.h"
#include "step.h"
#include "ustar.h"

static const char help[] =
	"Usage: layer-pack [-z gzip|zstd|none] [-J FILE] DIR >LAYER\n"
	"Turn an overlay upper directory, or any directory, into an image layer.\n"
	"\n"
	"  -J, --json FILE       write mediaType, digest, size and diff_id to FILE\n"
	"  -z, --compress KIND   gzip (default), zstd or none\n"
	"  -n, --dry-run  -x, --explain  -q, --quiet  -h, --help  -V, --version\n"
	"\n"
	"The same directory gives the same bytes.  SOURCE_DATE_EPOCH, in seconds, is the\n"
	"latest modification time that a layer may show.\n"
	"\n"
	"Examples:\n"
	"  layer-pack upper >layer.tar.gz\n"
	"  layer-pack -z none upper | tar -tv\n";

static const struct option longopts[] = {
	CLI_LONG,
	{"compress", required_argument, NULL, 'z'},
	{"json", required_argument, NULL, 'J'},
	{NULL, 0, NULL, 0},
};

enum { WHITEOUT_PREFIX = 4 }; /* strlen(".wh.") */

/* A directory entry, with the name it sorts by: its name in the archive. */
struct item {
	char *name, *key;
	struct stat st;
	bool whiteout;
};

static struct pack pack = {.latest = -1};

static int
by_key(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static struct item *
list_items(const struct pack_place *at, size_t *count)
{
	DIR *dir = fdopendir(dup(at->fd));
	struct item *items = NULL;
	struct dirent *d;

	*count = 0;
	if (!dir)
		die_errno("list %s", at->path);
	while (errno = 0, (d = readdir(dir))) {
		struct item i = {.name = d->d_name};

		if (strcmp(i.name, ".") == 0 || strcmp(i.name, "..") == 0)
			continue;
		if (strncmp(i.name, ".wh.", WHITEOUT_PREFIX) == 0)
			die("%s%s: a layer would take this name for a whiteout", at->path, i.name);
		if (fstatat(at->fd, i.name, &i.st, AT_SYMLINK_NOFOLLOW) < 0)
			die_errno("stat %s%s", at->path, i.name);
		i.name = text("%s", d->d_name);
		i.whiteout = pack_is_whiteout(at, i.name, &i.st);
		i.key = text("%s%s%s", i.whiteout ? ".wh." : "", i.name,
			     S_ISDIR(i.st.st_mode) ? "/" : "");
		items = realloc(items, (*count + 1) * sizeof *items);
		if (!items)
			die("out of memory");
		items[(*count)++] = i;
	}
	if (errno)
		die_errno("list %s", at->path);
	closedir(dir);
	if (items)
		qsort(items, *count, sizeof *items, by_key);
	return items;
}

static void put_tree(const struct pack_place *at, const struct stat *st);

static void
put_item(const struct pack_place *at, const struct item *item)
{
	char *path = text("%s%s", at->path, item->key);
	struct pack_place below = {.path = path};

	if (item->whiteout) {
		pack_marker(&pack, at, item->key);
	} else if (S_ISDIR(item->st.st_mode)) {
		below.fd = pack_open(at->fd, item->name, O_DIRECTORY, path);
		pack_check(below.fd, &item->st, path);
		put_tree(&below, &item->st);
		close(below.fd);
	} else {
		pack_other(&pack, at, item->name, &item->st);
	}
	free(path);
}

/* A directory, then everything in it. */
static void
put_tree(const struct pack_place *at, const struct stat *st)
{
	struct item *items;
	size_t count;

	if (pack_dir(&pack, at, st))
		pack_marker(&pack, at, ".wh..wh..opq");
	items = list_items(at, &count);
	for (size_t i = 0; i < count; i++) {
		put_item(at, &items[i]);
		free(items[i].name);
		free(items[i].key);
	}
	free(items);
	pack_check(at->fd, st, at->path);
}

/* Every level of the walk holds one descriptor. */
static void
allow_depth(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
}

static time_t
epoch_from_environment(void)
{
	const char *s = getenv("SOURCE_DATE_EPOCH");
	char *end;
	long long t;

	if (!s || !*s)
		return -1;
	errno = 0;
	t = strtoll(s, &end, 10);
	if (errno || *end || t < 0)
		usage("SOURCE_DATE_EPOCH: not a number of seconds: %s", s);
	return t;
}

static enum deflate_format
format_named(const char *name)
{
	if (strcmp(name, "gzip") == 0)
		return DEFLATE_GZIP;
	if (strcmp(name, "zstd") == 0)
		return DEFLATE_ZSTD;
	if (strcmp(name, "none") == 0)
		return DEFLATE_NONE;
	usage("-z: %s is none of gzip, zstd, none", name);
}

/* To a neighbour first: FILE is never seen half written.  What is no plain file
 * (/dev/stderr, /dev/fd/3, any link) is written as it is. */
static void
write_json(const char *file, const struct layer_descriptor *d)
{
	char *json = text("{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%llu,\"diff_id\":\"%s\"}\n",
			  d->media_type, d->digest, d->size, d->diff_id);
	struct stat st;
	bool direct = lstat(file, &st) == 0 && !S_ISREG(st.st_mode);
	char *part = direct ? text("%s", file) : text("%s.part", file);
	int fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC | (direct ? 0 : O_TRUNC), 0666);

	if (fd < 0 || write_all(fd, json, strlen(json)) < 0 || close(fd) < 0 ||
	    (!direct && rename(part, file) < 0))
		die_errno("write %s", file);
}

int
main(int argc, char **argv)
{
	enum deflate_format format = DEFLATE_GZIP;
	struct layer_descriptor d;
	struct pack_place top = {.path = ""};
	const char *json = NULL, *dir;
	struct stat st;
	int opt;

	cli_start(argv);
	while ((opt = getopt_long(argc, argv, "+" CLI_SHORT "J:z:", longopts, NULL)) != -1) {
		switch (opt) {
		case 'J': json = optarg; break;
		case 'z': format = format_named(optarg); break;
		default: cli_common(opt, help);
		}
	}
	cli_late_option(argv + optind);
	if (argc - optind != 1 || !*argv[optind])
		usage("one DIR is wanted");
	dir = argv[optind];
	pack.latest = epoch_from_environment();
	if (!step(STEP_CLOSE, "%s", pack_command(dir, format, pack.latest, json, step_dry)))
		return 0;
	if (isatty(STDOUT_FILENO))
		usage("a layer is no text: redirect standard output");

	allow_depth();
	top.fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top.fd < 0 || fstat(top.fd, &st) < 0)
		die_errno("open %s", dir);
	pack.out = layer_out_start(format);
	put_tree(&top, &st);
	ustar_end(&pack.out);
	layer_out_end(&d);
	if (json)
		write_json(json, &d);
	return 0;
}
