/* unpack_link: hard links.  link(2), linkat(2)
 *
 * A target is a name in the image: absolute ones start at its root, ".." and symlinks
 * on the way stay inside, and a symlink at the end is itself what is linked. */
#ifndef LONGSHORE_UNPACK_LINK_H
#define LONGSHORE_UNPACK_LINK_H

struct dir;
struct unpack;

/* The entry at hand, whose parent is dir.  When the layer has not made the target (yet),
 * the link waits for unpack_late_links(). */
void unpack_link(struct unpack *u, struct dir *dir, const char *name);

/* Make the links that waited: to what the layer has made since, else to what lower layers
 * have.  Dies when a target is nowhere. */
void unpack_late_links(struct unpack *u);

#endif
