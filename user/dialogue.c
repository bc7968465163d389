// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dialogue.h"

#define METHOD_BYTES 4 /* by which HTTP is known */

/* May a dialogue hold so much more? A few flows that say much must leave room for those that say little. */
static bool afford(const struct gp_dialogue *d, size_t more)
{
	const struct gp_dialogue_budget *b = d->budget;

	return b->used + more <= (d->bytes + more > GP_DIALOGUE_SMALL ? b->max / 2 : b->max);
}

static void account(struct gp_dialogue *d, size_t more)
{
	d->bytes += (__u32)more;
	d->budget->used += more;
}

void *gp_dialogue_alloc(struct gp_dialogue *d, size_t size)
{
	void *memory = afford(d, size) ? calloc(1, size) : NULL;

	if (memory)
		account(d, size);
	return memory;
}

/* Room for so many elements, doubling. Return: false when that is more than allowed, or out of memory. */
static bool grow(struct gp_dialogue *d, void **array, __u32 *size, size_t wanted, size_t element, __u32 max)
{
	__u32 larger = *size ?: 16;
	void *moved;

	if (wanted <= *size)
		return true;
	if (wanted > max)
		return false;
	while (larger < wanted)
		larger *= 2;
	if (larger > max)
		larger = max;
	if (!afford(d, (larger - *size) * element))
		return false;
	moved = realloc(*array, larger * element);
	if (!moved)
		return false;
	account(d, (larger - *size) * element);
	*array = moved;
	*size = larger;
	return true;
}

struct gp_words gp_dialogue_words(struct gp_dialogue *d, const char *from, size_t len, size_t max)
{
	struct gp_words words = { .at = d->text_len };
	size_t kept = len < max ? len : max;

	if (!grow(d, (void **)&d->text, &d->text_size, d->text_len + kept, 1, GP_SAID_TEXT_MAX))
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
	if (!grow(d, (void **)&d->said, &d->said_size, d->said_count + 1, sizeof(*d->said), GP_SAID_MAX)) {
		d->dropped++;
		return GP_ANSWERS_NONE;
	}
	d->said[d->said_count] = *said;
	return (__s32)d->said_count++;
}

/* Return: how many of the bytes were kept, up to max in the line. */
static __u32 append(struct gp_dialogue *d, struct gp_spoken_line *line, const __u8 *data, __u32 len, __u32 max)
{
	__u32 kept = line->len + len > max ? max - line->len : len;

	if (!kept || !grow(d, (void **)&line->data, &line->size, line->len + kept, 1, max))
		return 0;
	memcpy(line->data + line->len, data, kept);
	line->len += kept;
	return kept;
}

bool gp_line_append(struct gp_dialogue *d, struct gp_spoken_line *line, const __u8 *data, __u32 len, __u32 max)
{
	return append(d, line, data, len, max) || line->len == max;
}

bool gp_line_take(struct gp_dialogue *d, struct gp_spoken_line *line, const __u8 *data, __u32 len, __u32 *used)
{
	const __u8 *end = memchr(data, '\n', len);

	*used = end ? (__u32)(end - data) + 1 : len;
	line->cut |= append(d, line, data, *used, GP_LINE_MAX) < *used;
	return end;
}

void gp_line_release(struct gp_dialogue *d, struct gp_spoken_line *line)
{
	if (line->data)
		explicit_bzero(line->data, line->size);
	free(line->data);
	d->bytes -= line->size;
	d->budget->used -= line->size;
	*line = (struct gp_spoken_line){ 0 };
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
	struct gp_dialogue *d = NULL;

	if (stream->service == GP_SERVICE_OTHER || stream->service == GP_SERVICE_MAILBOX)
		return NULL;
	if (budget->used + sizeof(*d) <= budget->max)
		d = calloc(1, sizeof(*d));
	if (!d) {
		budget->refused++;
		return NULL;
	}
	d->budget = budget;
	d->stream = stream;
	account(d, sizeof(*d));
	return d;
}

/* Do some bytes begin a method: capital letters, of which the fourth may be a blank? */
static bool is_word(const char *data, __u32 len)
{
	for (__u32 i = 0; i < len && i < METHOD_BYTES; i++) {
		if ((data[i] < 'A' || data[i] > 'Z') && (i < 3 || data[i] != ' '))
			return false;
	}
	return true;
}

