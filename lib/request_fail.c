#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "json.h"
#include "request.h"
#include "step.h"
#include "url.h"

/* What the body of an error says, in one of the shapes that servers use; NULL when it
 * says nothing that fits a line.  HTML and cut JSON are no reason to fail. */
static char *
reason(const struct request *r)
{
	static const char *const names[] = {"message", "details", "error_description", "error",
					    "code"};
	jv body = json_parse(r->text ? r->text : "", r->text_len);
	jv errors = json_member(body, "errors");
	char *said = NULL;

	if (jv_get_kind(errors) == JV_KIND_ARRAY && jv_array_length(jv_copy(errors)) > 0)
		body = jv_array_get(jv_copy(errors), 0);
	for (int i = 0; i < 5 && !said; i++)
		said = json_string(body, names[i]);
	jv_free(errors);
	if (!said && r->text_len && *r->text != '<' && *r->text != '{')
		said = r->text;
	return said && *said ? text("%.200s", said) : NULL;
}

static int
status_of(const struct request *r)
{
	if (r->mismatch)
		return EXIT_MISMATCH;
	if (r->rate_limited)
		return EXIT_RATE_LIMITED;
	if (r->http.code != CURLE_OK)
		return EXIT_FAILURE;
	switch (r->status) {
	case 401:
	case 403:
		return EXIT_REFUSED;
	case 404:
		return EXIT_NOT_FOUND;
	case 429:
		return EXIT_RATE_LIMITED;
	default:
		return EXIT_FAILURE;
	}
}

static bool
answered(const struct request *r)
{
	return r->status && !r->error[0] && r->http.code == CURLE_OK;
}

bool
request_ok(const struct request *r)
{
	return answered(r) && r->status >= 200 && r->status < 300;
}

int
request_failed(const struct request *r, const char *what)
{
	const char *url = url_without_query(r->url);
	char *said;

	if (request_ok(r))
		return 0;
	if (r->gave_up)
		return EXIT_FAILURE;
	if (r->too_large)
		complain("%s %s: larger than %zu bytes", what, url,
		     r->text_max ? r->text_max : (size_t)64 << 10);
	else if (!answered(r))
		complain("%s %s: %s", what, url, r->error[0] ? r->error : r->http.error);
	else if ((said = reason(r)))
		complain("%s %s: HTTP %d: %s", what, url, r->status, said);
	else
		complain("%s %s: HTTP %d", what, url, r->status);
	if (r->plain)
		hint("it seems to speak plain http, which --insecure allows");
	if (status_of(r) == EXIT_REFUSED && !r->anonymous)
		hint("log in with podman-login(1) or docker login, or set REG_TOKEN");
	return status_of(r);
}

void
request_check(const struct request *r, const char *what)
{
	int status = request_failed(r, what);

	if (status)
		exit(status);
}
