#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "json.h"

jv
json_parse(const char *text, size_t n)
{
	if (n > INT_MAX)
		return jv_invalid();
	return jv_parse_sized(text, n);
}

jv
json_member(jv object, const char *name)
{
	jv value;

	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return jv_null();
	value = jv_object_get(jv_copy(object), jv_string(name));
	if (jv_is_valid(value))
		return value;
	jv_free(value);
	return jv_null();
}

char *
json_string(jv object, const char *name)
{
	jv value = json_member(object, name);
	char *copy = NULL;

	if (jv_get_kind(value) == JV_KIND_STRING &&
	    strlen(jv_string_value(value)) == (size_t)jv_string_length_bytes(jv_copy(value))) {
		copy = strdup(jv_string_value(value));
		if (!copy)
			die("out of memory");
	}
	jv_free(value);
	return copy;
}

long long
json_count(jv object, const char *name)
{
	jv value = json_member(object, name);
	double d = -1;

	if (jv_get_kind(value) == JV_KIND_NUMBER)
		d = jv_number_value(value);
	jv_free(value);
	/* Doubles are exact up to 2^53, and no blob is larger. */
	if (!(d >= 0 && d <= 9007199254740992.0) || d != (double)(long long)d)
		return -1;
	return (long long)d;
}

static bool
has_kind(jv object, const char *name, jv_kind kind)
{
	jv value = json_member(object, name);
	bool is = jv_get_kind(value) == kind;

	jv_free(value);
	return is;
}

bool
json_has_array(jv object, const char *name)
{
	return has_kind(object, name, JV_KIND_ARRAY);
}

bool
json_has_object(jv object, const char *name)
{
	return has_kind(object, name, JV_KIND_OBJECT);
}
