// SPDX-License-Identifier: GPL-2.0-or-later
#include "report_heard.h"

#include <stdio.h>

/* Takes the value over. Return: false when out of memory. */
static bool put(json_object *object, const char *key, json_object *value)
{
	if (value && !json_object_object_add_ex(object, key, value, JSON_C_OBJECT_ADD_CONSTANT_KEY))
		return true;
	json_object_put(value);
	return false;
}

static bool put_number(json_object *object, const char *key, __u64 number)
{
	return put(object, key, json_object_new_uint64(number));
}

/* The latest values of one kind, each with how often it came; @text: fit to print already. */
static bool put_values(json_object *object, const char *key, const struct gp_fact_slots *slots, const char *text, size_t stride)
{
	json_object *list = json_object_new_array();
	bool ok = list;

	for (__u32 i = 0; i < slots->used && ok; i++) {
		json_object *entry = json_object_new_object();

		ok = entry && put(entry, "value", json_object_new_string(text + i * stride)) &&
		     put_number(entry, "count", slots->of[i].count) && !json_object_array_add(list, entry);
		if (!ok)
			json_object_put(entry);
	}
	return put(object, key, list) && ok;
}

static bool put_dialects(json_object *object, const struct gp_facts *facts)
{
	char text[GP_FACT_SLOTS][9];

	for (__u32 i = 0; i < facts->dialect.used; i++)
		snprintf(text[i], sizeof(text[i]), "%08x", facts->dialect_id[i]);
	return put_values(object, "dialects", &facts->dialect, text[0], sizeof(text[0]));
}

static bool put_stack(json_object *object, const struct gp_facts *facts)
{
	static const char *const classes[GP_FACT_TTL_CLASSES] = { "32", "64", "128", "255" };
	json_object *ttls = json_object_new_object(), *tools = json_object_new_object();
	bool ok = ttls && tools;

	for (int i = 0; i < GP_FACT_TTL_CLASSES && ok; i++)
		if (facts->ttl_classes[i])
			ok = put_number(ttls, classes[i], facts->ttl_classes[i]);
	for (unsigned tool = GP_TOOL_NONE + 1; tool < GP_TOOLS && ok; tool++)
		if (facts->tools[tool])
			ok = put_number(tools, gp_tool_name(tool), facts->tools[tool]);
	ok = put(object, "ttl_classes", ttls) && ok;
	return put(object, "tools", tools) && ok;
}

static bool put_mail(json_object *object, const struct gp_facts *facts)
{
	return put_values(object, "helo", &facts->helo, facts->helo_text[0], sizeof(facts->helo_text[0])) &&
	       put_number(object, "helo_names", gp_facts_names(facts, facts->names.day)) && put_dialects(object, facts) &&
	       put_number(object, "put_off", facts->put_off) && put_number(object, "came_back", facts->came_back) &&
	       put_number(object, "came_back_soon", facts->came_back_soon) &&
	       put_number(object, "gave_up", facts->gave_up) &&
	       put_number(object, "blocklist_listed", facts->mail.listed) &&
	       put_number(object, "blocklist_policy", facts->mail.policy);
}

json_object *gp_report_heard(const struct gp_facts *facts)
{
	json_object *object = json_object_new_object();

	if (object && put_mail(object, facts) &&
	    put_values(object, "user_agents", &facts->user_agent, facts->user_agent_text[0], sizeof(facts->user_agent_text[0])) &&
	    put_values(object, "ja4", &facts->ja4, facts->ja4_text[0], sizeof(facts->ja4_text[0])) &&
	    put_values(object, "tcp_signatures", &facts->signature, facts->signature_text[0],
		       sizeof(facts->signature_text[0])) &&
	    put_stack(object, facts))
		return object;
	json_object_put(object);
	return NULL;
}
