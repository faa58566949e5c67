#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "digest.h"
#include "ref.h"
#include "step.h"

enum { TAG_MAX = 128, NAME_MAX_BYTES = 255 };

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static char *
take(const char *s, size_t n)
{
	char *copy = strndup(s, n);

	if (!copy)
		die("out of memory");
	return copy;
}

/* One name component or several: lower-case words joined by one ".", one or two "_",
 * or any number of "-"; components by "/". */
static bool
path_valid(const char *s)
{
	for (;;) {
		size_t n = strspn(s, LOWER DIGIT);

		if (n == 0)
			return false;
		s += n;
		if (*s == '\0')
			return true;
		if (*s == '/' || *s == '.')
			s++;
		else if (*s == '_')
			s += s[1] == '_' ? 2 : 1;
		else if (*s == '-')
			s += strspn(s, "-");
		else
			return false;
	}
}

/* Words of letters, digits and inner dashes joined by dots, or [IPv6]; then perhaps
 * ":port".  Nothing here can be mistaken for user info or a path in a URL. */
static bool
host_valid(const char *s)
{
	if (*s == '[') {
		size_t n = strspn(++s, DIGIT "abcdefABCDEF:.");

		if (n < 2 || s[n] != ']')
			return false;
		s += n + 1;
	} else {
		for (;;) {
			size_t n = strspn(s, LOWER UPPER DIGIT "-");

			if (n == 0 || *s == '-' || s[n - 1] == '-')
				return false;
			s += n;
			if (*s != '.')
				break;
			s++;
		}
	}
	if (*s == '\0')
		return true;
	if (*s++ != ':' || strspn(s, DIGIT) != strlen(s) || strlen(s) > 5)
		return false;
	return atoi(s) > 0 && atoi(s) < 65536;
}

static bool
tag_valid(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= TAG_MAX && *s != '.' && *s != '-' &&
	       strspn(s, LOWER UPPER DIGIT "_.-") == n;
}

/* The part before the first slash is a host only if it cannot be a Hub user's name. */
static bool
looks_like_host(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strchr(".:[" UPPER, s[i]))
			return true;
	return n == strlen("localhost") && strncmp(s, "localhost", n) == 0;
}

/* docker.io has two older names, and gives one-part names to "library". */
static void
set_name(struct ref *ref, const char *name)
{
	const char *slash = strchr(name, '/');

	if (slash && looks_like_host(name, slash - name)) {
		ref->host = take(name, slash - name);
		name = slash + 1;
	} else {
		ref->host = take("docker.io", 9);
	}
	if (strcmp(ref->host, "index.docker.io") == 0) {
		free(ref->host);
		ref->host = take("docker.io", 9);
	}
	if (strcmp(ref->host, "docker.io") == 0 && !strchr(name, '/') && *name)
		ref->repository = text("library/%s", name);
	else
		ref->repository = take(name, strlen(name));
}

/* oci:LAYOUT[:TAG|:DIGEST|@DIGEST].  The directory ends at the first colon, as skopeo(1) has it: a
 * tag is often a whole image name and has colons of its own. */
static bool
parse_layout(struct ref *ref, const char *s, const char **why)
{
	const char *at = strrchr(s, '@');
	size_t n = strcspn(s, ":");

	if (at && at < s + n && digest_valid(at + 1))
		n = at - s;
	*why = "oci: needs the directory of a layout";
	if (n == 0)
		return false;
	ref->layout = take(s, n);
	if (s[n] == '\0')
		return true;
	s += n + 1;
	*why = "the name of a layout's entry is empty or too long";
	if (*s == '\0' || strlen(s) > 2 * NAME_MAX_BYTES)
		return false;
	if (digest_valid(s))
		ref->digest = take(s, strlen(s));
	else
		ref->tag = take(s, strlen(s));
	return true;
}

