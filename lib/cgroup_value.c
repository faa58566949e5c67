#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup_value.h"
#include "step.h"

enum {
	CPU_PERIOD_US = 100000,      /* the kernel's default period for cpu.max */
	CPU_PERIOD_MAX_US = 1000000, /* and its longest */
	CPU_QUOTA_MIN_US = 1000,     /* the shortest slice that it hands out */
	CPU_COUNT_MAX = 1000,        /* a whole number below this counts CPUs */
};

static const char want_bytes[] =
	"want bytes such as 128M, 1.5G, 512MiB (1K is 1024), or max";
static const char want_cpu[] =
	"want CPUs such as 1.5, 50%, max, or microseconds of a period: \"50000 100000\"";
static const char want_disk[] =
	"want DISK:KEY=N, such as /var:rbps=1M,wiops=100 (DISK: a path or MAJOR:MINOR)";

static bool
starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static bool
ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

/* A plain decimal with an optional fraction, no sign, no exponent, no hex: strtod(3)
 * takes those, and "inf" and "nan" too. */
static bool
decimal(const char *s, double *out, const char **end)
{
	size_t n = strspn(s, "0123456789."), digits = 0, dots = 0;

	for (size_t i = 0; i < n; i++) {
		digits += s[i] != '.';
		dots += s[i] == '.';
	}
	if (!digits || digits > 18 || dots > 1)
		return false;
	*out = strtod(s, NULL);
	*end = s + n;
	return true;
}

/* "1.5G", "512MiB", "64kB", "500b": an amount with an SI or IEC suffix, K being unit. */
static bool
amount(const char *v, unsigned unit, unsigned long long *out)
{
	static const char suffixes[] = "kmgtpe";
	const char *end, *p;
	double n;

	if (!decimal(v, &n, &end))
		return false;
	if (*end && (p = strchr(suffixes, tolower((unsigned char)*end)))) {
		for (long i = 0; i <= p - suffixes; i++)
			n *= unit;
		end++;
		end += *end == 'i';
	}
	end += *end == 'b' || *end == 'B';
	if (*end || n >= 0x1p63)
		return false;
	*out = n;
	return true;
}

/* The kernel's own parser, memparse(), knows 128M but not 1.5G, 128MiB or 128MB. */
static char *
bytes_value(const char *v)
{
	size_t digits = strspn(v, "0123456789");
	unsigned long long n;

	if (!strcmp(v, "max"))
		return text("max");
	if (!amount(v, 1024, &n))
		return NULL;
	if (!v[digits] || (strchr("kmgtpeKMGTPE", v[digits]) && !v[digits + 1]))
		return text("%s", v);
	return text("%llu", n);
}

/* cpu.max is "QUOTA PERIOD" in microseconds: so much time in every so much time.  That
 * "100000 100000" is one CPU, and the default "max 100000" no limit at all, is what
 * nobody guesses; hence 1.5 (CPUs) and 50% (of one). */
static char *
cpu_value(const char *v)
{
	double cpus, period = CPU_PERIOD_US;
	const char *end, *rest;
	char *tail;

	if (!strcmp(v, "max") || starts(v, "max "))
		return text("%s", v);
	if (!decimal(v, &cpus, &end))
		return NULL;
	rest = end + (*end == '%');
	if (*rest == ' ' && isdigit((unsigned char)rest[1])) {
		period = strtoull(rest + 1, &tail, 10);
		rest = tail;
	}
	if (*rest)
		return NULL;
	/* "50000 100000" and "50000" are the kernel's own form. */
	if (*end != '%' && cpus >= CPU_COUNT_MAX)
		return text("%s", v);
	if (*end == '%')
		cpus /= 100;
	/* A quota below the shortest slice is EINVAL: stretch the period instead. */
	if (cpus * period < CPU_QUOTA_MIN_US && period == CPU_PERIOD_US)
		period = CPU_PERIOD_MAX_US;
	if (cpus * period < CPU_QUOTA_MIN_US - 0.5)
		return NULL;
	return text("%.0f %.0f", cpus * period, period);
}

