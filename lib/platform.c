#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "json.h"
#include "platform.h"
#include "step.h"

/* Other names for what the registries use (Go's GOARCH), and the variant implied. */
static const struct {
	const char *name, *arch, *variant;
} aliases[] = {
	{"x86_64", "amd64", ""},   {"x86-64", "amd64", ""},  {"aarch64", "arm64", ""},
	{"armv8l", "arm", "v7"},   {"armv7l", "arm", "v7"},  {"armhf", "arm", "v7"},
	{"armv6l", "arm", "v6"},   {"armel", "arm", "v6"},   {"armv5tel", "arm", "v5"},
	{"i386", "386", ""},	   {"i486", "386", ""},	     {"i586", "386", ""},
	{"i686", "386", ""},	   {"loongarch64", "loong64", ""},
};

/* Store os, arch and variant in their normal form. */
static bool
fill(struct platform *p, const char *os, const char *arch, const char *variant)
{
	for (unsigned i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
		if (strcmp(arch, aliases[i].name) != 0)
			continue;
		arch = aliases[i].arch;
		if (!*variant)
			variant = aliases[i].variant;
		break;
	}
	if ((strcmp(arch, "arm64") == 0 && (strcmp(variant, "v8") == 0 || strcmp(variant, "8") == 0)) ||
	    (strcmp(arch, "amd64") == 0 && strcmp(variant, "v1") == 0))
		variant = "";
	return snprintf(p->os, sizeof p->os, "%s", os) < (int)sizeof p->os &&
	       snprintf(p->arch, sizeof p->arch, "%s", arch) < (int)sizeof p->arch &&
	       snprintf(p->variant, sizeof p->variant, "%s", variant) < (int)sizeof p->variant;
}

bool
platform_parse(struct platform *p, const char *s)
{
	char os[32] = "", arch[32] = "", variant[16] = "";
	int end = 0, n;

#define WORD "[a-z0-9_.-]"
	n = sscanf(s, "%31" WORD "/%31" WORD "%n/%15" WORD "%n", os, arch, &end, variant, &end);
	if (n < 2 || s[end] != '\0' || strstr(s, "..") || strchr(".-_", *os) || strchr(".-_", *arch))
		return false;
	return fill(p, os, arch, variant);
}

struct platform
platform_here(void)
{
	struct utsname u;
	struct platform p;

	if (uname(&u) < 0 || !fill(&p, "linux", u.machine, ""))
		fill(&p, "linux", "amd64", "");
	return p;
}

bool
platform_from_json(struct platform *p, jv object)
{
	char *os = json_string(object, "os"), *arch = json_string(object, "architecture");
	char *variant = json_string(object, "variant");
	bool ok = os && arch && *os && *arch && fill(p, os, arch, variant ? variant : "");

	free(os);
	free(arch);
	free(variant);
	return ok;
}

/* "v7" is 7; what is no such name is 0. */
static int
level(const char *variant)
{
	int n = 0, end = 0;

	return sscanf(variant, "v%2d%n", &n, &end) == 1 && !variant[end] && n > 0 ? n : 0;
}

int
platform_match(const struct platform *want, const struct platform *offer)
{
	bool arm = strcmp(want->arch, "arm") == 0;
	int base = strcmp(want->arch, "arm64") == 0 ? 8 : strcmp(want->arch, "amd64") == 0 ? 1 : 0;
	int have, need;

	if (strcmp(want->os, offer->os) != 0 || strcmp(want->arch, offer->arch) != 0 ||
	    strcmp(offer->os, "unknown") == 0)
		return 0;
	if (!arm && !base)
		return strcmp(want->variant, offer->variant) == 0;
	/* docker and containerd read a bare "arm" as v7. */
	need = *want->variant ? level(want->variant) : arm ? 7 : base;
	if (!*offer->variant)
		return need >= base ? 1 + base : 0;
	have = level(offer->variant);
	return have > 0 && have >= base && have <= need ? 1 + have : 0;
}

char *
platform_text(const struct platform *p)
{
	return text("%s/%s%s%s", p->os, p->arch, *p->variant ? "/" : "", p->variant);
}
