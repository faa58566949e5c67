/* ns: Linux namespaces, made or joined; namespaces(7).
 *
 * Making: the CLONE_NEW* bits of one clone3(2) or unshare(2), so that a user namespace
 * owns what is made beside it.  Joining: setns(2) on files (/proc/PID/ns/NAME, a bind
 * mount such as /run/netns/web) or on a pidfd, which takes several at once. */
#ifndef LONGSHORE_NS_H
#define LONGSHORE_NS_H

#include <stdbool.h>
#include <sys/types.h>

#ifndef CLONE_NEWTIME /* musl 1.2.3 */
#define CLONE_NEWTIME 0x00000080
#endif

enum ns_kind {
	NS_CGROUP,
	NS_IPC,
	NS_MOUNT,
	NS_NET,
	NS_PID,
	NS_TIME,
	NS_USER,
	NS_UTS,
	NS_KINDS
};

struct ns_type {
	const char *option; /* unshare(1)'s and nsenter(1)'s long option */
	const char *file;   /* below /proc/PID/ns */
	int flag;           /* CLONE_NEW* */
};

extern const struct ns_type ns_types[NS_KINDS];

/* What the command line asked for. */
struct ns_set {
	unsigned create;            /* CLONE_NEW* to make */
	const char *file[NS_KINDS]; /* join this file; NULL: don't */
	pid_t target;               /* join this process's; 0: none */
	unsigned target_flags;      /* which of its namespaces */
	bool target_all;            /* all, and its root and cgroup */
	const char *monotonic;      /* clock offsets in seconds, as text; NULL: none */
	const char *boottime;
	const char *persist; /* bind what is made to files in this directory; NULL: don't */
};

/* The command as words: "nsenter --net=F unshare --mount --pid"; "" when there is
 * nothing to do.  Allocated. */
char *ns_words(const struct ns_set *set);

/* True when PROGRAM can only get there by being born there: a new or joined pid or time
 * namespace holds the caller's children, never the caller; pid_namespaces(7). */
bool ns_needs_fork(const struct ns_set *set);

/* Open everything to join, then join it.  Dies on failure.  A mount namespace of the
 * target brings its root directory with it. */
void ns_join(const struct ns_set *set);

/* Enter the cgroup of the target when all of it is wanted: before ns_join(), for a joined
 * mount or user namespace may take the way there, or the right to it.  A refusal is a
 * warning; cgroups(7), "Delegation". */
void ns_join_cgroup(const struct ns_set *set);

/* Explain a refused clone or unshare: the message, a hint that names the switch, exit. */
_Noreturn void ns_die_refused(unsigned flags);

/* Make a time namespace for our children and set its clocks; time_namespaces(7): the
 * offsets are writable only until the first process has entered. */
void ns_make_time(const struct ns_set *set);

/* From outside: bind the files of the namespaces that were made for process pid into the
 * directory persist, which keeps them when their last process has gone. */
void ns_persist(const struct ns_set *set, pid_t pid);

/* ioctl(2) the loopback interface of a new network namespace up. */
void ns_loopback_up(void);

#endif
