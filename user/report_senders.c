// SPDX-License-Identifier: GPL-2.0-or-later
#include "report_senders.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hll.h"
#include "text.h"

#define COLUMNS 100u

typedef struct json_object json;

/* Takes the value over. Return: false when out of memory. */
static bool put(json *object, const char *key, json *value)
{
	if (value && !json_object_object_add_ex(object, key, value, JSON_C_OBJECT_ADD_CONSTANT_KEY))
		return true;
	json_object_put(value);
	return false;
}

static bool put_number(json *object, const char *key, __u64 number)
{
	return put(object, key, json_object_new_uint64(number));
}

static bool put_text(json *object, const char *key, const char *text)
{
	return put(object, key, json_object_new_string(text));
}

static bool put_sketch(json *object, const char *key, const struct gp_hll *sketch)
{
	return put_number(object, key, (__u64)llround(gp_hll_estimate(sketch)));
}

static bool put_time(json *object, const char *key, __u64 time_ns)
{
	char text[GP_TEXT_TIME];

	return put_text(object, key, gp_text_time(text, time_ns, 0));
}

/* The latest names, fit to print already, each with how often it came. */
static bool put_names(json *object, const char *key, const struct gp_sender_names *names)
{
	json *list = json_object_new_array();
	bool ok = list;

	for (__u32 i = 0; i < names->used && ok; i++) {
		json *entry = json_object_new_object();

		ok = entry && put_text(entry, "value", names->of[i].text) && put_number(entry, "count", names->of[i].count) &&
		     !json_object_array_add(list, entry);
		if (!ok)
			json_object_put(entry);
	}
	return put(object, key, list) && ok;
}

static bool put_claims(json *o, const struct gp_sender *s)
{
	return put_names(o, "helo", &s->helo) && put_names(o, "envelope_domains", &s->envelope) &&
	       put_sketch(o, "envelope_domains_distinct", &s->envelope.distinct) && put_names(o, "from_domains", &s->from) &&
	       put_names(o, "message_id_domains", &s->message_id) && put_names(o, "dialects", &s->dialect) &&
	       put(o, "foreign_domain", json_object_new_boolean(gp_sender_is_foreign(s)));
}

static bool put_counts(json *o, const struct gp_sender *s)
{
	return put_number(o, "hosts", (__u64)llround(gp_hll_estimate(&s->hosts))) && put_number(o, "dialogues", s->dialogues) &&
	       put_number(o, "mails", s->mails) && put_number(o, "turned_away", s->turned_away) &&
	       put_number(o, "recipients_accepted", s->recipients_accepted) &&
	       put_number(o, "recipients_refused", s->recipients_refused) &&
	       put_number(o, "recipients_deferred", s->recipients_deferred) && put_number(o, "tls", s->tls) &&
	       put_number(o, "clear", s->clear) && put_number(o, "hours", s->hours);
}

/* Results and policies that were met. */
static bool put_dns(json *o, const struct gp_sender *s)
{
	json *spf = json_object_new_object(), *dmarc = json_object_new_object();
	bool ok = spf && dmarc;

	for (int i = 0; i < GP_SPF_RESULTS && ok; i++)
		if (s->spf[i])
			ok = put_number(spf, gp_spf_result_name((enum gp_spf_result)i), s->spf[i]);
	for (int i = 0; i < GP_DMARC_POLICIES && ok; i++)
		if (s->dmarc[i])
			ok = put_number(dmarc, gp_dmarc_policy_name((enum gp_dmarc_policy)i), s->dmarc[i]);
	ok = put(o, "spf", spf) && ok;
	ok = put(o, "dmarc_of_failing", dmarc) && ok;
	ok = ok && put_text(o, "ptr", gp_sender_ptr_name(s->ptr));
	return ok && (!*s->ptr_name || put_text(o, "ptr_name", s->ptr_name));
}

static json *new_sender(const struct gp_sender *s)
{
	char prefix[GP_TEXT_ADDR], sentence[GP_SENDER_SENTENCE];
	json *o = json_object_new_object();

	if (o && put_text(o, "prefix", gp_text_prefix(prefix, &s->addr, s->bits)) && put_text(o, "severity", "information") &&
	    put_text(o, "sentence", gp_sender_sentence(sentence, s)) && put_time(o, "first_seen", s->first_ns) &&
	    put_time(o, "last_seen", s->last_ns) && put_counts(o, s) && put_claims(o, s) && put_dns(o, s))
		return o;
	json_object_put(o);
	return NULL;
}

json *gp_report_senders(const struct gp_witness *witness, int *err)
{
	const struct gp_sender **list = NULL;
	int count = witness ? gp_senders_list(gp_witness_senders(witness), &list) : 0;
	json *array = count > 0 ? json_object_new_array() : NULL;

	*err = count < 0 ? count : count > 0 && !array ? -ENOMEM : 0;
	for (int i = 0; array && i < count && !*err; i++) {
		json *sender = new_sender(list[i]);

		if (!sender || json_object_array_add(array, sender)) {
			json_object_put(sender);
			*err = -ENOMEM;
		}
	}
	free(list);
	if (!*err)
		return array;
	json_object_put(array);
	return NULL;
}

/* One sentence over as many lines as it takes, each but the first one indented; breaks at blanks. */
static void print_sentence(struct gp_sink *sink, const char *text)
{
	size_t indent = 0;

	while (*text) {
		size_t end = 0, at = 0, columns = indent;

		/* By bytes: a line is never too long, and a character of two bytes and more is never cut. */
		for (; text[at] && columns < COLUMNS; at++, columns++)
			if (text[at] == ' ')
				end = at;
		if (!text[at])
			end = at;
		for (; !end && text[at]; at++)
			if (text[at + 1] == ' ' || !text[at + 1])
				end = at + 1;
		gp_sink_print(sink, "%*s", (int)indent, "");
		gp_sink_write(sink, text, end);
		gp_sink_print(sink, "\n");
		text += end;
		while (*text == ' ')
			text++;
		indent = 4;
	}
}

void gp_report_senders_text(struct gp_sink *sink, const struct gp_witness *witness)
{
	const struct gp_sender **list = NULL;
	int count = witness ? gp_senders_list(gp_witness_senders(witness), &list) : 0;
	char sentence[GP_SENDER_SENTENCE];

	if (count < 0 && !sink->err)
		sink->err = count;
	if (count > 0)
		gp_sink_print(sink, "\nSENDERS OF MAIL FROM OUTSIDE, for information\n");
	for (int i = 0; i < count; i++)
		print_sentence(sink, gp_sender_sentence(sentence, list[i]));
	free(list);
}
