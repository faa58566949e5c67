#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "die.h"
#include "ref.h"
#include "step.h"
#include "url.h"

static CURLU *
parse(const char *url)
{
	CURLU *u = curl_url();

	if (!u)
		die("out of memory");
	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK)
		return u;
	curl_url_cleanup(u);
	return NULL;
}

static char *
part(CURLU *u, CURLUPart what, unsigned flags)
{
	char *value = NULL, *copy;

	if (curl_url_get(u, what, &value, flags) != CURLUE_OK)
		return NULL;
	copy = text("%s", value);
	curl_free(value);
	return copy;
}

char *
url_resolve(const char *base, const char *to)
{
	CURLU *u = parse(base);
	char *scheme, *all = NULL;

	if (!u)
		return NULL;
	if (curl_url_set(u, CURLUPART_URL, to, 0) == CURLUE_OK) {
		curl_url_set(u, CURLUPART_USER, NULL, 0);
		curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
		curl_url_set(u, CURLUPART_OPTIONS, NULL, 0);
		curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
		scheme = part(u, CURLUPART_SCHEME, 0);
		if (scheme && (strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0))
			all = part(u, CURLUPART_URL, 0);
		free(scheme);
	}
	curl_url_cleanup(u);
	return all;
}

/* "https://name:443", the port always written. */
static char *
origin(const char *url)
{
	CURLU *u = parse(url);
	char *all = NULL;

	if (u) {
		char *scheme = part(u, CURLUPART_SCHEME, 0);
		char *host = part(u, CURLUPART_HOST, 0);
		char *port = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);

		if (scheme && host && port)
			all = text("%s://%s:%s", scheme, host, port);
		free(scheme);
		free(host);
		free(port);
		curl_url_cleanup(u);
	}
	return all;
}

bool
url_same_origin(const char *a, const char *b)
{
	char *one = origin(a), *two = origin(b);
	bool same = one && two && strcasecmp(one, two) == 0;

	free(one);
	free(two);
	return same;
}

char *
url_host(const char *url)
{
	CURLU *u = parse(url);
	char *host = u ? part(u, CURLUPART_HOST, 0) : NULL;
	char *port = u ? part(u, CURLUPART_PORT, 0) : NULL;

	curl_url_cleanup(u);
	return host && port ? text("%s:%s", host, port) : host;
}

bool
url_is_https(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0;
}

bool
url_is_loopback(const char *url)
{
	CURLU *u = parse(url);
	char *host = u ? part(u, CURLUPART_HOST, 0) : NULL;
	bool is = host && ref_host_is_loopback(host);

	curl_url_cleanup(u);
	free(host);
	return is;
}

char *
url_without_query(const char *url)
{
	return text("%.*s", (int)strcspn(url, "?#"), url);
}

char *
url_escape(const char *value)
{
	char *escaped = curl_easy_escape(NULL, value, 0), *copy;

	if (!escaped)
		die("out of memory");
	copy = text("%s", escaped);
	curl_free(escaped);
	return copy;
}
