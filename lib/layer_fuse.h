/* layer_fuse: serve an index as a file system, by libfuse's low-level interface.
 *
 * Nothing ever changes, so the kernel may keep whatever it has been told: names,
 * attributes, link texts, directory listings and file contents.  Each is asked for once;
 * after that a read is a read from the page cache.  Used by layer-mount. */
#ifndef LONGSHORE_LAYER_FUSE_H
#define LONGSHORE_LAYER_FUSE_H

#include "layer_index.h"

struct fuse_session;
struct fuse_lowlevel_ops;

/* The answers, layer_fuse_ops.c, and the index that they are about, layer_fuse_node.c. */
extern const struct fuse_lowlevel_ops layer_fuse_ops;
void layer_fuse_answer_for(const struct layer_index *ix);

/* Mount on dir; source is what the mount table will show.  Dies.  The mount answers
 * once layer_fuse_serve() runs, in this process or a child of it. */
struct fuse_session *layer_fuse_mount(const struct layer_index *ix, const char *source,
				      const char *dir);

/* The descriptor of /dev/fuse: the mount is alive while a process holds it. */
int layer_fuse_fd(struct fuse_session *se);

/* Answer until the file system is unmounted or a signal ends us; then unmount. */
void layer_fuse_serve(struct fuse_session *se);

#endif
