#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "digest.h"
#include "io.h"
#include "layer_note.h"
#include "step.h"

static char *note;
static int note_fd;

enum layer_state
layer_note_lock(const char *path)
{
	struct stat st;

	note = text("%s.id", path);
	note_fd = open(note, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (note_fd < 0)
		die_errno("open %s", note);
	/* Of the open file, so that a killed process takes it along; flock(2). */
	while (flock(note_fd, LOCK_EX) < 0)
		if (errno != EINTR)
			die_errno("lock %s", note);
	if (lstat(path, &st) < 0) {
		if (errno != ENOENT)
			die_errno("look at %s", path);
		return LAYER_MISSING;
	}
	return fstat(note_fd, &st) == 0 && st.st_size > 0 ? LAYER_DONE : LAYER_UNNAMED;
}

void
layer_note_unlock(void)
{
	close(note_fd);
	free(note);
}

void
layer_note_write(const char *diff_id)
{
	char *line = text("%s\n", diff_id);

	/* One that outlived its directory is in the way. */
	if (ftruncate(note_fd, 0) < 0 || write_all(note_fd, line, strlen(line)) < 0)
		die_errno("write %s", note);
}

void
layer_note_read(char diff_id[DIGEST_MAX])
{
	memset(diff_id, 0, DIGEST_MAX);
	if (pread(note_fd, diff_id, DIGEST_MAX - 1, 0) < 0)
		die_errno("read %s", note);
	diff_id[strcspn(diff_id, "\n")] = '\0';
	if (!digest_valid(diff_id))
		die("read %s: not a diff_id", note);
}
