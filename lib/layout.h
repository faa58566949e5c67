/* layout: an OCI image layout on disk.  image-spec image-layout.md
 *
 *	DIR/oci-layout            {"imageLayoutVersion":"1.0.0"}
 *	DIR/index.json            which manifests there are, and under which names
 *	DIR/blobs/sha256/HEX      each blob under its digest
 *	DIR/.part/sha256-HEX      ours: a download that is not complete yet
 *
 * A blob appears under its name only verified, by rename(2).  index.json is replaced
 * whole, under flock(2) on DIR itself; kill -9 at any moment leaves a valid layout.
 * Nothing is synced: after a power loss a blob may be short, and since every reader
 * here verifies what it reads, it is then fetched again. */
#ifndef LONGSHORE_LAYOUT_H
#define LONGSHORE_LAYOUT_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

struct layout {
	const char *path; /* as given */
	int fd;           /* of DIR, close-on-exec */
};

/* Open one as a source; dies (1) when there is none. */
struct layout layout_open(const char *path);

/* Open one to write to; made, with oci-layout, when DIR is missing or empty.
 * A directory that holds something else is refused. */
struct layout layout_create(const char *path);

/* PATH of a blob as printed, "DIR/blobs/sha256/HEX".  Allocated. */
char *layout_blob_path(const struct layout *l, const char *digest);

/* Its name below DIR, "blobs/sha256/HEX".  Allocated. */
char *layout_blob_name(const char *digest);

/* Open a blob for reading; -1 with errno.  Only a regular file will do. */
int layout_blob(const struct layout *l, const char *digest);

/* True when the blob is there and has its digest and size (negative: any size). */
bool layout_blob_ok(const struct layout *l, const char *digest, long long size);

/* Write a whole blob from memory, verified by the caller. */
void layout_put(const struct layout *l, const char *digest, const void *data, size_t n);

/* flock(2) on DIR, exclusive: for read-change-replace of index.json. */
void layout_lock(const struct layout *l);
void layout_unlock(const struct layout *l);

/* Replace a file whole, by rename(2); under the lock. */
void layout_replace(int dirfd, const char *name, const void *data, size_t n);

/* Read a whole blob of at most max bytes and verify it: 4 when it is not there, 6 when
 * it is not what its name says.  Allocated, NUL-terminated. */
char *layout_get(const struct layout *l, const char *digest, size_t max, size_t *n);

/* The descriptor in index.json that tag names (its ref.name, or the last part of it
 * where that is unique; NULL: the only one).  Exits 4, listing the names, where there
 * is none.  A jv object for the caller to free. */
jv layout_find(const struct layout *l, const char *tag);

/* The names in index.json, an array of strings. */
jv layout_names(const struct layout *l);

/* Put a descriptor into index.json under a name: replaces the entry of that name,
 * leaves all others and every field unknown to us as they are. */
void layout_record(const struct layout *l, const char *name, jv descriptor);

#endif
