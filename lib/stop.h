/* stop: SIGHUP, SIGINT and SIGTERM as a request to clean up, then die of them after all.
 *
 * No handler does any work: a thread waits for the signals (sigwait(3)), wakes whoever
 * may be waiting, and the main thread looks when it is ready to. */
#ifndef LONGSHORE_STOP_H
#define LONGSHORE_STOP_H

/* Block the signals; before any thread is started, so that all inherit it.  SIGPIPE and
 * SIGXFSZ are ignored: a closed stdout or a size limit is an error to report. */
void stop_block(void);

/* Call wake() from another thread when a signal has come. */
void stop_watch(void (*wake)(void));

/* If one has come: say so, run the undo list, die of it, so that a shell's loop ends. */
void stop_check(void);

#endif
