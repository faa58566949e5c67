#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "digest.h"
#include "image_config.h"
#include "io.h"
#include "json.h"
#include "step.h"

jv
image_config_read(const char *layout, const char *digest)
{
	char *path = text("%s/blobs/%.6s/%s", layout, digest, digest_hex(digest));
	char *json = malloc(MANIFEST_MAX + 1), is[DIGEST_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	jv config;

	if (!json)
		die("out of memory");
	n = fd < 0 ? -1 : read_all(fd, json, MANIFEST_MAX + 1);
	if (n < 0)
		die_errno("read the config %s", path);
	close(fd);
	if (n > MANIFEST_MAX)
		die("read the config %s: larger than %d bytes", path, MANIFEST_MAX);
	if (strcmp(digest_of(digest, json, n, is), digest) != 0)
		die_with(EXIT_MISMATCH, "read the config %s: it is %s", path, is);
	config = json_parse(json, n);
	if (jv_get_kind(config) != JV_KIND_OBJECT)
		die("read the config %s: not an image's config", path);
	free(json);
	return config;
}

const char *
image_config_string(jv value, const char *what)
{
	if (jv_get_kind(value) == JV_KIND_NULL)
		return "";
	if (jv_get_kind(value) != JV_KIND_STRING)
		die("the config's %s is malformed", what);
	if (strlen(jv_string_value(value)) != (size_t)jv_string_length_bytes(jv_copy(value)))
		die("the config's %s holds a NUL", what);
	return jv_string_value(value);
}

char **
image_config_strings(jv object, const char *what)
{
	jv list = json_member(object, what);
	char **out;
	int n;

	if (jv_get_kind(list) == JV_KIND_OBJECT)
		list = jv_keys(list);
	if (jv_get_kind(list) == JV_KIND_NULL)
		list = jv_array();
	if (jv_get_kind(list) != JV_KIND_ARRAY)
		die("the config's %s is malformed", what);
	n = jv_array_length(jv_copy(list));
	out = calloc(n + 1, sizeof *out);
	for (int i = 0; out && i < n; i++) {
		jv value = jv_array_get(jv_copy(list), i);

		if (jv_get_kind(value) != JV_KIND_STRING)
			die("the config's %s is malformed", what);
		out[i] = text("%s", image_config_string(value, what));
		jv_free(value);
	}
	if (!out)
		die("out of memory");
	jv_free(list);
	return out;
}

void
image_config_check(jv config, const struct blob *layers, size_t count, const char *unpacked)
{
	jv rootfs = json_member(config, "rootfs");
	char **ids = image_config_strings(rootfs, "diff_ids");

	for (size_t i = 0; i < count; i++) {
		char *path = text("%s/%s.id", unpacked, digest_hex(layers[i].digest));
		char *id = read_file_at(AT_FDCWD, path);

		if (!id)
			die_errno("read %s", path);
		/* Two pulls at once may both have noted it. */
		id[strcspn(id, "\n")] = '\0';
		if (!ids[i] || strcmp(id, ids[i]) != 0)
			die_with(EXIT_MISMATCH, "layer %s is %s, the config says %s",
				 layers[i].digest, id, ids[i] ? ids[i] : "nothing");
		free(id);
	}
	if (ids[count])
		die_with(EXIT_MISMATCH, "the config names more layers than the manifest");
	jv_free(rootfs);
}
