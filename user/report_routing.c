// SPDX-License-Identifier: GPL-2.0-or-later
#include "report_routing.h"

#include "text.h"

static const char *seen_name(enum gp_seen seen)
{
	return seen == GP_SEEN_SENT ? "sent" : "received";
}

static json_object *new_entry(const struct gp_asymmetry *a, __s64 offset_ns)
{
	char prefix[GP_TEXT_ADDR], time[GP_TEXT_TIME];
	json_object *o = json_object_new_object();

	if (o && !json_object_object_add(o, "prefix", json_object_new_string(gp_text_prefix(prefix, &a->addr, a->bits))) &&
	    !json_object_object_add(o, "seen", json_object_new_string(seen_name(a->seen))) &&
	    !json_object_object_add(o, "since", json_object_new_string(gp_text_time(time, a->since_ns, offset_ns))) &&
	    !json_object_object_add(o, "hosts", json_object_new_uint64(a->hosts)) &&
	    !json_object_object_add(o, "syn", json_object_new_uint64(a->syn)) &&
	    !json_object_object_add(o, "answered", json_object_new_uint64(a->answered)))
		return o;
	json_object_put(o);
	return NULL;
}

json_object *gp_report_one_direction(const struct gp_model *model)
{
	json_object *list = json_object_new_array(), *entry;

	for (int i = 0; list && i < model->verdicts->asymmetry_count; i++) {
		entry = new_entry(&model->verdicts->asymmetries[i], model->report->clock_offset_ns);
		if (entry && !json_object_array_add(list, entry))
			continue;
		json_object_put(entry);
		json_object_put(list);
		return NULL;
	}
	return list;
}

void gp_report_print_one_direction(struct gp_sink *sink, const struct gp_model *model)
{
	char prefix[GP_TEXT_ADDR], syn[GP_TEXT_NUMBER];

	for (int i = 0; i < model->verdicts->asymmetry_count; i++) {
		const struct gp_asymmetry *a = &model->verdicts->asymmetries[i];

		if (a->seen == GP_SEEN_SENT)
			gp_sink_print(sink, "%-12s%s: only what it sends is seen (%s attempts without answer): no scanner is judged\n",
				      "partial", gp_text_prefix(prefix, &a->addr, a->bits), gp_text_number(syn, a->syn));
		else
			gp_sink_print(sink, "%-12s%s: only what it receives is seen\n", "partial", gp_text_prefix(prefix, &a->addr, a->bits));
	}
}