/* One KEY=N of io.max: bytes per second count K as 1024, operations as 1000; the kernel
 * reads plain numbers only. */
static char *
io_pair(const char *pair)
{
	const char *eq = strchr(pair, '=');
	unsigned long long n;

	if (!eq || !strcmp(eq, "=max"))
		return text("%s", pair);
	if (!amount(eq + 1, strstr(pair, "iops=") ? 1000 : 1024, &n))
		return NULL;
	return text("%.*s=%llu", (int)(eq - pair), pair, n);
}

/* "DISK KEY=N..." or "DISK:KEY=N,KEY=N"; io.weight has "DISK N".  A path may hold blanks
 * and colons, so it ends at the last separator before the first KEY= (or the number). */
static char *
io_value(const char *v, bool limits, cgroup_disk_fn *disk)
{
	char *copy = text("%s", v), *eq = strchr(copy, '='), *word, *rest, *dev, *out;
	size_t at = eq ? (size_t)(eq - copy) : strlen(copy) - 1;

	while (at > 0 && !strchr(" :", copy[at]))
		at--;
	if (!at)
		return NULL;
	rest = copy + at + 1;
	while (at > 0 && strchr(" :", copy[at]))
		copy[at--] = '\0';
	dev = *copy == '/' ? disk(copy) : text("%s", copy);
	if (!dev)
		return NULL;
	out = text("%s", dev);
	while ((word = strsep(&rest, " ,"))) {
		if (!*word)
			continue;
		if (limits)
			word = io_pair(word);
		if (!word)
			return NULL;
		out = text("%s %s", out, word);
	}
	return out;
}

/* The files whose values name a disk. */
static bool
takes_disk(const char *file)
{
	return starts(file, "io.") && !starts(file, "io.prio") && strcmp(file, "io.pressure");
}

char *
cgroup_value(const char *file, const char *value, cgroup_disk_fn *disk, const char **why)
{
	bool bytes = (starts(file, "memory.") || starts(file, "hugetlb.")) &&
		     (ends(file, ".max") || ends(file, ".high") || ends(file, ".min") ||
		      ends(file, ".low"));
	bool whole_io = takes_disk(file) && value[strcspn(value, ":/=")] == '\0';

	*why = "the value is empty";
	if (!*value)
		return NULL;
	*why = "a value is one line";
	if (strchr(value, '\n'))
		return NULL;
	*why = want_bytes;
	if (bytes)
		return bytes_value(value);
	*why = want_cpu;
	if (!strcmp(file, "cpu.max"))
		return cpu_value(value);
	*why = want_disk;
	/* "default 100" and "100" of io.weight name no disk. */
	if (takes_disk(file) && !whole_io)
		return io_value(value, !strcmp(file, "io.max"), disk);
	return text("%s", value);
}

char *
cgroup_controller_of(const char *file)
{
	if (starts(file, "cgroup.") || ends(file, ".pressure") || starts(file, "cpu.stat"))
		return NULL;
	return text("%.*s", (int)strcspn(file, "."), file);
}

char *
cgroup_human(unsigned long long bytes)
{
	static const char suffixes[] = "BKMGTPE";
	unsigned long long n = bytes;
	int i = 0;

	while (n >= 1024 && suffixes[i + 1] && n % 1024 == 0) {
		n /= 1024;
		i++;
	}
	if (n < 10000)
		return i ? text("%llu%c", n, suffixes[i]) : text("%llu", n);
	/* No round amount: one decimal of the largest unit says enough. */
	i = 0;
	for (n = bytes; n >= 1024 * 1024 && suffixes[i + 2]; n /= 1024)
		i++;
	return text("%.1f%c", n / 1024.0, suffixes[i + 1]);
}
