#include <stdlib.h>
#include <string.h>

#include "byhand.h"
#include "http.h"
#include "step.h"

/* What the tool's own options and SSL_CERT_FILE mean to curl.  As a function, so that
 * each line below stays readable; curl itself would let CURL_CA_BUNDLE go first. */
static void
set_up_curl(void)
{
	const char *ca = getenv("SSL_CERT_FILE");
	char *options = http_curl_options();

	if (!http_settings.ca_file && ca && *ca)
		options = text(" --cacert %s%s", sh(ca), options);
	if (*options)
		step(STEP_SAME, "curl() { command curl%s \"$@\"; }", options);
}

/* A registry on this machine may be plain http: then curl's handshake fails with status
 * 35, and only then http is tried.  set -e looks away inside such a list, hence exit. */
char *
byhand_call(const struct registry *reg, const char *command, const char *tail,
	    const char *options)
{
	char *path = text("%s/v2/%s/%s", ref_api_host(reg->ref), reg->ref->repository, tail);
	char *https = text("https://%s", path), *http = text("http://%s", path);

	/* A tail with a variable of the script in it can't be in single quotes. */
	https = strchr(tail, '$') ? text("\"%s\"", https) : sh(https);
	http = strchr(tail, '$') ? text("\"%s\"", http) : sh(http);
	if (!reg->loopback && !http_settings.insecure)
		return text("%s %s%s", command, https, options);
	return text("{ %s %s%s || { [ $? = 35 ] && %s %s%s; } || exit; }", command, https, options,
		    command, http, options);
}

/* What podman login and docker login left, in the form of Basic authentication: the
 * rules of auth.c in jq.  A helper's answer goes the same way. */
static void
find_credentials(const struct ref *ref)
{
	bool hub = strcmp(ref->host, "docker.io") == 0;

	step(STEP_SAME,
	     "find_auth() {\n"
	     "	helper=$(jq -r --arg host %s '.credHelpers[$host] // .credsStore // empty' \"$1\")\n"
	     "	[ -z \"$helper\" ] || auth=$(echo %s | \"docker-credential-$helper\" get |\n"
	     "		jq -j '\"\\(.Username):\\(.Secret)\"' | base64 -w0)\n"
	     "	[ -n \"$auth\" ] || auth=$(jq -r --arg name %s '[.auths // {} | to_entries[] |\n"
	     "		.at = (.key | sub(\"^https?://\"; \"\") | sub(\"/+$\"; \"\") | sub(\"/v[12]$\"; \"\") |\n"
	     "			sub(\"^(index|registry-1)[.]docker[.]io\"; \"docker.io\")) |\n"
	     "		select(.at as $at | $name | startswith($at + \"/\") or . == $at)] |\n"
	     "		max_by(.at | length).value.auth // empty' \"$1\")\n"
	     "}",
	     sh(ref->host), hub ? "https://index.docker.io/v1/" : sh(ref->host),
	     sh(text("%s/%s", ref->host, ref->repository)));
	step(STEP_SAME,
	     "set -- ${DOCKER_CONFIG:+\"$DOCKER_CONFIG/config.json\"} \\\n"
	     "	\"${XDG_RUNTIME_DIR:-/run/containers/$(id -u)}${XDG_RUNTIME_DIR:+/containers}/auth.json\" \\\n"
	     "	\"${XDG_CONFIG_HOME:-${HOME-}/.config}/containers/auth.json\" \\\n"
	     "	\"${HOME-}/.docker/config.json\"\n"
	     "[ -z \"${REGISTRY_AUTH_FILE-}\" ] || set -- \"$REGISTRY_AUTH_FILE\"\n"
	     "auth=\n"
	     "for file do\n"
	     "	[ -n \"$auth\" ] || [ ! -f \"$file\" ] || find_auth \"$file\"\n"
	     "done");
}

/* The challenge in $challenge, and how to read it. */
static void
ask(const struct registry *reg)
{
	step(STEP_SAME, "ask() { curl -sSI -H 'Accept: %s' \"$@\"; }", MANIFEST_ACCEPT);
	step(STEP_SAME,
	     "challenge=$(%s | tr -d '\\r' | sed -n 's/^www-authenticate: *bearer *//Ip')\n"
	     "field() { echo \"$challenge\" | sed -n \"s/.*$1=\\\"\\([^\\\"]*\\)\\\".*/\\1/p\"; }",
	     byhand_call(reg, "ask", text("manifests/%s", ref_word(reg->ref)), ""));
}

/* A command that prints the token, or nothing where there was no challenge. */
static char *
token_command(const struct registry *reg)
{
	return text("if [ -n \"$challenge\" ]; then\n"
		    "	echo \"${auth:+Authorization: Basic $auth}\" |\n"
		    "	curl -fsSL -H @- -G --data-urlencode \"service=$(field service)\" \\\n"
		    "		--data-urlencode scope=repository:%s:%s \"$(field realm)\" |\n"
		    "	jq -r '.token // .access_token'; fi",
		    reg->ref->repository, reg->actions);
}

void
byhand_token(struct registry *reg)
{
	set_up_curl();
	find_credentials(reg->ref);
	ask(reg);
	step(STEP_SAME, "%s", token_command(reg));
}

void
byhand_log_in(const struct registry *reg)
{
	set_up_curl();
	find_credentials(reg->ref);
	step(STEP_SAME, "if [ -z \"${REG_TOKEN-}\" ]; then");
	ask(reg);
	step(STEP_SAME, "REG_TOKEN=$(%s)\nfi", token_command(reg));
	step(STEP_SAME,
	     "get() {\n"
	     "	if [ -n \"$REG_TOKEN\" ]; then echo \"Authorization: Bearer $REG_TOKEN\"\n"
	     "	else echo \"${auth:+Authorization: Basic $auth}\"; fi |\n"
	     "	curl -fsSL -H @- -H 'Accept-Encoding: identity' \"$@\"\n"
	     "}");
}

