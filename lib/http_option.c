#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "http.h"
#include "step.h"

struct http_settings http_settings = {.timeout = 60, .connect_timeout = 10, .retry = 6};

static double
number(const char *name, const char *arg, double min, double max)
{
	char *end;
	double value = strtod(arg, &end);

	/* Written so that NaN fails too. */
	if (end == arg || *end || !(value >= min && value <= max))
		usage("--%s '%s': not a number from %g to %g", name, arg, min, max);
	return value;
}

char *
http_curl_options(void)
{
	const struct http_settings *s = &http_settings;

	return text("%s%s%s%s%s%s%s", s->ca_file ? " --cacert " : "", s->ca_file ? sh(s->ca_file) : "",
		    s->cert ? " --cert " : "", s->cert ? sh(s->cert) : "",
		    s->key ? " --key " : "", s->key ? sh(s->key) : "", s->insecure ? " -k" : "");
}

bool
http_option(int opt, const char *arg)
{
	struct http_settings *s = &http_settings;

	switch (opt) {
	case HTTP_OPT_CA_FILE:
		s->ca_file = arg;
		return true;
	case HTTP_OPT_CERT:
		s->cert = arg;
		return true;
	case HTTP_OPT_CONNECT_TIMEOUT:
		s->connect_timeout = number("connect-timeout", arg, 0.1, 86400);
		return true;
	case HTTP_OPT_INSECURE:
		s->insecure = true;
		return true;
	case HTTP_OPT_KEY:
		s->key = arg;
		return true;
	case HTTP_OPT_RETRY:
		s->retry = number("retry", arg, 0, 100);
		return true;
	case HTTP_OPT_TIMEOUT:
		s->timeout = number("timeout", arg, 0.1, 86400);
		return true;
	default:
		return false;
	}
}
