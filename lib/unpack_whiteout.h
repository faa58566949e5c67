/* unpack_whiteout: ".wh.NAME" and ".wh..wh..opq"; image-spec layer.md, "Whiteouts".
 *
 * Flat: lower layers' entries go at once, the layer's own stay.  Each directory is swept
 * at most once, for after that all in it is the layer's own: the work is linear in what
 * there is, however many markers a layer has and however they are nested. */
#ifndef LONGSHORE_UNPACK_WHITEOUT_H
#define LONGSHORE_UNPACK_WHITEOUT_H

struct unpack;

/* The entry at hand, ENTRY_WHITEOUT or ENTRY_OPAQUE. */
void unpack_whiteout(struct unpack *u);
void unpack_opaque(struct unpack *u);

#endif
