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
#include "layer_apply.h"
#include "layer_batch.h"
#include "layer_note.h"
#include "layer_script.h"
#include "step.h"
#include "undo.h"
#include "unpack_dest.h"

static const char help[] =
"Usage: layer-unpack [-O] [-D DIGEST] [-I DIFF_ID] [-l LOWER]... DIR < LAYER\n"
"       layer-unpack -C LAYERS [-j N] < LIST\n"
"       layer-unpack -t [--mtree] < LAYER\n"
"Unpack a layer (gzip, zstd, xz, bzip2 or plain tar) and print its diff_id.\n"
"\n"
"  -O, --overlay         DIR is new, appears when complete, is an overlayfs lower\n"
"                        (default: apply to DIR as it is, executing whiteouts)\n"
"  -D, --digest DIGEST   fail (6) unless the bytes read have this digest\n"
"  -I, --diff-id DIGEST  fail (6) unless the uncompressed tar has this digest\n"
"  -l, --lower LOWER     with -O: lower layer, base first, for links and parents\n"
"  -C, --layers LAYERS   each line is DIGEST<TAB>PATH: PATH to LAYERS/HEX, as -O\n"
"  -j, --jobs N          with -C: so many at once; default 4\n"
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

static struct layer_apply layer = {
	.max_bytes = 64ULL << 30,
	.unpack = {.keep_owner = true, .max_entries = 5000000, .max_depth = 4096},
};
static const char *layers; /* -C */
static unsigned jobs = 4;

static void
unpack_new(struct layer_apply *new, const char *dir, char diff_id[DIGEST_MAX])
{
	new->unpack.root = dest_begin(dir);
	layer_apply(new, diff_id);
	dest_publish();
}

/* In a worker that may have done others before; the layer is standard input. */
static void
unpack_listed(const char *digest)
{
	struct layer_apply one = layer;
	char *dir = text("%s/%s", layers, digest_hex(digest)), diff_id[DIGEST_MAX];
	enum layer_state state = layer_note_lock(dir);

	one.digest = digest;
	if (state == LAYER_MISSING) {
		layer_script(sh(dir), true, digest, NULL);
		unpack_new(&one, dir, diff_id);
	} else if (state == LAYER_UNNAMED) {
		one.aim = LAYER_COUNT;
		layer_apply(&one, diff_id);
	} else {
		layer_note_read(diff_id);
	}
	if (state != LAYER_DONE)
		layer_note_write(diff_id);
	layer_note_unlock();
	printf("%s\t%s\n", diff_id, dir);
	if (fflush(stdout) != 0)
		die_errno("write standard output");
	free(dir);
}

static void
unpack_one(const char *dir)
{
	char diff_id[DIGEST_MAX];

	if (layer.unpack.overlay) {
		unpack_new(&layer, dir, diff_id);
	} else {
		layer.unpack.root = dest_open(dir, &layer.unpack.all_own);
		layer_apply(&layer, diff_id);
	}
	puts(diff_id);
	close_stdout();
	undo_forget();
}

static void
list_one(void)
{
	char diff_id[DIGEST_MAX];

	layer_apply(&layer, diff_id);
	close_stdout();
}

enum { OPT_MTREE = 256, OPT_MAX_BYTES, OPT_MAX_ENTRIES, OPT_MAX_DEPTH, OPT_NO_OWNER };

static const struct option longopts[] = {
	CLI_LONG,
	{"diff-id", required_argument, NULL, 'I'},
	{"digest", required_argument, NULL, 'D'},
	{"jobs", required_argument, NULL, 'j'},
	{"layers", required_argument, NULL, 'C'},
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

static unsigned
jobs_operand(const char *text)
{
	uint64_t n = amount(text, "-j");

	if (n < 1 || n > 64)
		usage("-j: from 1 to 64, not %s", text);
	return n;
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

/* What goes with what. */
static void
check_options(int operands)
{
	bool list = layer.aim != LAYER_UNPACK;

	if (list && layer.unpack.overlay)
		usage("-t takes no -O");
	if (layers && (list || layer.digest || layer.diff_id || layer.unpack.lower_count))
		usage("-C takes no -t, -D, -I and -l");
	if (operands != !(list || layers))
		usage(list ? "-t takes no DIR" : layers ? "-C takes no other DIR"
							: "exactly one DIR is needed");
	if (layer.unpack.lower_count && !layer.unpack.overlay)
		usage("-l goes with -O");
	layer.unpack.overlay |= layers != NULL;
}

static void
options(int argc, char **argv)
{
	struct unpack *u = &layer.unpack;
	int c;

	u->lower = calloc(argc, sizeof *u->lower);
	while ((c = getopt_long(argc, argv, "+" CLI_SHORT "C:D:I:Oj:l:t", longopts, NULL)) != -1) {
		switch (c) {
		case 'C': layers = optarg; break;
		case 'D': layer.digest = digest_operand(optarg); break;
		case 'I': layer.diff_id = digest_operand(optarg); break;
		case 'O': u->overlay = true; break;
		case 'j': jobs = jobs_operand(optarg); break;
		case 'l': u->lower[u->lower_count++] = lower_operand(optarg); break;
		case 't': layer.aim = layer.aim == LAYER_MTREE ? LAYER_MTREE : LAYER_LIST; break;
		case OPT_MTREE: layer.aim = LAYER_MTREE; break;
		case OPT_MAX_BYTES: layer.max_bytes = amount(optarg, "--max-bytes"); break;
		case OPT_MAX_ENTRIES: u->max_entries = amount(optarg, "--max-entries"); break;
		case OPT_MAX_DEPTH: u->max_depth = amount(optarg, "--max-depth"); break;
		case OPT_NO_OWNER: u->keep_owner = false; break;
		default: cli_common(c, help);
		}
	}
	cli_late_option(argv + optind);
	check_options(argc - optind);
}

int
main(int argc, char **argv)
{
	bool no_stdin = fcntl(STDIN_FILENO, F_GETFD) < 0, list;

	cli_start(argv);
	options(argc, argv);
	list = layer.aim != LAYER_UNPACK;
	if (list && !step(STEP_CLOSE, "tar -t -v"))
		return 0;
	if (!list && !layers &&
	    !layer_script(sh(argv[optind]), layer.unpack.overlay, layer.digest, layer.diff_id))
		return 0;
	if (layers && step_dry) {
		layer_list_script(sh(layers));
		return 0;
	}
	if (no_stdin)
		die("read layer: standard input is closed");
	if (isatty(STDIN_FILENO))
		usage("the layer is read from standard input, which is a terminal");
	if (layers)
		return layer_batch(jobs, unpack_listed);
	if (list)
		list_one();
	else
		unpack_one(argv[optind]);
	return 0;
}