/* Cut digest and tag off the end of name, from the right: a tag never has a slash, so
 * a colon before one belongs to a port. */
static bool
cut_tail(struct ref *ref, char *name, const char **why)
{
	char *at = strchr(name, '@'), *colon, *slash;

	if (at) {
		*at = '\0';
		ref->digest = take(at + 1, strlen(at + 1));
		*why = "a digest is sha256:<64 hex digits> or sha512:<128>";
		if (!digest_valid(ref->digest))
			return false;
	}
	slash = strrchr(name, '/');
	colon = strrchr(name, ':');
	if (colon && (!slash || colon > slash)) {
		*colon = '\0';
		ref->tag = take(colon + 1, strlen(colon + 1));
		*why = "a tag is up to 128 letters, digits, _ . and -";
		if (!tag_valid(ref->tag))
			return false;
	}
	if (!ref->tag && !ref->digest)
		ref->tag = take("latest", 6);
	return true;
}

static bool
parse_registry(struct ref *ref, const char *s, const char **why)
{
	char *name;
	bool ok;

	*why = "write HOST/NAME:TAG without a scheme";
	if (strstr(s, "://"))
		return false;
	name = take(s, strlen(s));
	ok = cut_tail(ref, name, why);
	if (ok) {
		set_name(ref, name);
		*why = "a registry is HOST[:PORT]";
		ok = host_valid(ref->host);
	}
	if (ok) {
		*why = "a name is lower-case words joined by . _ - and /";
		ok = path_valid(ref->repository);
	}
	if (ok) {
		*why = "a name has at most 255 bytes";
		ok = strlen(ref->host) + 1 + strlen(ref->repository) <= NAME_MAX_BYTES;
	}
	if (ok && !strchr(name, '/')) {
		*why = "64 hex digits are an image id, which a registry doesn't know";
		ok = !(strlen(name) == 64 && strspn(name, DIGIT "abcdef") == 64);
	}
	free(name);
	return ok;
}

void
ref_free(struct ref *ref)
{
	free(ref->host);
	free(ref->repository);
	free(ref->tag);
	free(ref->digest);
	free(ref->layout);
	*ref = (struct ref){0};
}

bool
ref_parse(struct ref *ref, const char *s, const char **why)
{
	bool ok;

	*ref = (struct ref){0};
	ok = strncmp(s, "oci:", 4) == 0 ? parse_layout(ref, s + 4, why)
					: parse_registry(ref, s, why);
	if (!ok)
		ref_free(ref);
	return ok;
}

struct ref
ref_must(const char *s)
{
	const char *why;
	struct ref ref;

	if (!ref_parse(&ref, s, &why))
		usage("image name '%s': %s", s, why);
	return ref;
}

char *
ref_name(const struct ref *ref)
{
	if (ref->layout)
		return text("%s", ref->tag ? ref->tag : ref->digest ? ref->digest : "latest");
	return text("%s/%s%c%s", ref->host, ref->repository, ref->digest ? '@' : ':',
		    ref_word(ref));
}

const char *
ref_word(const struct ref *ref)
{
	return ref->digest ? ref->digest : ref->tag;
}

const char *
ref_api_host(const struct ref *ref)
{
	return strcmp(ref->host, "docker.io") == 0 ? "registry-1.docker.io" : ref->host;
}

bool
ref_host_is_loopback(const char *host)
{
	size_t n = strcspn(host, ":");
	unsigned a, b, c, d;
	int end = 0;

	if (*host == '[')
		return strncmp(host, "[::1]", 5) == 0;
	if (n == strlen("localhost") && strncasecmp(host, "localhost", n) == 0)
		return true;
	/* Only the dotted form: curl would read 127.1 too, but so must every reader. */
	return sscanf(host, "%3u.%3u.%3u.%3u%n", &a, &b, &c, &d, &end) == 4 &&
	       (size_t)end == n && a == 127 && b < 256 && c < 256 && d < 256;
}
