/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a mail dialogue: 0xfe begins a segment, its next byte says who speaks ('c', else the server) or how long a
 * gap is ('-', who, length). Told whole and byte by byte the same JSON comes out, without a control character in it.
 */
#include <stdio.h>
#include <string.h>

#include "dialogue_json.h"
#include "fuzz.h"
#include "mail_facts.h"

struct segment {
	enum gp_speaker speaker;
	const uint8_t *data; /* NULL: a gap */
	size_t len;
};

/* Return: false at the end. */
static int next(struct segment *s, const uint8_t **data, size_t *size)
{
	const uint8_t *end;

	if (*size < 2 || **data != 0xfe)
		return 0;
	(*data)++;
	(*size)--;
	end = memchr(*data, 0xfe, *size);
	s->len = end ? (size_t)(end - *data) : *size;
	s->data = *data;
	*data += s->len;
	*size -= s->len;
	if (s->len >= 3 && s->data[0] == '-') {
		s->speaker = s->data[1] == 'c' ? GP_FROM_CLIENT : GP_FROM_SERVER;
		s->len = s->data[2];
		s->data = NULL;
		return 1;
	}
	s->speaker = s->len && s->data[0] == 'c' ? GP_FROM_CLIENT : GP_FROM_SERVER;
	s->data += s->len > 0;
	s->len -= s->len > 0;
	return 1;
}

static void tell(struct gp_stream *stream, struct gp_dialogue *d, const struct segment *s, size_t step)
{
	struct gp_stream_side *side = &stream->sides[s->speaker];

	*(s->data ? &side->bytes : &side->gap_bytes) += s->len;
	side->gaps += !s->data && s->len;
	if (!s->data)
		gp_dialogue_bytes(d, s->speaker, 1, NULL, (__u32)s->len);
	for (size_t at = 0; s->data && at < s->len; at += step) {
		size_t n = s->len - at < step ? s->len - at : step;
		uint8_t *piece = malloc(n);

		MUST(piece);
		memcpy(piece, s->data + at, n);
		gp_dialogue_bytes(d, s->speaker, 1, piece, (__u32)n);
		free(piece);
	}
}

/* Return: the JSON, to be freed. */
static char *run(const uint8_t *data, size_t size, size_t step, __u8 choice)
{
	struct gp_stream stream = {
		.client = { .bytes = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 55 } },
		.service = choice & 1 ? GP_SERVICE_SUBMISSION : GP_SERVICE_SMTP,
		.sides = { { .syn = !(choice & 2) }, { .syn = !(choice & 4) } },
	};
	const struct gp_flow_record record = { .client_bytes = (__u32)size, .flags = GP_FLOW_SYN, .end = choice & 3 };
	struct gp_dialogue_budget budget = { .max = choice & 8 ? 20000 : 1 << 20 };
	struct gp_dialogue *d = gp_dialogue_open(&stream, &budget);
	enum gp_stream_end end = (enum gp_stream_end)((choice >> 4) % 3);
	struct gp_mail_facts facts;
	struct segment s;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	MUST(d && out);
	while (next(&s, &data, &size))
		tell(&stream, d, &s, step);
	gp_dialogue_finish(d);
	MUST(gp_dialogue_write(out, d, end, 0) == 0);
	fclose(out);
	if (d->protocol == GP_DIALOGUE_SMTP) {
		gp_mail_facts(&facts, d, end, &record);
		MUST(facts.outcome <= GP_OUTCOME_ACCEPTED && facts.dnsbl <= GP_DNSBL_LISTED);
		MUST(facts.recipients >= facts.recipients_accepted);
		MUST(!facts.put_off || !facts.accepted_messages);
	}
	MUST(budget.used <= budget.max);
	gp_dialogue_close(d);
	MUST(budget.used == 0);
	for (size_t i = 0; i + 1 < len; i++)
		MUST((uint8_t)text[i] >= 0x20 && text[i] != 0x7f);
	MUST(len && text[len - 1] == '\n');
	return text;
}

/* A segment of the one byte 0x16 may begin a TLS record, and is taken for one: then it matters how segments are cut. */
static int is_ambiguous(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] == 0x16 && (i + 1 == size || data[i + 1] != 0x03))
			return 1;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *whole, *cut;

	if (size < 2 || is_ambiguous(data + 1, size - 1))
		return 0;
	whole = run(data + 1, size - 1, SIZE_MAX / 2, data[0]);
	cut = run(data + 1, size - 1, 1, data[0]);
	/* With little room, what is kept depends on when the room was asked for. */
	if (!(data[0] & 8))
		MUST(strcmp(whole, cut) == 0);
	free(whole);
	free(cut);
	return 0;
}