static void decide(struct gp_dialogue *d, enum gp_dialogue_protocol protocol)
{
	d->decided = true;
	if (protocol == GP_DIALOGUE_TLS && !gp_dialogue_tls_open(d))
		d->protocol = protocol;
	else if (protocol == GP_DIALOGUE_SMTP && !gp_dialogue_smtp_open(d))
		d->protocol = protocol;
	else if (protocol == GP_DIALOGUE_HTTP && !gp_dialogue_http_open(d))
		d->protocol = protocol;
}

/*
 * Where TLS is usual, only what a client says tells that this is none. Its first bytes may come one at a time: they wait
 * in its line, where the reader of the web goes on with them. Return: how many were put there.
 */
static __u32 begin_clear(struct gp_dialogue *d, const __u8 *data, __u32 len)
{
	struct gp_spoken_line *line = &d->lines[GP_FROM_CLIENT];
	__u32 used = METHOD_BYTES - line->len;

	if (!line->len && len >= METHOD_BYTES) {
		decide(d, is_word((const char *)data, len) ? GP_DIALOGUE_HTTP : GP_DIALOGUE_UNKNOWN);
		return 0;
	}
	if (used > len)
		used = len;
	if (!gp_line_append(d, line, data, used, METHOD_BYTES) || !is_word(line->data, line->len))
		decide(d, GP_DIALOGUE_UNKNOWN);
	else if (line->len == METHOD_BYTES)
		decide(d, GP_DIALOGUE_HTTP);
	return used;
}

/* What the flow is, by its first bytes and its port. Return: how many of them need no further reading. */
static __u32 begin(struct gp_dialogue *d, enum gp_speaker speaker, const __u8 *data, __u32 len)
{
	bool mail = d->stream->service == GP_SERVICE_SMTP || d->stream->service == GP_SERVICE_SUBMISSION;

	if (data && data[0] == GP_TLS_HANDSHAKE && !d->spoken[speaker] && !d->lines[speaker].len)
		decide(d, GP_DIALOGUE_TLS);
	else if (mail)
		decide(d, GP_DIALOGUE_SMTP);
	else if (d->stream->service != GP_SERVICE_TLS)
		decide(d, GP_DIALOGUE_HTTP);
	else if (speaker == GP_FROM_CLIENT && data)
		return begin_clear(d, data, len);
	else if (speaker == GP_FROM_CLIENT)
		decide(d, GP_DIALOGUE_UNKNOWN);
	return 0;
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

static void tell_gap(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, __u32 len)
{
	if (speaker == GP_FROM_CLIENT)
		gp_dialogue_tls_gap(d);
	if (d->protocol == GP_DIALOGUE_TLS)
		return;
	if (d->protocol == GP_DIALOGUE_SMTP)
		gp_dialogue_smtp_gap(d, speaker, time_ns, len);
	else if (d->protocol == GP_DIALOGUE_HTTP)
		gp_dialogue_http_gap(d, speaker, time_ns, len);
	say_gap(d, speaker, time_ns, len); /* behind what it cut off */
}

void gp_dialogue_bytes(void *dialogue, enum gp_speaker speaker, __u64 time_ns, const __u8 *data, __u32 len)
{
	struct gp_dialogue *d = dialogue;
	__u32 used = 0;

	if (len && !d->decided)
		used = begin(d, speaker, data, len);
	if (used == len)
		return;
	d->spoken[speaker] = true;
	if (!data)
		tell_gap(d, speaker, time_ns, len);
	else if (d->protocol == GP_DIALOGUE_SMTP)
		gp_dialogue_smtp_bytes(d, speaker, time_ns, data + used, len - used);
	else if (d->protocol == GP_DIALOGUE_HTTP)
		gp_dialogue_http_bytes(d, speaker, time_ns, data + used, len - used);
	else if (d->protocol == GP_DIALOGUE_TLS && speaker == GP_FROM_CLIENT)
		gp_dialogue_tls_bytes(d, data + used, len - used);
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
	for (int i = 0; i < GP_SPEAKERS; i++)
		gp_line_release(d, &d->lines[i]);
	if (d->tls)
		gp_line_release(d, &d->tls->bytes);
	d->budget->used -= d->bytes;
	free(d->tls);
	free(d->said);
	free(d->text);
	free(d->state);
	free(d);
}
