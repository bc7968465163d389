// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "dialogue_json.h"
#include "text.h"

struct writer {
	const struct gp_dialogue *d;
	__s64 offset_ns;
	int err;
};

static size_t utf8_length(const __u8 *data, size_t len)
{
	size_t bytes = data[0] < 0x80 ? 1 : data[0] < 0xc2 ? 0 : data[0] < 0xe0 ? 2 : data[0] < 0xf0 ? 3 : data[0] < 0xf5 ? 4 : 0;

	if (bytes > len)
		return 0;
	for (size_t i = 1; i < bytes; i++) {
		if ((data[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((data[0] == 0xe0 && data[1] < 0xa0) || (data[0] == 0xed && data[1] > 0x9f) ||
	    (data[0] == 0xf0 && data[1] < 0x90) || (data[0] == 0xf4 && data[1] > 0x8f))
		return 0;
	return bytes;
}

/*
 * A stand-in for the sanitiser of user/sanitise.h, with its signature: valid UTF-8 stays, every other byte becomes "\xNN".
 * Return: length of out without its NUL, below size.
 */
static size_t gp_sanitise(char *out, size_t size, const void *data, size_t len)
{
	const __u8 *from = data;
	size_t done = 0;

	while (len && size - done > 4) {
		size_t bytes = utf8_length(from, len);

		if (bytes)
			memcpy(out + done, from, bytes);
		else
			snprintf(out + done, 5, "\\x%02x", *from);
		done += bytes ? bytes : 4;
		bytes = bytes ? bytes : 1;
		from += bytes;
		len -= bytes;
	}
	out[done] = '\0';
	return done;
}

/* Takes the value over. */
static void put(struct writer *w, json_object *object, const char *key, json_object *value)
{
	if (object && value && !json_object_object_add_ex(object, key, value, JSON_C_OBJECT_ADD_CONSTANT_KEY))
		return;
	json_object_put(value);
	w->err = -ENOMEM;
}

static void append(struct writer *w, json_object *list, json_object *value)
{
	if (list && value && !json_object_array_add(list, value))
		return;
	json_object_put(value);
	w->err = -ENOMEM;
}

static void put_number(struct writer *w, json_object *object, const char *key, __u64 number)
{
	put(w, object, key, json_object_new_uint64(number));
}

static void put_flag(struct writer *w, json_object *object, const char *key, bool flag)
{
	put(w, object, key, json_object_new_boolean(flag));
}

/* Only where it holds: most lines have none of them. */
static void put_if(struct writer *w, json_object *object, const char *key, bool flag)
{
	if (flag)
		put_flag(w, object, key, true);
}

static void put_text(struct writer *w, json_object *object, const char *key, const char *text)
{
	put(w, object, key, json_object_new_string(text));
}

static json_object *new_words(const struct gp_dialogue *d, const struct gp_words *words)
{
	char text[4 * GP_WORDS_MAX + 5];
	size_t len = words->len ? gp_sanitise(text, sizeof(text), d->text + words->at, words->len) : 0;

	return json_object_new_string_len(text, (int)len);
}

static void put_words(struct writer *w, json_object *object, const char *key, const struct gp_words *words)
{
	put(w, object, key, new_words(w->d, words));
}

static void put_time(struct writer *w, json_object *object, const char *key, __u64 ns)
{
	char text[GP_TEXT_TIME];

	put_text(w, object, key, gp_text_time(text, ns, w->offset_ns));
}

static void put_answers(struct writer *w, json_object *object, __s32 answers)
{
	if (answers >= 0)
		put_number(w, object, "answers", (__u64)answers);
	else if (answers == GP_ANSWERS_CONNECTION)
		put_text(w, object, "answers", "connection");
	else if (answers == GP_ANSWERS_BODY)
		put_text(w, object, "answers", "body");
}

static void put_command(struct writer *w, json_object *line, const struct gp_said *said)
{
	put_words(w, line, "command", &said->words[GP_WORDS_VERB]);
	if (said->words[GP_WORDS_ARGUMENT].len)
		put_words(w, line, "argument", &said->words[GP_WORDS_ARGUMENT]);
	put_if(w, line, "argument_cut", said->words[GP_WORDS_ARGUMENT].cut);
	put_if(w, line, "bare_lf", said->flags & GP_SAID_BARE_LF);
	put_if(w, line, "before_greeting", said->flags & GP_SAID_EARLY);
	put_if(w, line, "pipelined", said->flags & GP_SAID_AHEAD);
}

static void put_reply(struct writer *w, json_object *line, const struct gp_said *said)
{
	char enhanced[24];

	put_number(w, line, "reply", said->code);
	if (said->enhanced[0]) {
		snprintf(enhanced, sizeof(enhanced), "%u.%u.%u", said->enhanced[0], said->enhanced[1], said->enhanced[2]);
		put_text(w, line, "enhanced", enhanced);
	}
	put_words(w, line, "text", &said->words[GP_WORDS_ARGUMENT]);
	put_number(w, line, "lines", said->lines);
	put_answers(w, line, said->answers);
}

static void put_request(struct writer *w, json_object *line, const struct gp_said *said)
{
	put_words(w, line, "request", &said->words[GP_WORDS_VERB]);
	put_words(w, line, "target", &said->words[GP_WORDS_ARGUMENT]);
	put_if(w, line, "target_cut", said->words[GP_WORDS_ARGUMENT].cut);
	put_words(w, line, "host", &said->words[GP_WORDS_HOST]);
	put_words(w, line, "user_agent", &said->words[GP_WORDS_AGENT]);
	put_flag(w, line, "cookie", said->flags & GP_SAID_COOKIE);
	put_flag(w, line, "referer", said->flags & GP_SAID_REFERER);
}

static json_object *new_line(struct writer *w, const struct gp_said *said)
{
	json_object *line = json_object_new_object();

	put_time(w, line, "time", said->time_ns);
	switch (said->kind) {
	case GP_SAID_COMMAND:
		put_command(w, line, said);
		break;
	case GP_SAID_REPLY:
		put_reply(w, line, said);
		break;
	case GP_SAID_REQUEST:
		put_request(w, line, said);
		break;
	case GP_SAID_RESPONSE:
		put_number(w, line, "response", said->code);
		put_answers(w, line, said->answers);
		break;
	default:
		put_number(w, line, "gap_bytes", said->lines);
		put_text(w, line, "from", said->speaker == GP_FROM_CLIENT ? "client" : "server");
		break;
	}
	put_if(w, line, "head_cut", said->flags & GP_SAID_CUT);
	put_if(w, line, "after_gap", said->flags & GP_SAID_AFTER_GAP);
	return line;
}

static const char *mail_ending(const struct gp_dialogue *d, enum gp_stream_end end)
{
	if (end == GP_STREAM_FIN)
		return d->smtp->quit ? "quit_fin" : "fin";
	return end == GP_STREAM_RST ? "rst" : "open";
}

/* The addresses of one command, as they were given. */
static void put_mailboxes(struct writer *w, json_object *object, const char *key, const char *verb)
{
	const struct gp_dialogue *d = w->d;
	json_object *list = json_object_new_array();

	for (__u32 i = 0; i < d->said_count; i++) {
		const struct gp_said *said = &d->said[i];

		if (said->kind == GP_SAID_COMMAND && said->words[GP_WORDS_VERB].len == 4 &&
		    !strncasecmp(d->text + said->words[GP_WORDS_VERB].at, verb, 4))
			append(w, list, new_words(d, &said->words[GP_WORDS_HOST]));
	}
	put(w, object, key, list);
}

static void put_mail(struct writer *w, json_object *object, enum gp_stream_end end)
{
	static const char *const forms[] = {
		[GP_HELO_NONE] = "none", [GP_HELO_EMPTY] = "empty", [GP_HELO_FQDN] = "fqdn",
		[GP_HELO_WORD] = "word", [GP_HELO_LOCALHOST] = "localhost", [GP_HELO_ADDRESS] = "address",
		[GP_HELO_LITERAL] = "literal", [GP_HELO_OTHER] = "other",
	};
	const struct gp_smtp_dialogue *s = w->d->smtp;
	json_object *mail = json_object_new_object();

	put(w, object, "mail", mail);
	put_text(w, mail, "helo_form", forms[s->helo_form]);
	put_mailboxes(w, mail, "senders", "MAIL");
	put_mailboxes(w, mail, "recipients", "RCPT");
	put_flag(w, mail, "lmtp", s->lmtp);
	put_flag(w, mail, "early_talker", s->early_talker);
	put_flag(w, mail, "pipelining_offered", s->pipelining_offered);
	put_flag(w, mail, "starttls_offered", s->starttls_offered);
	put_flag(w, mail, "starttls_used", s->starttls_used);
	put_flag(w, mail, "auth", s->auth);
	put_number(w, mail, "auth_lines_not_kept", s->redacted);
	put_number(w, mail, "body_bytes", s->body_bytes);
	put_number(w, mail, "odd_lines", s->odd_lines);
	put_text(w, mail, "ending", mail_ending(w->d, end));
}

static void put_side(struct writer *w, json_object *object, const char *key, const struct gp_stream_side *side)
{
	json_object *o = json_object_new_object();

	put(w, object, key, o);
	put_number(w, o, "bytes", side->bytes);
	put_number(w, o, "gaps", side->gaps);
	put_number(w, o, "gap_bytes", side->gap_bytes);
	put_number(w, o, "repeated_bytes", side->repeated_bytes);
	put_flag(w, o, "syn", side->syn);
	put_flag(w, o, "fin", side->fin);
}

static void put_flow(struct writer *w, json_object *object, const struct gp_stream *stream)
{
	char text[GP_TEXT_ADDR];

	put_text(w, object, "schema", "gatepost.dialogue/1");
	put_text(w, object, "client", gp_text_address(text, &stream->client, 128));
	put_number(w, object, "client_port", stream->client_port);
	put_text(w, object, "server", gp_text_address(text, &stream->server, 128));
	put_number(w, object, "server_port", stream->server_port);
	put_time(w, object, "begin", stream->begin_ns);
	put_time(w, object, "end", stream->end_ns);
}

static json_object *new_dialogue(struct writer *w, enum gp_stream_end end)
{
	static const char *const protocols[] = {
		[GP_DIALOGUE_UNKNOWN] = "unknown", [GP_DIALOGUE_SMTP] = "smtp",
		[GP_DIALOGUE_HTTP] = "http", [GP_DIALOGUE_TLS] = "tls",
	};
	static const char *const endings[] = {
		[GP_STREAM_OPEN] = "open", [GP_STREAM_FIN] = "fin", [GP_STREAM_RST] = "rst",
		[GP_STREAM_TIMEOUT] = "timeout", [GP_STREAM_REUSED] = "reused", [GP_STREAM_DISPLACED] = "displaced",
	};
	json_object *object = json_object_new_object(), *lines = json_object_new_array();

	put_flow(w, object, w->d->stream);
	put_text(w, object, "protocol", protocols[w->d->protocol]);
	put_text(w, object, "ending", endings[end]);
	put_side(w, object, "from_client", &w->d->stream->sides[GP_FROM_CLIENT]);
	put_side(w, object, "from_server", &w->d->stream->sides[GP_FROM_SERVER]);
	for (__u32 i = 0; i < w->d->said_count; i++)
		append(w, lines, new_line(w, &w->d->said[i]));
	put(w, object, "lines", lines);
	put_number(w, object, "lines_dropped", w->d->dropped);
	if (w->d->protocol == GP_DIALOGUE_SMTP)
		put_mail(w, object, end);
	return object;
}

int gp_dialogue_write(FILE *out, const struct gp_dialogue *d, enum gp_stream_end end, __s64 offset_ns)
{
	struct writer w = { .d = d, .offset_ns = offset_ns };
	json_object *object = new_dialogue(&w, end);
	const char *text = w.err ? NULL : json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		w.err = -ENOMEM;
	else if (fputs(text, out) < 0 || fputc('\n', out) < 0)
		w.err = -(errno ?: EIO);
	json_object_put(object);
	return w.err;
}
