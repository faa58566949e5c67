/* layer_batch: the layers of an image, several at once, by a few worker processes.
 *
 * A small layer is unpacked in less time than a program takes to start, so each worker
 * does one layer after the other.  They take the next one from a socket that keeps
 * messages whole (SOCK_SEQPACKET, unix(7)): the kernel gives each message to one reader, and
 * a worker that is killed takes no lock along. */
#ifndef LONGSHORE_LAYER_BATCH_H
#define LONGSHORE_LAYER_BATCH_H

/* Read lines DIGEST<TAB>PATH, as reg-blob -C prints them, from standard input to its end;
 * for each call one(digest) in a worker, with PATH as standard input and in the working
 * directory that we were called in; at most `workers` at once.  A worker that dies is
 * replaced and the other layers go on.  SIGHUP, SIGINT and SIGTERM go to all workers; when
 * they have cleaned up we die of the signal.
 * Returns the status of the first worker that failed, or 0. */
int layer_batch(unsigned workers, void (*one)(const char *digest));

#endif
