#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "challenge.h"
#include "die.h"

/* RFC 9110 5.6.2: the characters of a token. */
static size_t
token_length(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			 "!#$%&'*+-.^_`|~");
}

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* Read a value behind "=": a quoted string with its escapes undone, or everything up
 * to a comma or blank (a token strictly; servers send URLs unquoted). */
static const char *
read_value(const char *s, char **value)
{
	char *out = malloc(strlen(s) + 1), *p = out;

	if (!out)
		die("out of memory");
	if (*s == '"') {
		for (s++; *s && *s != '"'; s++) {
			if (*s == '\\' && s[1])
				s++;
			*p++ = *s;
		}
		s += *s == '"';
	} else {
		while (*s && !strchr(", \t", *s))
			*p++ = *s++;
	}
	*p = '\0';
	*value = out;
	return s;
}

/* The first occurrence of a parameter counts. */
static void
keep(struct challenge *c, const char *name, size_t n, char *value)
{
	static const char *const names[] = {"realm", "service", "scope", "error"};
	char **slots[] = {&c->realm, &c->service, &c->scope, &c->error};

	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strlen(names[i]) == n && strncasecmp(names[i], name, n) == 0 && !*slots[i]) {
			*slots[i] = value;
			return;
		}
	}
	free(value);
}

void
challenge_free(struct challenge *c)
{
	free(c->realm);
	free(c->service);
	free(c->scope);
	free(c->error);
	*c = (struct challenge){0};
}

/* The grammar is ambiguous until one looks past the word: "Bearer realm=..." is a
 * scheme followed by a parameter, "realm=..." a parameter, "Negotiate abc==" a scheme
 * with a blob.  A word followed by "=" is a parameter of the challenge before it. */
static const char *
read_word(const char *s, struct challenge *current, bool *in_scheme, const char *scheme)
{
	size_t n = token_length(s);
	const char *after = skip_blanks(s + n);
	char *value;

	if (n == 0)
		return s + 1; /* a stray byte: go on behind it */
	if (*after == '=') {
		after = read_value(skip_blanks(after + 1), &value);
		if (*in_scheme)
			keep(current, s, n, value);
		else
			free(value);
		return after;
	}
	*in_scheme = strlen(scheme) == n && strncasecmp(s, scheme, n) == 0;
	if (*in_scheme)
		challenge_free(current);
	return s + n;
}

bool
challenge_find(const char *field, const char *scheme, struct challenge *out)
{
	bool in_scheme = false, needs_realm = strcasecmp(scheme, "Bearer") == 0;
	bool found = false;

	*out = (struct challenge){0};
	while (*(field += strspn(field, ", \t"))) {
		bool was = in_scheme;

		/* The next scheme word ends a challenge that is complete. */
		if (in_scheme && found && (out->realm || !needs_realm)) {
			size_t n = token_length(field);

			if (n && *skip_blanks(field + n) != '=')
				return true;
		}
		field = read_word(field, out, &in_scheme, scheme);
		found = found || (in_scheme && !was);
	}
	if (found && (out->realm || !needs_realm))
		return true;
	challenge_free(out);
	return false;
}
