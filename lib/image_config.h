/* image_config: the JSON that says what an image runs and which layers it has, written
 * by a stranger: image-spec config.md.  Whatever is malformed ends the tool (1). */
#ifndef LONGSHORE_IMAGE_CONFIG_H
#define LONGSHORE_IMAGE_CONFIG_H

#include <jv.h>

#include "manifest.h"

/* LAYOUT/blobs/ALGORITHM/HEX, an object; exits 6 when its bytes have another digest. */
jv image_config_read(const char *layout, const char *digest);

/* A string that a program can get as an argument: one with a NUL in it is refused.
 * "" for null.  what: its name, for the message.  The value stays the caller's. */
const char *image_config_string(jv value, const char *what);

/* The member `what` of object, an array of strings or an object (then its keys, sorted),
 * as a NULL-terminated list; empty for null.  Allocated. */
char **image_config_strings(jv object, const char *what);

/* Exits 6 unless the layers as unpacked are those that the config names, in its order:
 * rootfs.diff_ids against the first lines of UNPACKED/HEX.id, where layer-unpack(1) has
 * noted what each one was. */
void image_config_check(jv config, const struct blob *layers, size_t count,
			const char *unpacked);

#endif
