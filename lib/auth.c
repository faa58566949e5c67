#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth.h"
#include "auth_helper.h"
#include "auth_key.h"
#include "die.h"
#include "io.h"
#include "json.h"
#include "step.h"

/* The member of `object` whose key fits best, and the key itself; null when none. */
static jv
best_member(jv object, const struct ref *ref, char **key)
{
	jv best = jv_null();
	size_t longest = 0;

	*key = NULL;
	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return best;
	jv_object_foreach(object, k, value) {
		size_t n = auth_key_fits(jv_string_value(k), ref);

		if (n > longest) {
			longest = n;
			*key = text("%s", jv_string_value(k));
			jv_free(best);
			best = value;
		} else {
			jv_free(value);
		}
		jv_free(k);
	}
	return best;
}

/* Base64 to a string; NULL when it is none.  EVP_DecodeBlock(3) counts the padding. */
static char *
decode(const char *base64)
{
	size_t n = strlen(base64);
	unsigned char *out = calloc(1, n + 4);

	if (!out)
		die("out of memory");
	if (n % 4 || EVP_DecodeBlock(out, (const unsigned char *)base64, n) < 0) {
		free(out);
		return NULL;
	}
	return (char *)out;
}

/* {"auth": base64 of USER:PASSWORD, "identitytoken": ...}; docker reads a plain
 * username and password, too. */
static struct auth
read_entry(jv entry)
{
	struct auth auth = {.identity = json_string(entry, "identitytoken")};
	char *pair = json_string(entry, "auth"), *plain = pair ? decode(pair) : NULL;
	char *colon = plain ? strchr(plain, ':') : NULL;

	auth_keep_secret();
	if (auth.identity && !*auth.identity)
		auth.identity = NULL;
	if (colon && colon > plain) {
		*colon = '\0';
		auth.user = plain;
		auth.password = colon + 1;
	} else {
		auth.user = json_string(entry, "username");
		auth.password = json_string(entry, "password");
	}
	return auth;
}

static bool
is_set(const struct auth *auth)
{
	return (auth->user && auth->password) || auth->identity;
}

/* A helper of this host's own, the helper for all, then what the file itself holds:
 * docker login leaves an empty entry there when a helper keeps the secret. */
static struct auth
search_config(jv config, const struct ref *ref)
{
	jv helpers = json_member(config, "credHelpers"), auths = json_member(config, "auths");
	struct auth auth = {0};
	char *key, *name = NULL;
	jv found = best_member(helpers, ref, &key);

	if (jv_get_kind(found) == JV_KIND_STRING)
		name = text("%s", jv_string_value(found));
	else
		name = json_string(config, "credsStore");
	jv_free(found);
	if (name && *name)
		auth = auth_helper(name, strcmp(ref->host, "docker.io") == 0
						 ? "https://index.docker.io/v1/"
						 : key ? key : ref->host);
	if (!is_set(&auth)) {
		found = best_member(auths, ref, &key);
		auth = read_entry(found);
		jv_free(found);
	}
	jv_free(helpers);
	jv_free(auths);
	return auth;
}

/* dir NULL: that variable is not set. */
static struct auth
search_file(const char *dir, const char *name, const struct ref *ref)
{
	char *path, *content;
	struct auth auth;
	jv config;

	if (!dir || !*dir)
		return (struct auth){0};
	path = text("%s%s", dir, name);
	content = read_file_at(AT_FDCWD, path);
	if (!content && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return (struct auth){0};
	if (!content)
		die_errno("read %s", path);
	config = json_parse(content, strlen(content));
	explicit_bzero(content, strlen(content));
	if (jv_get_kind(config) != JV_KIND_OBJECT)
		die("read %s: not a JSON object", path);
	auth = search_config(config, ref);
	jv_free(config);
	return auth;
}

struct auth
auth_find(const struct ref *ref)
{
	const char *named = getenv("REGISTRY_AUTH_FILE"), *home = getenv("HOME");
	const char *run = getenv("XDG_RUNTIME_DIR"), *config = getenv("XDG_CONFIG_HOME");
	struct {
		const char *dir, *name;
	} files[] = {
		{getenv("DOCKER_CONFIG"), "/config.json"},
		/* Without that variable podman-login(1) of root writes here. */
		{run && *run ? run : text("/run/containers/%d", (int)getuid()),
		 run && *run ? "/containers/auth.json" : "/auth.json"},
		{config && *config ? config : home ? text("%s/.config", home) : NULL,
		 "/containers/auth.json"},
		{home, "/.docker/config.json"},
	};
	struct auth auth = {0};

	if (named && *named)
		return search_file(named, "", ref);
	for (unsigned i = 0; i < sizeof files / sizeof files[0] && !is_set(&auth); i++)
		auth = search_file(files[i].dir, files[i].name, ref);
	return auth;
}
