// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>

#include "dialogue_json.h"
#include "dialogue_json_private.h"

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

/* Left out where there is none. */
static void put_hash(struct writer *w, json_object *line, const char *key, __u64 hash)
{
	char text[17];

	if (!hash)
		return;
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)hash);
	put_text(w, line, key, text);
}

static void put_request(struct writer *w, json_object *line, const struct gp_said *said)
{
	put_words(w, line, "request", &said->words[GP_WORDS_VERB]);
	put_words(w, line, "target", &said->words[GP_WORDS_ARGUMENT]);
	put_if(w, line, "target_cut", said->words[GP_WORDS_ARGUMENT].cut);
	put_hash(w, line, "path_hash", said->path_hash);
	put_hash(w, line, "url_hash", gp_dialogue_url_hash(w->d, said));
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

/* A version without a name is its number. */
static void put_version(struct writer *w, json_object *tls, __u16 version)
{
	static const char *const names[] = { "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3" };
	char text[8];

	snprintf(text, sizeof(text), "0x%04x", version);
	put_text(w, tls, "version", version >= 0x300 && version <= 0x304 ? names[version - 0x300] : text);
}

static void put_protocols(struct writer *w, json_object *tls, const struct gp_words *protocols)
{
	const __u8 *names = protocols->len ? (const __u8 *)w->d->text + protocols->at : NULL;
	json_object *list = json_object_new_array();

	for (__u32 at = 0; at < protocols->len; at += 1u + names[at]) {
		const struct gp_words name = { .at = protocols->at + at + 1, .len = names[at] };

		append(w, list, new_words(w->d, &name));
	}
	put(w, tls, "alpn", list);
}

/* What the client offered; without sni when it named nobody. */
static void put_tls(struct writer *w, json_object *object)
{
	const struct gp_tls_dialogue *t = w->d->tls;
	json_object *tls;

	if (!t || !t->has_hello)
		return;
	tls = json_object_new_object();
	put(w, object, "tls", tls);
	put_version(w, tls, t->version);
	if (t->sni.len)
		put_words(w, tls, "sni", &t->sni);
	put_protocols(w, tls, &t->protocols);
	put_text(w, tls, "ja4", t->ja4);
	put_if(w, tls, "malformed", t->malformed);
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
	put_tls(w, object);
	if (w->d->protocol == GP_DIALOGUE_SMTP)
		gp_dialogue_json_mail(w, object, end);
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
