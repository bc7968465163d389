// SPDX-License-Identifier: GPL-2.0-or-later
/* The truth as JSON. */
#include <arpa/inet.h>
#include <stdio.h>

#include <json-c/json.h>

#include "private.h"

#define ADD(object, from, name) json_object_object_add(object, #name, json_object_new_uint64((from)->name))

static void address_text(const struct gp_addr *a, char out[INET6_ADDRSTRLEN])
{
	if (frame_is_v4(a))
		inet_ntop(AF_INET, a->bytes + 12, out, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, a->bytes, out, INET6_ADDRSTRLEN);
}

static void mask(struct gp_addr *a, unsigned int bits)
{
	for (unsigned int i = bits; i < 128; i++)
		a->bytes[i / 8] &= (__u8)~(0x80 >> i % 8);
}

static struct json_object *acts_json(const struct traffic_acts *a)
{
	struct json_object *o = json_object_new_object();

	ADD(o, a, contacts);
	ADD(o, a, answered);
	ADD(o, a, refused);
	ADD(o, a, proved);
	ADD(o, a, half_open);
	ADD(o, a, smtp_sessions);
	ADD(o, a, smtp_clear_mails);
	ADD(o, a, smtp_clear_rcpts);
	ADD(o, a, smtp_clear_4xx);
	ADD(o, a, smtp_clear_5xx);
	ADD(o, a, smtp_clear_accepted);
	ADD(o, a, smtp_starttls);
	ADD(o, a, smtp_tls_accepted);
	ADD(o, a, smtp_tls_refused);
	ADD(o, a, http_requests);
	ADD(o, a, http_4xx);
	ADD(o, a, tls_hellos);
	ADD(o, a, logins_refused);
	return o;
}

static void add_place(struct json_object *o, const struct traffic_label *l)
{
	char text[INET6_ADDRSTRLEN], prefix[INET6_ADDRSTRLEN + 5];
	struct gp_addr first = l->addr;

	address_text(&l->addr, text);
	if (!l->range && l->bits == 128) {
		json_object_object_add(o, "address", json_object_new_string(text));
		return;
	}
	json_object_object_add(o, "first", json_object_new_string(text));
	address_text(&l->last, text);
	json_object_object_add(o, "last", json_object_new_string(text));
	mask(&first, l->bits);
	address_text(&first, text);
	snprintf(prefix, sizeof(prefix), "%s/%u", text, frame_is_v4(&l->addr) ? l->bits - 96u : l->bits);
	json_object_object_add(o, "prefix", json_object_new_string(prefix));
}

static struct json_object *label_json(const struct traffic_label *l)
{
	struct json_object *o = json_object_new_object();

	add_place(o, l);
	json_object_object_add(o, "side", json_object_new_string(l->side == TRAFFIC_INSIDE ? "inside" : "outside"));
	json_object_object_add(o, "range", json_object_new_boolean(l->range));
	json_object_object_add(o, "truth", json_object_new_string(l->truth));
	json_object_object_add(o, "profile", json_object_new_string(l->profile));
	ADD(o, l, born_ns);
	json_object_object_add(o, "first_malicious_ns", l->first_ns ? json_object_new_uint64(l->first_ns) : NULL);
	ADD(o, l, malicious);
	json_object_object_add(o, "acts", acts_json(&l->acts));
	return o;
}

static struct json_object *totals_json(const struct traffic_totals *t)
{
	struct json_object *o = json_object_new_object();

	ADD(o, t, packets);
	ADD(o, t, bytes);
	ADD(o, t, flows);
	ADD(o, t, flows_open);
	ADD(o, t, flows_open_max);
	ADD(o, t, memory_bytes);
	return o;
}

static struct json_object *tokens_json(const struct traffic_tokens *k)
{
	struct json_object *o = json_object_new_object();

	ADD(o, k, mails);
	ADD(o, k, link_tokens);
	ADD(o, k, link_clicked);
	ADD(o, k, link_fetches);
	ADD(o, k, link_robots);
	ADD(o, k, pixel_tokens);
	ADD(o, k, pixel_opened);
	ADD(o, k, pixel_fetches);
	ADD(o, k, pixel_robots);
	return o;
}

int traffic_labels_json(struct traffic *t, const char *path)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array(), *inside = json_object_new_array();
	size_t count = 0, prefixes = 0;
	const struct traffic_label *labels = traffic_labels(t, &count);
	const char *const *texts = traffic_inside(t, &prefixes);
	int err = 0;

	for (size_t i = 0; i < prefixes; i++)
		json_object_array_add(inside, json_object_new_string(texts[i]));
	for (size_t i = 0; labels && i < count; i++)
		json_object_array_add(list, label_json(&labels[i]));
	json_object_object_add(o, "inside", inside);
	json_object_object_add(o, "totals", totals_json(&t->totals));
	json_object_object_add(o, "tokens", tokens_json(&t->totals.tokens));
	json_object_object_add(o, "labels", list);
	if (!labels)
		err = -ENOMEM;
	else if (json_object_to_file_ext(path, o, JSON_C_TO_STRING_PRETTY))
		err = -EIO;
	json_object_put(o);
	return err;
}
