/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a dialogue. An input is the flow's kind and then pieces: a byte that says who speaks (bit 4), whether
 * they are missing (bit 7) and into how many bytes at a time they are cut (bits 0 to 2), one for the length, the bytes.
 * Whole or cut, the dialogue that is written is the same, unless may_differ; it is JSON, it is safe UTF-8, and no more
 * memory is held than was allowed.
 */
#ifndef GATEPOST_TESTS_FUZZ_DIALOGUE_H
#define GATEPOST_TESTS_FUZZ_DIALOGUE_H

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "dialogue_json.h"
#include "fuzz.h"
#include "utf8_check.h"

/* On the heap to the byte, so that the sanitizer sees a read beyond the end. */
static void fuzz_tell(struct gp_dialogue *d, enum gp_speaker speaker, const uint8_t *bytes, size_t n)
{
	__u8 *copy = malloc(n);

	MUST(copy);
	memcpy(copy, bytes, n);
	gp_dialogue_bytes(d, speaker, 1000000000, copy, (__u32)n);
	free(copy);
	MUST(d->budget->used <= d->budget->max);
}

static void fuzz_piece(struct gp_dialogue *d, struct gp_stream *stream, uint8_t kind, const uint8_t *bytes, size_t n, bool cut)
{
	enum gp_speaker speaker = kind & 16 ? GP_FROM_SERVER : GP_FROM_CLIENT;
	size_t step = cut ? (kind & 7) + 1u : n;

	if (kind & 128) {
		stream->sides[speaker].gaps++;
		gp_dialogue_bytes(d, speaker, 1000000000, NULL, (__u32)n);
		return;
	}
	for (size_t at = 0; at < n; at += step)
		fuzz_tell(d, speaker, bytes + at, n - at < step ? n - at : step);
}

static inline char *fuzz_write(const struct gp_dialogue *d)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	MUST(out);
	MUST(gp_dialogue_write(out, d, GP_STREAM_OPEN, 0) == 0);
	MUST(fclose(out) == 0);
	return text;
}

/* What is written of the dialogue, to be freed; NULL when it was refused for want of memory, or write is false. */
static inline char *fuzz_dialogue(const uint8_t *data, size_t size, __u8 service, bool syn, bool cut, bool write,
			   __u64 budget_bytes)
{
	struct gp_stream stream = { .service = service, .sides = { { .syn = syn }, { .syn = syn } } };
	struct gp_dialogue_budget budget = { .max = budget_bytes };
	struct gp_dialogue *d = gp_dialogue_open(&stream, &budget);
	char *text = NULL;

	if (!d)
		return NULL;
	while (size > 2) {
		size_t n = data[1] < size - 2 ? data[1] : size - 2;

		if (n)
			fuzz_piece(d, &stream, data[0], data + 2, n, cut);
		data += 2 + n;
		size -= 2 + n;
	}
	gp_dialogue_finish(d);
	if (write)
		text = fuzz_write(d);
	gp_dialogue_close(d);
	MUST(budget.used == 0);
	return text;
}

static inline void fuzz_check_text(const char *text)
{
	size_t len = strlen(text);
	json_object *object;

	MUST(len && text[len - 1] == '\n' && utf8_is_safe(text, len - 1));
	object = json_tokener_parse(text);
	MUST(object && json_object_is_type(object, json_type_object));
	json_object_put(object);
}

static inline void fuzz_dialogues(const uint8_t *data, size_t size, __u8 service, bool syn, bool may_differ)
{
	char *whole = fuzz_dialogue(data, size, service, syn, false, true, 8 << 20);
	char *cut = fuzz_dialogue(data, size, service, syn, true, true, 8 << 20);

	MUST(whole && cut);
	fuzz_check_text(whole);
	if (strcmp(whole, cut) != 0) {
		MUST(may_differ);
		fuzz_check_text(cut);
	}
	free(whole);
	free(cut);
	(void)fuzz_dialogue(data, size, service, syn, true, false, 2500);
}

#endif
