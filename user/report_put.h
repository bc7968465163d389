/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of JSON objects. Each takes its value over; false when out of memory. */
#ifndef GATEPOST_REPORT_PUT_H
#define GATEPOST_REPORT_PUT_H

#include <stdbool.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "text.h"

static inline bool gp_put(json_object *object, const char *key, json_object *value)
{
	if (object && value && !json_object_object_add_ex(object, key, value, JSON_C_OBJECT_ADD_CONSTANT_KEY))
		return true;
	json_object_put(value);
	return false;
}

static inline bool gp_put_number(json_object *object, const char *key, __u64 number)
{
	return gp_put(object, key, json_object_new_uint64(number));
}

static inline bool gp_put_bool(json_object *object, const char *key, bool value)
{
	return gp_put(object, key, json_object_new_boolean(value));
}

/* A fixed, short form: equal input gives equal bytes. */
static inline bool gp_put_double(json_object *object, const char *key, double number)
{
	json_object *value = json_object_new_double(number == 0.0 ? 0.0 : number);

	if (value)
		json_object_set_serializer(value, json_object_double_to_json_string, (void *)"%.4g", NULL);
	return gp_put(object, key, value);
}

/* Cleaned, wherever it came from. */
static inline bool gp_put_text(json_object *object, const char *key, const char *text)
{
	char *clean = gp_text_clean(text ? text : "");
	bool ok = clean && gp_put(object, key, json_object_new_string(clean));

	free(clean);
	return ok;
}

/* @ns: since the Unix epoch. */
static inline bool gp_put_time(json_object *object, const char *key, __u64 ns)
{
	char text[GP_TEXT_TIME];

	return gp_put_text(object, key, gp_text_time(text, ns, 0));
}

#endif
