// SPDX-License-Identifier: GPL-2.0-or-later
#include "control_head.h"

#include <errno.h>
#include <string.h>

#include "report_put.h"

#define SCHEMA "gatepost.answer/1"

void gp_control_head_write(struct gp_answer *out, const struct gp_answer *body)
{
	bool success = body->status == 200, ok;
	json_object *o = json_object_new_object();
	const char *text = NULL;

	ok = gp_put_text(o, "schema", SCHEMA) && gp_put_bool(o, "ok", success) &&
	     gp_put_number(o, "status", (__u64)body->status);
	if (ok && success)
		ok = gp_put_text(o, "type", body->type ? body->type : GP_TYPE_JSON);
	else if (ok)
		ok = gp_put_text(o, "error", body->error);
	ok = ok && gp_put_number(o, "length", success ? body->len : 0);
	if (ok)
		text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		gp_answer_print(out, "%s\n", text);
	else
		out->err = -ENOMEM;
	json_object_put(o);
}

static json_object *parse(const char *line, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(4);
	json_object *o = NULL;

	if (!tokener)
		return NULL;
	o = json_tokener_parse_ex(tokener, line, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success || !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tokener);
	return o;
}

int gp_control_head_read(struct gp_control_head *out, const char *line, size_t len)
{
	json_object *o = len < GP_CONTROL_HEAD_MAX ? parse(line, len) : NULL, *schema, *ok, *status, *length, *error;
	int err = -EBADMSG;

	if (!o)
		return err;
	schema = json_object_object_get(o, "schema");
	ok = json_object_object_get(o, "ok");
	status = json_object_object_get(o, "status");
	length = json_object_object_get(o, "length");
	error = json_object_object_get(o, "error");
	if (json_object_is_type(schema, json_type_string) && !strcmp(json_object_get_string(schema), SCHEMA) &&
	    json_object_is_type(ok, json_type_boolean) && json_object_is_type(status, json_type_int) &&
	    json_object_is_type(length, json_type_int) && json_object_get_int64(length) >= 0 &&
	    json_object_get_int64(length) <= GP_ANSWER_MAX) {
		*out = (struct gp_control_head){ .ok = json_object_get_boolean(ok), .status = json_object_get_int(status),
						 .length = (size_t)json_object_get_int64(length) };
		if (!out->ok && json_object_is_type(error, json_type_string))
			gp_query_clean(out->error, json_object_get_string(error));
		err = 0;
	}
	json_object_put(o);
	return err;
}
