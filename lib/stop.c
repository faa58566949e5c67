#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "die.h"
#include "stop.h"
#include "undo.h"

static sigset_t set;
static volatile sig_atomic_t signalled;
static void (*wake)(void);

void
stop_block(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *
wait_for_signal(void *arg)
{
	int sig;

	(void)arg;
	sigwait(&set, &sig);
	signalled = sig;
	wake();
	return NULL;
}

void
stop_watch(void (*fn)(void))
{
	pthread_t thread;
	int err;

	wake = fn;
	err = pthread_create(&thread, NULL, wait_for_signal, NULL);
	if (err)
		die("start a thread: %s", strerror(err));
}

void
stop_check(void)
{
	int sig = signalled;

	if (!sig)
		return;
	warn("stopped by signal %d (%s)", sig, strsignal(sig));
	undo_run();
	signal(sig, SIG_DFL);
	raise(sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
