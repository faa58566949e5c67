#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "field.h"
#include "request_step.h"

enum {
	ERROR_TEXT = 1 << 10, /* of an error's body is kept for the message */
	TEXT_MAX = 64 << 10,
};

bool
request_accept(struct request *r)
{
	long long total = -1;

	r->skip = 0;
	r->logins = 0;
	if (r->http.status == 206) {
		if (!field_content_range(http_field(&r->http, "Content-Range"), r->offset, &total)) {
			r->bad_range = true;
			return false;
		}
	} else {
		/* The whole body although a part was asked for. */
		r->skip = r->offset;
		if (!http_field(&r->http, "Content-Encoding"))
			total = field_number(http_field(&r->http, "Content-Length"));
	}
	if (r->sink && r->size > 0 && total >= 0 && total != r->size) {
		r->mismatch = true;
		snprintf(r->error, sizeof r->error, "the registry has %lld bytes, not %lld", total,
			 r->size);
		return false;
	}
	if (r->size == 0 && r->sink && total > 0)
		r->total = total;
	return true;
}

void
request_keep(struct request *r, const void *data, size_t n)
{
	char *bigger = realloc(r->text, r->text_len + n + 1);

	if (!bigger)
		die("out of memory");
	r->text = bigger;
	memcpy(r->text + r->text_len, data, n);
	r->text_len += n;
	r->text[r->text_len] = '\0';
}

static bool
deliver(struct request *r, const char *data, size_t n)
{
	size_t max = r->text_max ? r->text_max : TEXT_MAX;

	if (r->skip > 0) {
		size_t drop = (long long)n < r->skip ? n : (size_t)r->skip;

		r->skip -= drop;
		data += drop;
		n -= drop;
	}
	if (n == 0)
		return true;
	if (!r->sink) {
		r->too_large = r->text_len + n > max;
		if (!r->too_large)
			request_keep(r, data, n);
		return !r->too_large;
	}
	if (r->size > 0 && r->offset + (long long)n > r->size) {
		r->mismatch = true;
		snprintf(r->error, sizeof r->error, "more than the %lld bytes promised", r->size);
		return false;
	}
	r->gave_up = !r->sink(r->arg, data, n);
	r->offset += n;
	return !r->gave_up;
}

bool
request_data(struct http *h, const void *data, size_t n)
{
	struct request *r = h->owner;

	if (h->status >= 200 && h->status < 300) {
		if (!r->head_seen && !request_accept(r))
			return false;
		r->head_seen = true;
		return deliver(r, data, n);
	}
	if (r->text_len + n > ERROR_TEXT)
		n = ERROR_TEXT - r->text_len;
	request_keep(r, data, n);
	return true;
}
