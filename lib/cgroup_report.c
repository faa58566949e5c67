#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup_report.h"
#include "cgroup_value.h"
#include "step.h"

/* The names of the signals that end programs; strsignal(3) tells in prose only, and
 * musl has no sigabbrev_np(3). */
static const char *
signal_name(int sig)
{
	switch (sig) {
	case SIGHUP: return "SIGHUP";
	case SIGINT: return "SIGINT";
	case SIGQUIT: return "SIGQUIT";
	case SIGILL: return "SIGILL";
	case SIGABRT: return "SIGABRT";
	case SIGBUS: return "SIGBUS";
	case SIGFPE: return "SIGFPE";
	case SIGKILL: return "SIGKILL";
	case SIGSEGV: return "SIGSEGV";
	case SIGPIPE: return "SIGPIPE";
	case SIGALRM: return "SIGALRM";
	case SIGTERM: return "SIGTERM";
	case SIGSYS: return "SIGSYS";
	case SIGXCPU: return "SIGXCPU";
	}
	return NULL;
}

static char *
human_limit(const char *limit)
{
	char *end;
	unsigned long long n = strtoull(limit, &end, 10);

	return *end ? text("%s", limit) : cgroup_human(n);
}

static char *
oom_part(const struct cgroup_usage *u)
{
	char *killed = text(", out of memory: %lld process%s killed", u->oom_kills,
			    u->oom_kills == 1 ? "" : "es");

	if (!u->oom_cgroup)
		return text("%s by no cgroup's limit: the machine had none left", killed);
	if (!u->oom_limit)
		return text("%s at the limit of %s", killed, u->oom_cgroup);
	return text("%s by memory.max=%s of %s", killed, human_limit(u->oom_limit),
		    u->oom_cgroup);
}

char *
cgroup_report_line(const struct cgroup_usage *u, int status)
{
	const char *sig = status > 128 ? signal_name(status - 128) : NULL;
	char *s = text("status %d%s%s%s", status, sig ? " (" : "", sig ? sig : "", sig ? ")" : "");

	if (u->oom_kills > 0)
		s = text("%s%s", s, oom_part(u));
	if (u->memory_peak >= 0)
		s = text("%s, memory peak %s", s, cgroup_human(u->memory_peak));
	if (u->cpu_usec >= 0)
		s = text("%s, cpu %.3fs", s, u->cpu_usec / 1e6);
	if (u->throttled > 0)
		s = text("%s, throttled %.3fs (%lld of %lld periods)", s,
			 u->throttled_usec / 1e6, u->throttled, u->periods);
	if (u->pids_refused > 0)
		s = text("%s, %lld fork%s refused by pids.max", s, u->pids_refused,
			 u->pids_refused == 1 ? "" : "s");
	return s;
}

static char *
json_number(long long n)
{
	return n < 0 ? text("null") : text("%lld", n);
}

/* RFC 8259, section 7: quote, backslash and control characters. */
static char *
json_string(const char *s)
{
	char *out = text("\"");

	for (; s && *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			out = text("%s\\%c", out, c);
		else if (c < 0x20)
			out = text("%s\\u%04x", out, c);
		else
			out = text("%s%c", out, c);
	}
	return s ? text("%s\"", out) : text("null");
}

static char *
json_oom(const struct cgroup_usage *u)
{
	const char *limit = u->oom_limit;

	if (u->oom_kills <= 0)
		return text("null");
	return text("{\"killed\":%lld,\"cgroup\":%s,\"limit\":%s,\"value\":%s}", u->oom_kills,
		    json_string(u->oom_cgroup), limit ? "\"memory.max\"" : "null",
		    !limit                 ? "null"
		    : strcmp(limit, "max") ? limit
					   : "\"max\"");
}

char *
cgroup_report_json(const struct cgroup *cg, const struct cgroup_usage *u, int status)
{
	return text("{\"cgroup\":%s,\"exit\":%d,\"oom\":%s,\"memory\":{\"peak\":%s},"
		    "\"cpu\":{\"usage_usec\":%s,\"user_usec\":%s,\"system_usec\":%s,"
		    "\"nr_periods\":%s,\"nr_throttled\":%s,\"throttled_usec\":%s},"
		    "\"pids\":{\"peak\":%s,\"refused\":%s}}",
		    json_string(cg->path), status, json_oom(u), json_number(u->memory_peak),
		    json_number(u->cpu_usec), json_number(u->user_usec),
		    json_number(u->system_usec), json_number(u->periods),
		    json_number(u->throttled), json_number(u->throttled_usec),
		    json_number(u->pids_peak), json_number(u->pids_refused));
}
