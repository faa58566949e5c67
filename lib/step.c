#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "step.h"

bool step_explain;
bool step_dry;

static char *__attribute__((format(printf, 1, 0)))
vtext(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		die("out of memory");
	return s;
}

char *
text(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = vtext(fmt, ap);
	va_end(ap);
	return s;
}

/* Each line of the text gets its prefix: one line is one act to the reader's eye. */
static void
print_lines(FILE *out, const char *prefix, const char *s)
{
	do {
		size_t n = strcspn(s, "\n");

		fprintf(out, "%s%.*s\n", prefix, (int)n, s);
		s += n;
	} while (*s++ == '\n' && *s);
}

bool
step(enum step_mark mark, const char *fmt, ...)
{
	static bool begun;
	char prefix[3] = {mark, ' ', '\0'};
	va_list ap;
	char *s;

	if (!step_dry && !step_explain)
		return true;
	va_start(ap, fmt);
	s = vtext(fmt, ap);
	va_end(ap);
	if (!step_dry) {
		print_lines(stderr, prefix, s);
		free(s);
		return true;
	}
	if (!begun)
		puts("set -e");
	begun = true;
	/* A quoted word may span lines: only comments are prefixed line by line. */
	if (mark == STEP_NONE)
		print_lines(stdout, "# ! ", s);
	else
		puts(s);
	flush_stdout();
	free(s);
	return false;
}

char *
sh(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789%+,-./:=@_^";
	char *out, *p;

	if (*word && strspn(word, plain) == strlen(word))
		return text("%s", word);
	/* Inside single quotes only the quote itself is special: ' becomes '\''. */
	p = out = malloc(4 * strlen(word) + 3);
	if (!out)
		die("out of memory");
	*p++ = '\'';
	for (; *word; word++) {
		if (*word == '\'')
			p = stpcpy(p, "'\\''");
		else
			*p++ = *word;
	}
	strcpy(p, "'");
	return out;
}

char *
sh_words(char *const *words)
{
	char *all = text("%s", *words ? sh(*words) : "");

	for (words += *words != NULL; *words; words++)
		all = text("%s %s", all, sh(*words));
	return all;
}
