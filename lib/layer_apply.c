#include <string.h>
#include <unistd.h>

#include "die.h"
#include "layer_apply.h"
#include "layer_list.h"
#include "layer_stream.h"
#include "step.h"
#include "stop.h"
#include "tar_reader.h"

static struct layer_apply *job;
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
	if (!stream) {
		stop_block(); /* in the stream's thread too */
		stream = layer_stream_new();
		stop_watch(stop_stream);
	} else {
		layer_stream_again(stream);
	}
	stop_check();
	layer_stream_begin(stream, STDIN_FILENO, job->digest,
			   job->diff_id ? job->diff_id : "sha256:", job->max_bytes);
}

static void
verify(const char *why)
{
	char is[DIGEST_MAX];

	if (job->digest && strcmp(layer_stream_digest(stream, is), job->digest) != 0)
		die_with(EXIT_MISMATCH, "verify layer: digest is %s, not %s%s", is, job->digest, why);
	if (job->diff_id && strcmp(layer_stream_diff_id(stream, is), job->diff_id) != 0)
		die_with(EXIT_MISMATCH, "verify layer: diff_id is %s, not %s%s", is, job->diff_id, why);
}

/* The stream is no layer.  With a promise at hand, say whether it is what was promised:
 * that needs all of it. */
static _Noreturn void
broken(void)
{
	const char *error = layer_stream_error(stream);
	char *why = text("%s", error ? error : tar_error(tar));

	stop_check();
	if (job->digest || job->diff_id) {
		layer_stream_drain(stream);
		stop_check();
		verify(text(" (%s)", why));
	}
	die("read layer: %s", why);
}

static void
one_entry(struct tar_entry *entry)
{
	if (job->aim == LAYER_UNPACK)
		unpack_entry(&job->unpack, entry);
	else if (job->aim == LAYER_LIST)
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
	if (job->aim == LAYER_MTREE)
		layer_mtree_begin();
	if (job->aim == LAYER_UNPACK)
		unpack_start(&job->unpack, tar);
	while ((r = tar_next(tar, &entry)) > 0) {
		stop_check();
		one_entry(&entry);
	}
	if (r < 0)
		broken();
	if (job->aim == LAYER_UNPACK)
		unpack_finish(&job->unpack);
	tar_close(tar);
}

const char *
layer_apply(struct layer_apply *a, char diff_id[DIGEST_MAX])
{
	job = a;
	job->unpack.broken = broken;
	start_stream();
	if (job->aim != LAYER_COUNT)
		read_entries();
	layer_stream_drain(stream);
	stop_check();
	if (layer_stream_error(stream))
		broken();
	verify("");
	return layer_stream_diff_id(stream, diff_id);
}
