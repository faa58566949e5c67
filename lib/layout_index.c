#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "json.h"
#include "layout.h"
#include "step.h"

static const char ref_name[] = "org.opencontainers.image.ref.name";

/* index.json; with none there, an empty one.  Dies when it is something else: a file
 * that we don't understand is not ours to replace. */
static jv
read_index(const struct layout *l)
{
	char *buf = read_file_at(l->fd, "index.json");
	jv index;

	if (!buf && errno == ENOENT)
		return json_parse("{\"schemaVersion\":2,\"manifests\":[]}", 34);
	if (!buf)
		die_errno("read %s/index.json", l->path);
	index = json_parse(buf, strlen(buf));
	if (!json_has_array(index, "manifests"))
		die("read %s/index.json: not an image index", l->path);
	free(buf);
	return index;
}

/* The name of an entry, allocated, or NULL. */
static char *
entry_name(jv entry)
{
	jv notes = json_member(entry, "annotations");
	char *name = json_string(notes, ref_name);

	jv_free(notes);
	return name;
}

/* "docker.io/library/alpine:3.20" ends in the tag "3.20". */
static bool
ends_in(const char *name, const char *tag)
{
	size_t n = strlen(name), t = strlen(tag);

	return n > t && name[n - t - 1] == ':' && strcmp(name + n - t, tag) == 0;
}

jv
layout_names(const struct layout *l)
{
	jv index = read_index(l), manifests = json_member(index, "manifests"), names = jv_array();

	jv_array_foreach(manifests, i, entry) {
		char *name = entry_name(entry);

		if (name)
			names = jv_array_append(names, jv_string(name));
		free(name);
		jv_free(entry);
	}
	jv_free(manifests);
	jv_free(index);
	return names;
}

static _Noreturn void
no_such(const struct layout *l, const char *tag, const char *problem, jv manifests)
{
	char *names = text("%s", "");

	jv_array_foreach(manifests, i, entry) {
		char *name = entry_name(entry);

		if (name)
			names = text("%s%s%s", names, *names ? ", " : "", name);
		jv_free(entry);
	}
	die_with(EXIT_NOT_FOUND, "find %s in layout %s: %s; it has: %s", tag ? tag : "an image",
		 l->path, problem, *names ? names : "nothing with a name");
}

jv
layout_find(const struct layout *l, const char *tag)
{
	jv index = read_index(l), manifests = json_member(index, "manifests"), found;
	int count = jv_array_length(jv_copy(manifests)), exact = -1, near = -1, nears = 0;

	jv_free(index);
	jv_array_foreach(manifests, i, entry) {
		char *name = entry_name(entry);

		if (tag && name && strcmp(name, tag) == 0 && exact < 0)
			exact = i;
		else if (tag ? name && ends_in(name, tag) : true)
			near = i, nears++;
		free(name);
		jv_free(entry);
	}
	if (exact < 0 && nears == 1)
		exact = near;
	if (exact < 0)
		no_such(l, tag, nears ? "several match" : count ? "no such name" : "it is empty",
			manifests);
	found = jv_array_get(manifests, exact);
	return found;
}

void
layout_record(const struct layout *l, const char *name, jv descriptor)
{
	jv index, manifests, kept = jv_array(), notes, dumped;

	/* Read, change, replace: the lock makes it one act among all of our kind. */
	layout_lock(l);
	index = read_index(l);
	manifests = json_member(index, "manifests");
	jv_array_foreach(manifests, i, entry) {
		char *old = entry_name(entry);

		if (old && strcmp(old, name) == 0)
			jv_free(entry);
		else
			kept = jv_array_append(kept, entry);
		free(old);
	}
	jv_free(manifests);
	notes = json_member(descriptor, "annotations");
	if (jv_get_kind(notes) != JV_KIND_OBJECT)
		notes = jv_object();
	notes = jv_object_set(notes, jv_string(ref_name), jv_string(name));
	descriptor = jv_object_set(descriptor, jv_string("annotations"), notes);
	index = jv_object_set(index, jv_string("manifests"), jv_array_append(kept, descriptor));
	dumped = jv_string_append_str(jv_dump_string(index, 0), "\n");
	layout_replace(l->fd, "index.json", jv_string_value(dumped),
		       jv_string_length_bytes(jv_copy(dumped)));
	jv_free(dumped);
	layout_unlock(l);
}
