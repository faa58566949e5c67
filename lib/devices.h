/* devices: a /dev of the container's own, on a tmpfs that nobody else has touched. */
#ifndef LONGSHORE_DEVICES_H
#define LONGSHORE_DEVICES_H

/* Fill dev, the descriptor of a mounted empty tmpfs: null zero full random urandom tty,
 * the links fd stdin stdout stderr core ptmx, and the mounts pts, shm, mqueue.
 * name is its path, for messages; shm_size is tmpfs(5)'s size=.  Returns the
 * descriptor of the devpts mount.  Dies on failure. */
int devices_fill(int dev, const char *name, const char *shm_size);

#endif
