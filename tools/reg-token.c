/* SPDX-License-Identifier: ISC
 *
 * reg-token: ask a registry who may come in, and get the pass.
 *
 *  1. GET the image's manifest without saying who we are.  A registry that wants a
 *     token answers 401 and names its token server: WWW-Authenticate, RFC 9110 11.6.1.
 *     Where the resource gives no challenge, ask /v2/ for one.
 *  2. Look for credentials of this registry in the files that docker login and podman
 *     login write; containers-auth.json(5).
 *  3. GET a token for this repository and these actions from the token server; JSON.
 *
 * By hand: curl -sI https://registry/v2/NAME/manifests/TAG        (read the challenge)
 *          curl -s 'REALM?service=SERVICE&scope=SCOPE' | jq -r .token
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "byhand.h"
#include "cli.h"
#include "die.h"
#include "http.h"
#include "io.h"
#include "manifest.h"
#include "registry.h"
#include "request.h"
#include "step.h"

static const char help[] =
	"usage: reg-token [-a pull|push,pull] [-u USER --password-stdin] IMAGE\n"
	"Print a token for IMAGE's repository; nothing where the registry wants none.\n"
	"  -a, --actions A        what the token is for: pull (default), push,pull\n"
	"  -u, --user USER        log in as USER ...\n"
	"      --password-stdin   ... with the password on standard input\n"
	HTTP_HELP
	"  -q, --quiet            no warnings\n"
	"  -h, --help  -V, --version\n"
	"Status: 0 done, 1 failed, 2 usage, 3 refused, 4 not found, 5 rate-limited.\n"
	"Examples:\n"
	"  reg-token alpine\n"
	"  REG_TOKEN=$(reg-token -a push,pull ghcr.io/me/app) reg-push -C store ...\n";

enum { OPT_PASSWORD_STDIN = 1 };

static const struct option longopts[] = {
	{"actions", required_argument, NULL, 'a'},
	CLI_LONG,
	HTTP_LONG,
	{"password-stdin", no_argument, NULL, OPT_PASSWORD_STDIN},
	{"user", required_argument, NULL, 'u'},
	{0},
};

/* pull, push and delete in any order; the registry's own names.  A token server gives
 * what it can, so an unknown word would go unnoticed until the upload fails. */
static const char *
check_actions(const char *list)
{
	static const char *const known[] = {"pull", "push", "delete", "*"};

	for (const char *p = list;; p++) {
		size_t n = strcspn(p, ","), i = 0;

		while (i < 4 && !(strlen(known[i]) == n && strncmp(p, known[i], n) == 0))
			i++;
		if (i == 4)
			usage("-a '%s': actions are pull, push, delete", list);
		p += n;
		if (!*p)
			return list;
	}
}

/* 1. Get a challenge, and 2. and 3. log in by it.  False: the registry is open. */
static bool
log_in(struct registry *reg)
{
	struct request r = {.registry = reg, .anonymous = true,
			    .accept = MANIFEST_ACCEPT, .text_max = MANIFEST_MAX};
	char *field;

	r.url = registry_url(reg, "manifests/%s", ref_word(reg->ref));
	request_do(&r);
	field = http_field(&r.http, "WWW-Authenticate");
	/* An open registry lets everybody pull; only /v2/ tells about pushing, and about
	 * repositories that are hidden behind a 404. */
	if (r.status >= 200 && r.status < 300 && strcmp(reg->actions, "pull") == 0)
		return false;
	if (r.status == 0 || r.status == 429 || r.status >= 500 || r.refused_target)
		request_check(&r, "GET manifest");
	if (registry_login(reg, r.status == 401 || r.status == 403 ? field : NULL))
		return true;
	/* Passwords are no token, but a door without a bell is shut. */
	if (!reg->basic && (r.status == 401 || r.status == 403))
		request_check(&r, "GET manifest");
	return false;
}

int
main(int argc, char **argv)
{
	const char *actions = "pull", *user = NULL;
	bool from_stdin = false;
	struct registry reg;
	struct ref ref;
	int c;

	cli_start(argv);
	while ((c = getopt_long(argc, argv, "+" CLI_SHORT "a:u:", longopts, NULL)) != -1) {
		switch (c) {
		case 'a':
			actions = check_actions(optarg);
			break;
		case 'u':
			user = optarg;
			break;
		case OPT_PASSWORD_STDIN:
			from_stdin = true;
			break;
		default:
			if (!http_option(c, optarg))
				cli_common(c, help);
		}
	}
	cli_late_option(argv + optind);
	if (argc - optind != 1)
		usage("one IMAGE is needed");
	if (from_stdin != (user != NULL))
		usage("-u USER and --password-stdin go together");
	ref = ref_must(argv[optind]);
	if (ref.layout)
		return 0; /* a directory asks for no token */
	unsetenv("REG_TOKEN"); /* we are here to get a new one */
	reg = registry_open(&ref, actions);
	if (step_dry) {
		byhand_token(&reg);
		return 0;
	}
	if (user) {
		reg.auth = auth_from_stdin(user);
		reg.auth_known = true;
	}
	if (log_in(&reg) && registry_token(&reg))
		puts(registry_token(&reg));
	close_stdout();
	return 0;
}
