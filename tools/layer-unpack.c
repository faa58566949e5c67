/* SPDX-License-Identifier: ISC */
/* layer-unpack: unpack a layer, verified to its last byte.
 *
 * 1. Read standard input in a thread of its own: hash what comes, inflate it; hash the
 *    tar in another (layer_stream.h; digest and diff_id of the image spec).
 * 2. Make the directory: DIR itself, or with -O one beside it.  mkdirat(2)
 * 3. For each entry of the tar: find its parent inside the directory, openat2(2) with
 *    RESOLVE_IN_ROOT; make it there, or execute it where it is a whiteout (unpack.h).
 * 4. Make the links that came before their targets; give directories owner, mode, times.
 * 5. Read on to the stream's end, compare the digests with what was promised.
 * 6. With -O give the directory its name, renameat2(2); print the diff_id.
 *
 * By hand:  tar -x -p --xattrs --xattrs-include='*' --numeric-owner -C DIR < LAYER
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "amount.h"
#include "cli.h"
#include "die.h"
#include "io.h"
#include "layer_list.h"
#include "layer_script.h"
#include "layer_stream.h"
#include "step.h"
#include "stop.h"
#include "tar_reader.h"
#include "undo.h"
#include "unpack.h"
#include "unpack_dest.h"

static const char help[] =
"Usage: layer-unpack [-O] [-D DIGEST] [-I DIFF_ID] [-l LOWER]... DIR < LAYER\n"
"       layer-unpack -t [--mtree] < LAYER\n"
"Unpack a layer (gzip, zstd, xz, bzip2 or plain tar) and print its diff_id.\n"
"\n"
"  -O, --overlay         DIR is new, appears when complete, is an overlayfs lower\n"
"                        (default: apply to DIR as it is, executing whiteouts)\n"
"  -D, --digest DIGEST   fail (6) unless the bytes read have this digest\n"
"  -I, --diff-id DIGEST  fail (6) unless the uncompressed tar has this digest\n"
"  -l, --lower LOWER     with -O: lower layer, base first, for links and parents\n"
"  -t, --list            list the entries instead, whiteouts explained\n"
"      --mtree           list as mtree(5), with digests\n"
"      --max-bytes N     limit of input and of tar, K M G T; default 64G, 0 none\n"
"      --max-entries N   limit of entries; default 5000000, 0 none\n"
"      --max-depth N     limit of directories in a name; default 4096, 0 none\n"
"      --no-same-owner   everything belongs to the caller\n"
"  -n, --dry-run  -x, --explain  -q, --quiet  -h, --help  -V, --version\n"
"\n"
"  reg-blob alpine $DIGEST | layer-unpack -D $DIGEST rootfs\n"
"  layer-unpack -O layers/1 < layer.tar.gz\n";

static struct {
	const char *digest, *diff_id;
	bool list, mtree;
	uint64_t max_bytes;
} opt = {.max_bytes = 64ULL << 30};

static struct unpack u = {.keep_owner = true, .max_entries = 5000000, .max_depth = 4096};
static struct layer_stream *stream;
static struct tar_reader *tar;

static void
stop_stream(void)
{
	layer_stream_stop(stream);
}

static void
start_stream(void)
{
	stop_block(); /* in the stream's thread too */
	stream = layer_stream_start(STDIN_FILENO, opt.digest, opt.diff_id ? opt.diff_id : "sha256:",
				    opt.max_bytes);
	stop_watch(stop_stream);
}

static void
verify(const char *why)
{
	char is[DIGEST_MAX];

	if (opt.digest && strcmp(layer_stream_digest(stream, is), opt.digest) != 0)
		die_with(EXIT_MISMATCH, "verify layer: digest is %s, not %s%s", is, opt.digest, why);
	if (opt.diff_id && strcmp(layer_stream_diff_id(stream, is), opt.diff_id) != 0)
		die_with(EXIT_MISMATCH, "verify layer: diff_id is %s, not %s%s", is, opt.diff_id, why);
}

/* The stream is no layer.  With a promise at hand, say whether it is what was promised:
 * that needs all of it. */
static _Noreturn void
broken(void)
{
	const char *error = layer_stream_error(stream);
	char *why = text("%s", error ? error : tar_error(tar));

	stop_check();
	if (opt.digest || opt.diff_id) {
		layer_stream_drain(stream);
		stop_check();
		verify(text(" (%s)", why));
	}
	die("read layer: %s", why);
}

