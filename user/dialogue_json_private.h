/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the writers of dialogue_json*.c share, and nobody else. */
#ifndef GATEPOST_DIALOGUE_JSON_PRIVATE_H
#define GATEPOST_DIALOGUE_JSON_PRIVATE_H

#include <errno.h>
#include <json-c/json.h>

#include "dialogue.h"
#include "sanitise.h"
#include "text.h"

struct writer {
	const struct gp_dialogue *d;
	__s64 offset_ns; /* to be added to its times to get the time since the Unix epoch */
	int err;
};

/* Takes the value over. */
static inline void put(struct writer *w, json_object *object, const char *key, json_object *value)
{
	if (object && value && !json_object_object_add_ex(object, key, value, JSON_C_OBJECT_ADD_CONSTANT_KEY))
		return;
	json_object_put(value);
	w->err = -ENOMEM;
}

static inline void append(struct writer *w, json_object *list, json_object *value)
{
	if (list && value && !json_object_array_add(list, value))
		return;
	json_object_put(value);
	w->err = -ENOMEM;
}

static inline void put_number(struct writer *w, json_object *object, const char *key, __u64 number)
{
	put(w, object, key, json_object_new_uint64(number));
}

static inline void put_flag(struct writer *w, json_object *object, const char *key, bool flag)
{
	put(w, object, key, json_object_new_boolean(flag));
}

/* Only where it holds: most lines have none of them. */
static inline void put_if(struct writer *w, json_object *object, const char *key, bool flag)
{
	if (flag)
		put_flag(w, object, key, true);
}

static inline void put_text(struct writer *w, json_object *object, const char *key, const char *text)
{
	put(w, object, key, json_object_new_string(text));
}

static inline json_object *new_words(const struct gp_dialogue *d, const struct gp_words *words)
{
	char text[6 * GP_WORDS_MAX + 1];
	size_t len = words->len ? gp_sanitise(text, sizeof(text), d->text + words->at, words->len) : 0;

	return json_object_new_string_len(text, (int)len);
}

static inline void put_words(struct writer *w, json_object *object, const char *key, const struct gp_words *words)
{
	put(w, object, key, new_words(w->d, words));
}

static inline void put_time(struct writer *w, json_object *object, const char *key, __u64 ns)
{
	char text[GP_TEXT_TIME];

	put_text(w, object, key, gp_text_time(text, ns, w->offset_ns));
}

/* The member "mail" of a dialogue by SMTP. @end: how its flow ended. */
void gp_dialogue_json_mail(struct writer *w, json_object *object, enum gp_stream_end end);

#endif
