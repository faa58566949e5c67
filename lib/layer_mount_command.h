/* layer_mount_command: what ordinary tools can do instead of layer-mount; pure. */
#ifndef LONGSHORE_LAYER_MOUNT_COMMAND_H
#define LONGSHORE_LAYER_MOUNT_COMMAND_H

#include <stdbool.h>

/* The command, allocated: in short with -x; with -n a script that makes a copy of the
 * same shape in a tmpfs. */
char *layer_mount_command(const char *file, const char *dir, bool overlay);

#endif