static void
one_entry(struct tar_entry *entry)
{
	if (!opt.list)
		unpack_entry(&u, entry);
	else if (!opt.mtree)
		layer_list_entry(entry);
	else if (layer_mtree_entry(tar, entry) < 0)
		broken();
}

static void
read_entries(void)
{
	struct tar_entry entry;
	int r;

	tar = tar_open(layer_stream_next, stream);
	if (opt.mtree)
		layer_mtree_begin();
	if (!opt.list)
		unpack_start(&u, tar);
	while ((r = tar_next(tar, &entry)) > 0) {
		stop_check();
		one_entry(&entry);
	}
	if (r < 0)
		broken();
	if (!opt.list)
		unpack_finish(&u);
	layer_stream_drain(stream);
	stop_check();
	if (layer_stream_error(stream))
		broken();
	verify("");
}

enum { OPT_MTREE = 256, OPT_MAX_BYTES, OPT_MAX_ENTRIES, OPT_MAX_DEPTH, OPT_NO_OWNER };

static const struct option longopts[] = {
	CLI_LONG,
	{"diff-id", required_argument, NULL, 'I'},
	{"digest", required_argument, NULL, 'D'},
	{"list", no_argument, NULL, 't'},
	{"lower", required_argument, NULL, 'l'},
	{"max-bytes", required_argument, NULL, OPT_MAX_BYTES},
	{"max-depth", required_argument, NULL, OPT_MAX_DEPTH},
	{"max-entries", required_argument, NULL, OPT_MAX_ENTRIES},
	{"mtree", no_argument, NULL, OPT_MTREE},
	{"no-same-owner", no_argument, NULL, OPT_NO_OWNER},
	{"overlay", no_argument, NULL, 'O'},
	{NULL, 0, NULL, 0},
};

static const char *
digest_operand(const char *text)
{
	if (!digest_valid(text))
		usage("not a digest: %s", text);
	return text;
}

/* Opened at once: the tool changes its working directory later. */
static int
lower_operand(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die_errno("open lower layer %s", path);
	return fd;
}

static void
options(int argc, char **argv)
{
	int c;

	u.lower = calloc(argc, sizeof *u.lower);
	while ((c = getopt_long(argc, argv, "+" CLI_SHORT "D:I:Ol:t", longopts, NULL)) != -1) {
		switch (c) {
		case 'D': opt.digest = digest_operand(optarg); break;
		case 'I': opt.diff_id = digest_operand(optarg); break;
		case 'O': u.overlay = true; break;
		case 'l': u.lower[u.lower_count++] = lower_operand(optarg); break;
		case 't': opt.list = true; break;
		case OPT_MTREE: opt.list = opt.mtree = true; break;
		case OPT_MAX_BYTES: opt.max_bytes = amount(optarg, "--max-bytes"); break;
		case OPT_MAX_ENTRIES: u.max_entries = amount(optarg, "--max-entries"); break;
		case OPT_MAX_DEPTH: u.max_depth = amount(optarg, "--max-depth"); break;
		case OPT_NO_OWNER: u.keep_owner = false; break;
		default: cli_common(c, help);
		}
	}
	cli_late_option(argv + optind);
	if (argc - optind != !opt.list)
		usage(opt.list ? "-t takes no DIR" : "exactly one DIR is needed");
	if (opt.list && u.overlay)
		usage("-t takes no -O");
	if (u.lower_count && !u.overlay)
		usage("-l goes with -O");
}

int
main(int argc, char **argv)
{
	bool no_stdin = fcntl(STDIN_FILENO, F_GETFD) < 0;
	char diff_id[DIGEST_MAX];

	cli_start(argv);
	options(argc, argv);
	if (!opt.list && !layer_script(argv[optind], u.overlay, opt.digest, opt.diff_id))
		return 0;
	if (opt.list && !step(STEP_CLOSE, "tar -t -v"))
		return 0;
	if (no_stdin)
		die("read layer: standard input is closed");
	if (isatty(STDIN_FILENO))
		usage("the layer is read from standard input, which is a terminal");

	u.broken = broken;
	if (u.overlay)
		u.root = dest_begin(argv[optind]);
	else if (!opt.list)
		u.root = dest_open(argv[optind], &u.all_own);
	start_stream();
	read_entries();
	if (u.overlay)
		dest_publish();
	if (!opt.list)
		puts(layer_stream_diff_id(stream, diff_id));
	close_stdout();
	undo_forget();
	return 0;
}
