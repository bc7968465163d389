// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dialogue.h"

/* Room for one more element, doubling. Return: false when that is more than allowed, or out of memory. */
static bool grow(struct gp_dialogue_budget *budget, void **array, __u32 *size, size_t wanted, size_t element, __u32 max)
{
	__u32 larger = *size ?: 16;
	void *moved;

	if (wanted <= *size)
		return true;
	while (larger < wanted && larger < max)
		larger *= 2;
	if (larger < wanted || larger > max || budget->used + (larger - *size) * element > budget->max)
		return false;
	moved = realloc(*array, larger * element);
	if (!moved)
		return false;
	budget->used += (larger - *size) * element;
	*array = moved;
	*size = larger;
	return true;
}

struct gp_words gp_dialogue_words(struct gp_dialogue *d, const char *from, size_t len, size_t max)
{
	struct gp_words words = { .at = d->text_len };
	size_t kept = len < max ? len : max;

	if (!grow(d->budget, (void **)&d->text, &d->text_size, d->text_len + kept, 1, GP_SAID_TEXT_MAX))
		kept = 0;
	if (kept)
		memcpy(d->text + d->text_len, from, kept);
	d->text_len += (__u32)kept;
	words.len = (__u16)kept;
	words.cut = kept < len;
	return words;
}

__s32 gp_dialogue_say(struct gp_dialogue *d, const struct gp_said *said)
{
	if (!grow(d->budget, (void **)&d->said, &d->said_size, d->said_count + 1, sizeof(*d->said), GP_SAID_MAX)) {
		d->dropped++;
		return GP_ANSWERS_NONE;
	}
	d->said[d->said_count] = *said;
	return (__s32)d->said_count++;
}

bool gp_line_take(struct gp_dialogue *d, struct gp_spoken_line *line, const __u8 *data, __u32 len, __u32 *used)
{
	const __u8 *end = memchr(data, '\n', len);
	__u32 bytes = end ? (__u32)(end - data) + 1 : len, kept = bytes;

	*used = bytes;
	if (line->len + kept > GP_LINE_MAX)
		kept = GP_LINE_MAX - line->len;
	if (!grow(d->budget, (void **)&line->data, &line->size, line->len + kept, 1, GP_LINE_MAX))
		kept = 0;
	if (kept)
		memcpy(line->data + line->len, data, kept);
	line->len += kept;
	line->cut |= kept < bytes;
	return end;
}

void gp_line_next(struct gp_spoken_line *line)
{
	line->len = 0;
	line->cut = false;
}

bool gp_line_trim(struct gp_spoken_line *line)
{
	if (line->cut || !line->len || line->data[line->len - 1] != '\n')
		return false;
	line->len--;
	if (!line->len || line->data[line->len - 1] != '\r')
		return true;
	line->len--;
	return false;
}

struct gp_dialogue *gp_dialogue_open(const struct gp_stream *stream, struct gp_dialogue_budget *budget)
{
	struct gp_dialogue *d;

	if (stream->service == GP_SERVICE_OTHER || stream->service == GP_SERVICE_MAILBOX)
		return NULL;
	d = calloc(1, sizeof(*d));
	if (d) {
		d->budget = budget;
		d->stream = stream;
	}
	return d;
}

/* Four capital letters, or three and a blank: a method. */
static bool is_word(const __u8 *data, __u32 len)
{
	for (__u32 i = 0; i < 4; i++) {
		if (i >= len || ((data[i] < 'A' || data[i] > 'Z') && (i < 3 || data[i] != ' ')))
			return false;
	}
	return true;
}

/*
 * What the flow is, by its first bytes and its port. A reader for TLS belongs here: GP_DIALOGUE_TLS has none, and its
 * bytes are passed over.
 */
static void begin(struct gp_dialogue *d, enum gp_speaker speaker, const __u8 *data, __u32 len)
{
	bool mail = d->stream->service == GP_SERVICE_SMTP || d->stream->service == GP_SERVICE_SUBMISSION;

	if (speaker == GP_FROM_CLIENT && data && data[0] == 0x16 && (len < 2 || data[1] == 0x03)) {
		d->protocol = GP_DIALOGUE_TLS;
		return;
	}
	/* Where TLS is usual, only what a client says tells that this is none. */
	if (d->stream->service == GP_SERVICE_TLS && (speaker == GP_FROM_SERVER || !data || !is_word(data, len)))
		return;
	if (mail && !gp_dialogue_smtp_open(d))
		d->protocol = GP_DIALOGUE_SMTP;
	else if (!mail && !gp_dialogue_http_open(d))
		d->protocol = GP_DIALOGUE_HTTP;
}

static void say_gap(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, __u32 len)
{
	const struct gp_said said = {
		.kind = GP_SAID_GAP,
		.speaker = (__u8)speaker,
		.time_ns = time_ns,
		.lines = len,
	};
	struct gp_said *last = d->said_count ? &d->said[d->said_count - 1] : NULL;

	if (last && last->kind == GP_SAID_GAP && last->speaker == speaker)
		last->lines += len;
	else
		gp_dialogue_say(d, &said);
}

void gp_dialogue_bytes(void *dialogue, enum gp_speaker speaker, __u64 time_ns, const __u8 *data, __u32 len)
{
	struct gp_dialogue *d = dialogue;

	if (!len)
		return;
	if (d->protocol == GP_DIALOGUE_UNKNOWN && !d->spoken[speaker])
		begin(d, speaker, data, len);
	d->spoken[speaker] = true;
	if (d->protocol == GP_DIALOGUE_SMTP && data)
		gp_dialogue_smtp_bytes(d, speaker, time_ns, data, len);
	else if (d->protocol == GP_DIALOGUE_HTTP && data)
		gp_dialogue_http_bytes(d, speaker, time_ns, data, len);
	if (data || d->protocol == GP_DIALOGUE_TLS)
		return;
	say_gap(d, speaker, time_ns, len);
	if (d->protocol == GP_DIALOGUE_SMTP)
		gp_dialogue_smtp_gap(d, speaker, len);
	else if (d->protocol == GP_DIALOGUE_HTTP)
		gp_dialogue_http_gap(d, speaker, len);
}

void gp_dialogue_finish(struct gp_dialogue *d)
{
	if (d->protocol == GP_DIALOGUE_HTTP)
		gp_dialogue_http_finish(d);
}

void gp_dialogue_close(struct gp_dialogue *d)
{
	if (d->protocol == GP_DIALOGUE_SMTP)
		gp_dialogue_smtp_close(d);
	d->budget->used -= d->said_size * sizeof(*d->said) + d->text_size + d->lines[0].size + d->lines[1].size;
	free(d->said);
	free(d->text);
	free(d->lines[0].data);
	free(d->lines[1].data);
	free(d->state);
	free(d);
}
