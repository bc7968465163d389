// SPDX-License-Identifier: GPL-2.0-or-later
/* Questions as lines of JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "query.h"

#define DEPTH 4 /* a member of the one object is at 2: what is deeper has been refused before it is read */

/* Members that stand in the text: values are strings and numbers, so each has one colon outside of strings. */
static size_t count_members(const char *line, size_t len)
{
	bool quoted = false;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (quoted && line[i] == '\\')
			i++;
		else if (line[i] == '"')
			quoted = !quoted;
		else if (line[i] == ':')
			n += !quoted;
	}
	return n;
}

static json_object *parse(const char *line, size_t len, struct gp_query_error *error)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	json_object *object = NULL;
	enum json_tokener_error why;

	if (!tokener) {
		gp_query_fail(error, 503, "out of memory");
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, line, (int)len);
	why = json_tokener_get_error(tokener);
	if (why != json_tokener_success || json_tokener_get_parse_end(tokener) != len) {
		json_object_put(object);
		object = NULL;
		gp_query_fail(error, 400, "the request is not one object of JSON: %s",
			      why == json_tokener_continue ? "it ends too early" :
			      why == json_tokener_success ? "something stands behind it" : json_tokener_error_desc(why));
	} else if (!json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		object = NULL;
		gp_query_fail(error, 400, "the request is not an object, as {\"query\":\"status\"} is");
	}
	json_tokener_free(tokener);
	return object;
}

/* The value as text; a number is written out. Return: NULL when it is neither. */
static const char *value_text(json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_string:
		if (strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
			return NULL;
		return json_object_get_string(value);
	case json_type_int:
		return json_object_get_string(value);
	default:
		return NULL;
	}
}

static int read_members(struct gp_query *out, json_object *object, __u64 now_ns, struct gp_query_error *error)
{
	json_object *name = json_object_object_get(object, "query");
	int err;

	if (!json_object_is_type(name, json_type_string))
		return gp_query_fail(error, 400, "the request has no \"query\": name one, as {\"query\":\"status\"}");
	err = gp_query_begin(out, json_object_get_string(name), error);
	json_object_object_foreach(object, key, value) {
		const char *text = value_text(value);

		if (err)
			return err;
		if (!strcmp(key, "query"))
			continue;
		err = text ? gp_query_set(out, key, text, now_ns, error) :
			     gp_query_fail(error, 400, "%.40s: give a string or a whole number", key);
	}
	return err ? err : gp_query_check(out, error);
}

int gp_query_from_json(struct gp_query *out, const char *line, size_t len, __u64 now_ns, struct gp_query_error *error)
{
	json_object *object;
	int err;

	if (len > GP_QUERY_LINE_MAX)
		return gp_query_fail(error, 413, "the request is longer than %u bytes", GP_QUERY_LINE_MAX);
	while (len && strchr(" \t\r\n", line[len - 1]) && line[len - 1])
		len--;
	if (memchr(line, '\0', len))
		return gp_query_fail(error, 400, "the request holds a NUL byte");
	object = parse(line, len, error);
	if (!object)
		return -EINVAL;
	if (count_members(line, len) != (size_t)json_object_object_length(object))
		err = gp_query_fail(error, 400, "a member of the request is given twice, or is no string or number");
	else
		err = read_members(out, object, now_ns, error);
	json_object_put(object);
	return err;
}
