#include "profile_json.h"

jv
profile_get(jv object, const char *key)
{
	return jv_get_kind(object) == JV_KIND_OBJECT
		       ? jv_object_get(jv_copy(object), jv_string(key))
		       : jv_null();
}

jv
profile_list(jv object, const char *key)
{
	jv v = profile_get(object, key);

	return jv_get_kind(v) == JV_KIND_ARRAY ? v : jv_array();
}

const char *
profile_string(jv v)
{
	return jv_get_kind(v) == JV_KIND_STRING ? jv_string_value(v) : "";
}

const char *
profile_text(jv object, const char *key)
{
	return profile_string(profile_get(object, key));
}

bool
profile_has(jv object, const char *key)
{
	return jv_array_length(jv_copy(profile_list(object, key))) > 0;
}

uint64_t
profile_number(jv v)
{
	return jv_get_kind(v) == JV_KIND_NUMBER ? (uint64_t)jv_number_value(v) : 0;
}
