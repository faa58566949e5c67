/* partial: a download that gets its name only when it is complete and verified, and
 * that a later run goes on with, however this one ends.
 *
 * The bytes go to a second name in the same directory with plain write(2): kill -9
 * loses nothing that was written.  The next run hashes what is there and asks for the
 * rest.  The file is locked (flock(2), gone with the process) against a second run. */
#ifndef LONGSHORE_PARTIAL_H
#define LONGSHORE_PARTIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "digest.h"

struct partial {
	int fd;         /* -1: not open */
	int dirfd;      /* of the directory of both names; the caller's */
	char *name;     /* of the partial file */
	const char *digest;
	struct digest *hash;
	long long have; /* bytes written and hashed */
	bool resumed;   /* some of them by an earlier run */
};

enum partial_state {
	PARTIAL_READY, /* have bytes are there, maybe 0 */
	PARTIAL_BUSY,  /* another process is at it (only with wait false) */
};

/* Open, lock and hash dirfd/name.  A file that is not plainly ours (a link, another
 * owner's, more than one name) is replaced, never followed or written to.  tagged: the
 * name does not tell the digest, so an extended attribute does, user.longshore.digest
 * (xattr(7)); where it names another digest the bytes are thrown away.  (Without it
 * they are tried, and the end's verification decides.)  Dies on other errors. */
enum partial_state partial_open(struct partial *p, int dirfd, const char *name,
				const char *digest, bool tagged, bool wait);

/* Append; dies when the disk is full. */
void partial_write(struct partial *p, const void *data, size_t n);

/* Back to nothing. */
void partial_rewind(struct partial *p);

/* True when what is there has the digest. */
bool partial_complete(const struct partial *p);

/* Give it its name, in target_dirfd.  Mode as umask(2) leaves it. */
void partial_publish(struct partial *p, int target_dirfd, const char *target);

/* Remove it: its bytes are wrong, nobody is to resume from them. */
void partial_drop(struct partial *p);

/* Close it, for a later run to go on. */
void partial_close(struct partial *p);

#endif
