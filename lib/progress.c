#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "die.h"
#include "http.h"
#include "progress.h"
#include "step.h"

enum { BAR = 24, BAR_MIN = 4 };

static struct progress *list;
static int drawn;      /* lines on the screen, the cursor below them */
static double started; /* of the first line */
static double last;    /* time of the last drawing */

static bool
wanted(void)
{
	static int terminal = -1;

	if (terminal < 0)
		terminal = isatty(STDERR_FILENO);
	return terminal && !die_quiet && !step_explain;
}

/* "12.3 MB": three digits say enough. */
static const char *
amount(char *out, size_t cap, double bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	int u = 0;

	while (bytes >= 1000 && u < 4) {
		bytes /= 1000;
		u++;
	}
	snprintf(out, cap, bytes < 100 && u ? "%.1f %s" : "%.0f %s", bytes, units[u]);
	return out;
}

/* Label and amounts always; the rate, then a bar, where the terminal is wide enough. */
static void
draw_one(const struct progress *p, int width, double now)
{
	char have[16], total[16] = "?", rate[32] = "", bar[64] = "", line[200];
	int room = width - 1 - 41, length, full;

	if (p->total > 0)
		amount(total, sizeof total, p->total);
	if (room >= 12) {
		amount(have, sizeof have, (p->have - p->first) / (now - p->since + 0.001));
		snprintf(rate, sizeof rate, " %8s/s", have);
		room -= 12;
	}
	length = room - 3 < BAR ? room - 3 : BAR;
	if (length >= BAR_MIN) {
		full = p->total > 0 ? (int)(length * p->have / p->total) : 0;
		full = full < 0 ? 0 : full > length ? length : full;
		snprintf(bar, sizeof bar, "[%.*s%.*s] ", full, "########################",
			 length - full, "------------------------");
	}
	snprintf(line, sizeof line, "%-19s %s%8s of %-8s%s", p->label, bar,
		 amount(have, sizeof have, p->have), total, rate);
	/* A line that wraps would count as two when the cursor goes up again. */
	fprintf(stderr, "\r\033[K%.*s\n", width - 1, line);
}

void
progress_clear(void)
{
	if (drawn)
		fprintf(stderr, "\033[%dA\r\033[J", drawn);
	drawn = 0;
}

static void
draw(double now)
{
	struct winsize w = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col < 20)
		w.ws_col = 80;
	if (w.ws_row < 2)
		w.ws_row = 24;
	progress_clear();
	/* The cursor can't go back to a line that has left the screen. */
	for (const struct progress *p = list; p && drawn < w.ws_row - 1; p = p->next, drawn++)
		draw_one(p, w.ws_col, now);
	fflush(stderr);
	last = now;
}

void
progress_start(struct progress *p, const char *label, long long have, long long total)
{
	struct progress **end = &list;

	*p = (struct progress){.have = have, .first = have, .total = total, .since = http_now()};
	if (!wanted())
		return;
	snprintf(p->label, sizeof p->label, "%.19s", label);
	p->shown = true;
	while (*end)
		end = &(*end)->next;
	*end = p;
	if (!started)
		started = p->since;
}

void
progress_move(struct progress *p, long long have, long long total)
{
	double now;

	p->have = have;
	p->total = total;
	if (!p->shown)
		return;
	now = http_now();
	if (now - started > 1 && now - last > 0.2)
		draw(now);
}

void
progress_stop(struct progress *p)
{
	struct progress **at = &list;

	while (*at && *at != p)
		at = &(*at)->next;
	if (!*at)
		return;
	progress_clear();
	*at = p->next;
	p->shown = false;
}
