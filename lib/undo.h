/* undo: a failing step takes back what it had done so far.
 *
 * Each act that outlives the process (a mount, a cgroup, a link, a temporary tree)
 * pushes the function that takes it back.  die() and a failed exec run them, last one
 * first.  After kill -9 nothing runs: that is what each tool's -d is for. */
#ifndef LONGSHORE_UNDO_H
#define LONGSHORE_UNDO_H

/* Remember fn(arg); arg must stay valid.  At most 32 entries, more abort(). */
void undo_push(void (*fn)(void *), void *arg);

/* Run and forget all entries, newest first.  fn may warn(), and must not die().
 * errno is preserved. */
void undo_run(void);

/* Forget all: the step is complete, or this is a forked child that owns none of it. */
void undo_forget(void);

#endif
