#include <stdlib.h>

#include "request_step.h"
#include "step.h"
#include "url.h"

static struct request *under_way; /* started by request_start() */

static void
first(struct request *r)
{
	r->done = false;
	r->high = r->offset;
	r->target = text("%s", r->url);
	request_begin(r);
}

static void
settle(struct request *r)
{
	char *to = http_field(&r->http, "Location");

	r->location = to ? url_resolve(r->target, to) : NULL;
	r->final_url = r->target;
}

void
request_do(struct request *r)
{
	first(r);
	while (!r->done) {
		if (r->http.easy) {
			http_wait(&r->http, -1);
			request_judge(r);
		} else {
			double left = r->due - http_now();

			/* Others under way go on during the pause. */
			if (left > 0)
				http_wait(&(struct http){0}, left);
			request_restart(r);
		}
	}
	settle(r);
}

void
request_start(struct request *r)
{
	first(r);
	r->next = under_way;
	under_way = r;
}

/* Start the tries whose pause is over; the seconds until the next one, or -1. */
static double
wake_up(void)
{
	double soonest = -1;

	for (struct request *r = under_way; r; r = r->next) {
		double left = r->due - http_now();

		if (r->done || r->http.easy)
			continue;
		if (left <= 0)
			request_restart(r);
		else if (soonest < 0 || left < soonest)
			soonest = left;
	}
	return soonest;
}

struct request *
request_wait(void)
{
	while (under_way) {
		struct http *h;

		for (struct request **p = &under_way; *p; p = &(*p)->next) {
			struct request *r = *p;

			if (!r->done)
				continue;
			*p = r->next;
			settle(r);
			return r;
		}
		h = http_wait(NULL, wake_up());
		if (h)
			request_judge(h->owner);
	}
	return NULL;
}

void
request_end(struct request *r)
{
	http_end(&r->http);
	free(r->text);
	r->text = NULL;
	r->text_len = 0;
}
