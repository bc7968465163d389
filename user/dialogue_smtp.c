// SPDX-License-Identifier: GPL-2.0-or-later
/* Mail: SMTP (RFC 5321), LMTP (RFC 2033), PIPELINING (RFC 2920), CHUNKING (RFC 3030), STARTTLS (RFC 3207), AUTH (RFC 4954). */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dialogue.h"

enum verb {
	VERB_UNKNOWN,
	VERB_HELO,
	VERB_EHLO,
	VERB_LHLO,
	VERB_MAIL,
	VERB_RCPT,
	VERB_DATA,
	VERB_BDAT,
	VERB_RSET,
	VERB_QUIT,
	VERB_STARTTLS,
	VERB_AUTH,
	VERB_NOOP,
	VERB_VRFY,
	VERB_EXPN,
	VERB_HELP,
	VERB_ETRN,
	VERB_BODY, /* the end of a mail, which is no command */
	VERB_LOST, /* commands, nobody knows how many or which */
};

static const char *const verbs[] = {
	[VERB_HELO] = "HELO", [VERB_EHLO] = "EHLO", [VERB_LHLO] = "LHLO", [VERB_MAIL] = "MAIL",
	[VERB_RCPT] = "RCPT", [VERB_DATA] = "DATA", [VERB_BDAT] = "BDAT", [VERB_RSET] = "RSET",
	[VERB_QUIT] = "QUIT", [VERB_STARTTLS] = "STARTTLS", [VERB_AUTH] = "AUTH", [VERB_NOOP] = "NOOP",
	[VERB_VRFY] = "VRFY", [VERB_EXPN] = "EXPN", [VERB_HELP] = "HELP", [VERB_ETRN] = "ETRN",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UNKNOWN_VERB_MAX 16 /* longer words are no verbs */

/* Where a body stands. */
enum body_at {
	AT_LINE,
	AT_DOT,
	AT_DOT_CR,
	AT_TEXT,
	AT_TEXT_CR,
	AT_BARE_LINE, /* behind a bare LF */
	AT_BARE_DOT,
	AT_BARE_DOT_CR,
	AT_DOUBTFUL, /* behind a dot on a line of its own, bare LFs around it */
	AT_OVER,
};

/* A command, taken apart; the pointers are into its line. */
struct command {
	enum verb verb;
	const char *word, *argument;
	size_t word_len, argument_len;
};

static enum verb waiting_verb(const struct gp_smtp_dialogue *s)
{
	return s->waiting_count ? (enum verb)s->waiting[s->waiting_first].verb : VERB_UNKNOWN;
}

static void wait_for(struct gp_smtp_dialogue *s, enum verb verb, __s32 index)
{
	__u32 at = (s->waiting_first + s->waiting_count) % GP_SMTP_WAITING;

	if (s->waiting_count == GP_SMTP_WAITING) {
		s->waiting_lost = true;
		at = (at + GP_SMTP_WAITING - 1) % GP_SMTP_WAITING;
		verb = VERB_LOST;
		index = GP_ANSWERS_NONE;
		s->waiting_count--;
	}
	s->waiting[at].index = index;
	s->waiting[at].verb = (__u8)verb;
	s->waiting[at].last_chunk = false;
	s->waiting_count++;
}

/* From here on nobody knows how many commands wait, up to resume(). */
static void lose_count(struct gp_smtp_dialogue *s)
{
	wait_for(s, VERB_LOST, GP_ANSWERS_NONE);
	s->calm = false;
}

/*
 * The client goes on after a reply: it waited for that, and nothing else is outstanding, unless it was sent before a gap
 * and is answered after it. A reply to that has come then.
 */
static void resume(struct gp_smtp_dialogue *s)
{
	if (s->calm && waiting_verb(s) == VERB_LOST)
		s->waiting_count = 0;
	s->calm = false;
}

static __s32 stop_waiting(struct gp_smtp_dialogue *s)
{
	__s32 index;

	if (!s->waiting_count || waiting_verb(s) == VERB_LOST)
		return GP_ANSWERS_NONE;
	index = s->waiting[s->waiting_first].index;
	s->waiting_first = (s->waiting_first + 1) % GP_SMTP_WAITING;
	s->waiting_count--;
	return index;
}

static void begin_message(struct gp_dialogue *d)
{
	const size_t bytes = sizeof(struct gp_message) + gp_message_reader_bytes();
	struct gp_smtp_dialogue *s = d->smtp;
	struct gp_message *message = NULL;

	s->in_message = true;
	if (s->messages_count < GP_SMTP_MESSAGES && d->budget->used + bytes <= d->budget->max)
		message = malloc(sizeof(*message));
	if (message)
		s->reader = gp_message_open(message, d->budget->salt);
	if (!s->reader) {
		free(message);
		s->messages_more++;
		return;
	}
	d->budget->used += bytes;
	s->messages[s->messages_count++] = message;
	if (s->message_torn)
		gp_message_gap(s->reader);
}

static void message_bytes(struct gp_dialogue *d, const __u8 *data, size_t len)
{
	if (!len)
		return;
	if (!d->smtp->in_message)
		begin_message(d);
	if (d->smtp->reader)
		gp_message_bytes(d->smtp->reader, data, len);
}

static void message_gap(struct gp_dialogue *d)
{
	d->smtp->message_torn |= !d->smtp->in_message;
	if (d->smtp->reader)
		gp_message_gap(d->smtp->reader);
}

static void end_message(struct gp_dialogue *d, bool ended)
{
	struct gp_smtp_dialogue *s = d->smtp;

	if (s->reader) {
		gp_message_close(s->reader, ended);
		d->budget->used -= gp_message_reader_bytes();
	}
	s->reader = NULL;
	s->in_message = s->message_torn = false;
}

/* What was read was no mail: DATA is refused. */
static void forget_message(struct gp_dialogue *d)
{
	struct gp_smtp_dialogue *s = d->smtp;

	if (s->reader) {
		end_message(d, false);
		free(s->messages[--s->messages_count]);
		d->budget->used -= sizeof(struct gp_message);
	}
	s->in_message = s->message_torn = false;
}

/* The next bytes of the client are a command line. */
static void to_commands(struct gp_dialogue *d)
{
	if (d->smtp->phase == GP_SMTP_PHASE_BODY)
		end_message(d, false);
	d->smtp->phase = GP_SMTP_PHASE_COMMAND;
	gp_line_next(&d->lines[GP_FROM_CLIENT]);
}

static void to_body(struct gp_dialogue *d, bool doubtful)
{
	d->smtp->phase = GP_SMTP_PHASE_BODY;
	d->smtp->body_at = AT_LINE;
	d->smtp->body_doubtful = doubtful;
	end_message(d, false);
	d->smtp->message_torn = doubtful;
	gp_line_next(&d->lines[GP_FROM_CLIENT]);
}

/* The client's next byte is its first one of TLS (RFC 3207, 4); what it sent before the server agreed is no command. */
static void to_tls(struct gp_dialogue *d)
{
	d->smtp->phase = GP_SMTP_PHASE_TLS;
	gp_line_next(&d->lines[GP_FROM_CLIENT]);
	gp_dialogue_tls_open(d);
}

static void take_apart(struct command *c, const char *line, size_t len)
{
	*c = (struct command){ .word = line };
	while (len && (*c->word == ' ' || *c->word == '\t')) {
		c->word++;
		len--;
	}
	while (c->word_len < len && isalpha((unsigned char)c->word[c->word_len]))
		c->word_len++;
	c->argument = c->word + c->word_len;
	c->argument_len = len - c->word_len;
	if (c->argument_len && *c->argument == ' ') {
		c->argument++;
		c->argument_len--;
	}
	for (size_t i = VERB_HELO; i < COUNT(verbs); i++) {
		if (strlen(verbs[i]) == c->word_len && !strncasecmp(verbs[i], c->word, c->word_len))
			c->verb = (enum verb)i;
	}
	/* Whatever begins like AUTH may go on with a secret. */
	if (c->word_len >= 4 && !strncasecmp(c->word, "AUTH", 4))
		c->verb = VERB_AUTH;
}

static bool begins_with(const struct command *c, const char *word)
{
	return c->argument_len >= strlen(word) && !strncasecmp(c->argument, word, strlen(word));
}

/* Would nobody write this line into a mail? What counts behind a gap, where a body cannot be told from commands. */
static bool is_unmistakable(const struct command *c)
{
	switch (c->verb) {
	case VERB_MAIL:
		return begins_with(c, "FROM:");
	case VERB_RCPT:
		return begins_with(c, "TO:");
	case VERB_HELO:
	case VERB_EHLO:
	case VERB_LHLO:
		return c->argument_len && !memchr(c->argument, ' ', c->argument_len);
	case VERB_DATA:
	case VERB_RSET:
	case VERB_QUIT:
	case VERB_STARTTLS:
		return !c->argument_len;
	case VERB_AUTH:
		return true; /* it is not kept */
	default:
		return false;
	}
}

/* Digits and dots only, or a colon: an address without its brackets. */
static bool is_address(const char *name, size_t len)
{
	size_t dots = 0;

	if (memchr(name, ':', len))
		return true;
	for (size_t i = 0; i < len; i++) {
		if (name[i] != '.' && !isdigit((unsigned char)name[i]))
			return false;
		dots += name[i] == '.';
	}
	return dots == 3;
}

static enum gp_helo_form helo_form(const char *name, size_t len)
{
	while (len && (name[len - 1] == ' ' || name[len - 1] == '\t'))
		len--;
	if (!len)
		return GP_HELO_EMPTY;
	if (name[0] == '[')
		return name[len - 1] == ']' ? GP_HELO_LITERAL : GP_HELO_OTHER;
	if (is_address(name, len))
		return GP_HELO_ADDRESS;
	if (len == 9 && !strncasecmp(name, "localhost", 9))
		return GP_HELO_LOCALHOST;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)name[i]) && !strchr(".-_", name[i]))
			return GP_HELO_OTHER;
	}
	return memchr(name, '.', len) ? GP_HELO_FQDN : GP_HELO_WORD;
}

/* The mailbox in MAIL and RCPT (RFC 5321, 4.1.1.2, 4.1.1.3), with or without its brackets. */
static void keep_address(struct gp_dialogue *d, struct gp_said *said, const struct command *c)
{
	const char *from = memchr(c->argument, ':', c->argument_len), *end = c->argument + c->argument_len, *last;

	if (!from)
		return;
	for (from++; from < end && *from == ' '; from++)
		;
	last = from < end && *from == '<' ? memchr(from, '>', (size_t)(end - from)) : NULL;
	if (last) {
		from++;
	} else {
		last = memchr(from, ' ', (size_t)(end - from));
		last = last ? last : end;
	}
	said->words[GP_WORDS_HOST] = gp_dialogue_words(d, from, (size_t)(last - from), GP_SMTP_WORDS_MAX);
}

static void begin_chunk(struct gp_smtp_dialogue *s, const struct command *c)
{
	size_t i = 0, end;

	s->chunk_left = 0;
	while (i < c->argument_len && isdigit((unsigned char)c->argument[i]) && s->chunk_left < 1ull << 56)
		s->chunk_left = s->chunk_left * 10 + (__u64)(c->argument[i++] - '0');
	while (i < c->argument_len && c->argument[i] == ' ')
		i++;
	end = c->argument_len;
	while (end > i && c->argument[end - 1] == ' ')
		end--;
	s->chunk_last = end - i == 4 && !strncasecmp(c->argument + i, "LAST", 4);
	if (i && (i == end || s->chunk_last)) {
		s->phase = GP_SMTP_PHASE_CHUNK;
	} else { /* the server refuses it, and reads on behind the line; or takes it for what it is not */
		s->chunk_left = 0;
		s->unsure = true;
	}
}

/* LMTP replies once for each recipient that was accepted (RFC 2033, 4.2). */
static void wait_for_delivery(struct gp_smtp_dialogue *s, __u32 replies)
{
	if (s->lmtp && s->accepted > 1)
		replies += s->accepted - 1;
	for (resume(s); replies && waiting_verb(s) != VERB_LOST && s->waiting_count < GP_SMTP_WAITING; replies--)
		wait_for(s, VERB_BODY, GP_ANSWERS_BODY);
}

/* What a command means for what follows it. */
static void follow(struct gp_dialogue *d, const struct command *c)
{
	struct gp_smtp_dialogue *s = d->smtp;

	switch (c->verb) {
	case VERB_LHLO:
	case VERB_HELO:
	case VERB_EHLO:
		s->lmtp = c->verb == VERB_LHLO;
		s->helo_form = (__u8)helo_form(c->argument, c->argument_len);
		end_message(d, false);
		break;
	case VERB_MAIL:
		s->accepted = 0;
		end_message(d, false);
		break;
	case VERB_RSET:
		end_message(d, false);
		break;
	case VERB_DATA:
		s->phase = GP_SMTP_PHASE_DATA;
		break;
	case VERB_BDAT:
		begin_chunk(s, c);
		if (s->waiting_count)
			s->waiting[(s->waiting_first + s->waiting_count - 1) % GP_SMTP_WAITING].last_chunk = s->chunk_last;
		break;
	case VERB_AUTH:
		s->auth = true;
		s->phase = GP_SMTP_PHASE_AUTH;
		break;
	case VERB_QUIT:
		s->quit = true;
		break;
	default:
		break;
	}
}

static __u8 command_flags(const struct gp_dialogue *d, enum gp_said_flag flag)
{
	const struct gp_smtp_dialogue *s = d->smtp;
	bool early = !s->greeted && !d->spoken[GP_FROM_SERVER] && d->stream->sides[GP_FROM_SERVER].syn;

	return (__u8)(flag | (early ? GP_SAID_EARLY : 0) |
		      (s->waiting_count && waiting_verb(s) != VERB_LOST ? GP_SAID_AHEAD : 0) | (s->unsure ? GP_SAID_AFTER_GAP : 0));
}

static void command(struct gp_dialogue *d, __u64 time_ns, const struct gp_spoken_line *line, enum gp_said_flag flag)
{
	const struct gp_stream_side *client = &d->stream->sides[GP_FROM_CLIENT];
	struct gp_smtp_dialogue *s = d->smtp;
	struct gp_said said = { .kind = GP_SAID_COMMAND, .time_ns = time_ns, .answers = GP_ANSWERS_NONE };
	struct command c;

	take_apart(&c, line->data, line->len);
	if (s->unsure && !is_unmistakable(&c))
		return;
	s->trailing_blank |= !(flag & GP_SAID_CUT) && (line->data[line->len - 1] == ' ' || line->data[line->len - 1] == '\t');
	resume(s);
	said.flags = command_flags(d, flag);
	s->early_talker |= (said.flags & GP_SAID_EARLY) != 0;
	if (c.verb == VERB_AUTH)
		said.words[GP_WORDS_VERB] = gp_dialogue_words(d, c.word, 4, 4);
	else if (c.verb || (!s->auth && client->syn && !client->gaps && c.word_len <= UNKNOWN_VERB_MAX)) /* no secret */
		said.words[GP_WORDS_VERB] = gp_dialogue_words(d, c.word, c.word_len, UNKNOWN_VERB_MAX);
	if (c.verb && c.verb != VERB_AUTH)
		said.words[GP_WORDS_ARGUMENT] = gp_dialogue_words(d, c.argument, c.argument_len, GP_SMTP_WORDS_MAX);
	if (c.verb == VERB_MAIL || c.verb == VERB_RCPT)
		keep_address(d, &said, &c);
	if (flag & GP_SAID_CUT)
		said.words[GP_WORDS_ARGUMENT].cut = said.words[GP_WORDS_HOST].cut = true;
	wait_for(s, c.verb, gp_dialogue_say(d, &said));
	follow(d, &c);
}

static __u8 body_step(__u8 at, __u8 c)
{
	if (c == '\n') {
		if (at == AT_DOT_CR)
			return AT_OVER;
		if (at == AT_DOT || at == AT_BARE_DOT || at == AT_BARE_DOT_CR)
			return AT_DOUBTFUL;
		return at == AT_TEXT_CR ? AT_LINE : AT_BARE_LINE;
	}
	if (c == '\r')
		return at == AT_DOT ? AT_DOT_CR : at == AT_BARE_DOT ? AT_BARE_DOT_CR : AT_TEXT_CR;
	if (c == '.' && at == AT_LINE)
		return AT_DOT;
	return c == '.' && (at == AT_BARE_LINE || at == AT_DOUBTFUL) ? AT_BARE_DOT : AT_TEXT;
}

/* A mail's text, up to its dot (RFC 5321, 4.1.1.4). Return: how many bytes belong to it. */
static __u32 body(struct gp_dialogue *d, const __u8 *data, __u32 len)
{
	struct gp_smtp_dialogue *s = d->smtp;
	__u32 begin = 0;

	for (__u32 i = 0; i < len; i++) {
		__u8 before = s->body_at;

		s->body_at = body_step(before, data[i]);
		if (before == AT_LINE && s->body_at == AT_DOT) { /* put there for transparency (RFC 5321, 4.5.2) */
			message_bytes(d, data + begin, i - begin);
			begin = i + 1;
		}
		if (s->body_at == AT_DOUBTFUL) {
			message_bytes(d, data + begin, i - begin);
			begin = i;
			message_gap(d);
			s->body_doubtful = true;
		}
		if (s->body_at != AT_OVER)
			continue;
		message_bytes(d, data + begin, i + 1 - begin);
		s->body_bytes += i + 1;
		end_message(d, true);
		to_commands(d);
		wait_for_delivery(s, 1);
		return i + 1;
	}
	message_bytes(d, data + begin, len - begin);
	s->body_bytes += len;
	return len;
}

/* A part of a mail by BDAT; data NULL for a gap within it. */
static __u32 chunk(struct gp_dialogue *d, const __u8 *data, __u32 len)
{
	struct gp_smtp_dialogue *s = d->smtp;
	__u32 used = s->chunk_left < len ? (__u32)s->chunk_left : len;

	if (data)
		message_bytes(d, data, used);
	else
		message_gap(d);
	s->chunk_left -= used;
	s->body_bytes += used;
	if (!s->chunk_left) {
		to_commands(d);
		if (s->chunk_last) {
			end_message(d, true);
			wait_for_delivery(s, 0);
		}
	}
	return used;
}

/* Lines between AUTH and its reply: never copied. */
static __u32 secret(struct gp_smtp_dialogue *s, const __u8 *data, __u32 len)
{
	const __u8 *end = memchr(data, '\n', len);

	s->redacted += end != NULL;
	return end ? (__u32)(end - data) + 1 : len;
}

static void client_gap(struct gp_dialogue *d, __u64 time_ns, __u32 len);

static __u32 command_line(struct gp_dialogue *d, __u64 time_ns, const __u8 *data, __u32 len)
{
	struct gp_smtp_dialogue *s = d->smtp;
	struct gp_spoken_line *line = &d->lines[GP_FROM_CLIENT];
	bool bare_lf;
	__u32 used;

	if (!line->len && data[0] == GP_TLS_HANDSHAKE) {
		to_tls(d);
		return 0;
	}
	if (!gp_line_take(d, line, data, len, &used))
		return used;
	bare_lf = gp_line_trim(line);
	if (line->len)
		command(d, time_ns, line, bare_lf ? GP_SAID_BARE_LF : 0);
	else if (line->cut)
		client_gap(d, time_ns, 0); /* there was no memory for it */
	if (line->data && (s->auth || s->unsure))
		explicit_bzero(line->data, line->size);
	gp_line_next(line);
	return used;
}

/* len bytes of TLS, the last ones that were told. */
static void tls(struct gp_smtp_dialogue *s, const __u8 *data, __u32 len)
{
	if (!s->tls.bytes)
		s->tls_begin = s->client_bytes - len;
	gp_mail_tls_bytes(&s->tls, data, len);
}

static void client(struct gp_dialogue *d, __u64 time_ns, const __u8 *data, __u32 len)
{
	while (len) {
		__u32 used = len;

		switch (d->smtp->phase) {
		case GP_SMTP_PHASE_DATA:
			to_body(d, false);
			continue;
		case GP_SMTP_PHASE_BODY:
			used = body(d, data, len);
			break;
		case GP_SMTP_PHASE_CHUNK:
			used = chunk(d, data, len);
			break;
		case GP_SMTP_PHASE_AUTH:
			used = secret(d->smtp, data, len);
			break;
		case GP_SMTP_PHASE_COMMAND:
			used = command_line(d, time_ns, data, len);
			break;
		case GP_SMTP_PHASE_TLS:
			tls(d->smtp, data, len);
			gp_dialogue_tls_bytes(d, data, len);
			return;
		default:
			return;
		}
		data += used;
		len -= used;
	}
}

/* Nobody that is known. */
static bool nobody_waits(const struct gp_smtp_dialogue *s)
{
	return !s->waiting_count || waiting_verb(s) == VERB_LOST;
}

/* Does this reply stand for the connection itself (RFC 5321, 3.1)? */
static bool is_greeting(const struct gp_dialogue *d, __u16 code)
{
	const struct gp_smtp_dialogue *s = d->smtp;
	const struct gp_stream_side *server = &d->stream->sides[GP_FROM_SERVER];

	if (s->greeted)
		return false;
	if (!server->syn || server->gaps) /* it may be long past, and STARTTLS is answered by 220 as well */
		return code == 220 && !d->spoken[GP_FROM_CLIENT];
	return code == 220 || code >= 400;
}

/* What an answer to a command means for what follows it. */
static void conclude(struct gp_dialogue *d, enum verb verb, __u16 code)
{
	struct gp_smtp_dialogue *s = d->smtp;
	bool in_body = s->phase == GP_SMTP_PHASE_BODY || s->phase == GP_SMTP_PHASE_DATA;

	if (code == 354) {
		if (s->phase != GP_SMTP_PHASE_BODY && s->phase != GP_SMTP_PHASE_TLS)
			to_body(d, verb != VERB_DATA);
		return;
	}
	if (verb == VERB_DATA && in_body) {
		forget_message(d);
		to_commands(d);
	} else if (verb == VERB_LOST && s->phase == GP_SMTP_PHASE_DATA && code >= 400) {
		to_commands(d); /* it may be DATA that was refused, or not */
		s->unsure = true;
	} else if (s->phase == GP_SMTP_PHASE_AUTH && (verb == VERB_AUTH || nobody_waits(s)))
		to_commands(d);
	else if (verb == VERB_STARTTLS && code == 220) {
		to_tls(d);
		s->starttls_used = true;
	} else if (verb == VERB_RCPT && code / 100 == 2) {
		s->accepted++;
	}
}

/*
 * Which mail a reply is about: behind DATA the last one, because the next waits for the reply; by BDAT several may be on
 * their way (RFC 3030, 4.2). Of mails that were not read nothing is kept.
 */
static void answer_message(struct gp_smtp_dialogue *s, const struct gp_said *said, bool last_chunk)
{
	__u32 index = last_chunk ? s->messages_answered : s->messages_count - 1u;

	if (said->answers != GP_ANSWERS_BODY && !last_chunk)
		return;
	if (index >= s->messages_count || s->messages_more)
		return;
	s->messages_answered = (__u8)(index + 1);
	if (said->code / 100 == 2 && !s->taken_ns[index])
		s->taken_ns[index] = said->time_ns;
}

/* A reply is complete. */
static void reply(struct gp_dialogue *d)
{
	struct gp_smtp_dialogue *s = d->smtp;
	struct gp_said *said = &s->reply;
	bool last_chunk = s->waiting_count && s->waiting[s->waiting_first].last_chunk;
	enum verb verb;

	s->reply_open = false;
	verb = waiting_verb(s);
	s->replies_lost = false;
	s->calm = true;
	if (said->code != 354)
		s->unsure = false;
	if (is_greeting(d, said->code)) {
		said->answers = GP_ANSWERS_CONNECTION;
	} else if (said->code == 334) { /* a challenge: AUTH goes on (RFC 4954, 4) */
		said->answers = s->waiting_count ? s->waiting[s->waiting_first].index : GP_ANSWERS_NONE;
		s->auth = true;
		if (s->phase == GP_SMTP_PHASE_COMMAND)
			s->phase = GP_SMTP_PHASE_AUTH;
	} else if (nobody_waits(s) && s->phase == GP_SMTP_PHASE_BODY && s->body_doubtful && said->code != 354) {
		said->answers = GP_ANSWERS_BODY;
		to_commands(d);
		lose_count(s); /* commands may have followed it in a gap */
		s->calm = true;
	} else {
		said->answers = stop_waiting(s);
		conclude(d, verb, said->code);
	}
	answer_message(s, said, last_chunk && said->answers >= 0);
	s->greeted = true;
	gp_dialogue_say(d, said);
}

/* An enhanced status code: class "." subject "." detail, of the reply's own class (RFC 2034, 4). Return: its length. */
static size_t enhanced_code(__u16 out[3], const char *text, size_t len, __u16 code)
{
	__u32 part[3] = { 0 };
	size_t i = 0;

	for (int n = 0; n < 3; n++) {
		size_t begin = i;

		while (i < len && isdigit((unsigned char)text[i]) && i - begin < 3)
			part[n] = part[n] * 10 + (__u32)(text[i++] - '0');
		if (i == begin || (n < 2 && (i >= len || text[i++] != '.')))
			return 0;
	}
	if (part[0] != code / 100u || (i < len && text[i] != ' '))
		return 0;
	for (int n = 0; n < 3; n++)
		out[n] = (__u16)part[n];
	return i < len ? i + 1 : i;
}

/* What EHLO is answered with (RFC 5321, 4.1.1.1). */
static void extension(struct gp_smtp_dialogue *s, const char *text, size_t len)
{
	if (len >= 8 && !strncasecmp(text, "STARTTLS", 8))
		s->starttls_offered = true;
	if (len >= 10 && !strncasecmp(text, "PIPELINING", 10))
		s->pipelining_offered = true;
	s->size_offered |= len >= 4 && !strncasecmp(text, "SIZE", 4);
	s->eightbit_offered |= len >= 8 && !strncasecmp(text, "8BITMIME", 8);
}

/* Servers quote what they do not understand, or do not like (RFC 4954, 6); behind AUTH that may be a password. */
static bool may_quote_secret(const struct gp_smtp_dialogue *s, __u16 code)
{
	if (code < 400 || !(s->auth || s->commands_lost))
		return false;
	return code / 10 == 50 || code / 10 == 53 || (s->auth && (nobody_waits(s) || waiting_verb(s) == VERB_AUTH));
}

static void begin_reply(struct gp_dialogue *d, __u64 time_ns, __u16 code, const char *text, size_t len)
{
	struct gp_smtp_dialogue *s = d->smtp;
	size_t skip;

	s->reply = (struct gp_said){
		.kind = GP_SAID_REPLY,
		.speaker = GP_FROM_SERVER,
		.time_ns = time_ns,
		.code = code,
		.flags = s->replies_lost ? GP_SAID_AFTER_GAP : 0,
	};
	skip = enhanced_code(s->reply.enhanced, text, len, code);
	if (!may_quote_secret(s, code))
		s->reply.words[GP_WORDS_ARGUMENT] = gp_dialogue_words(d, text + skip, len - skip, GP_SMTP_WORDS_MAX);
}

/* Another line of a refusal: its text goes on, for reasons and addresses often stand behind the first line. */
static void extend_reply(struct gp_dialogue *d, __u16 code, const char *text, size_t len)
{
	struct gp_words *words = &d->smtp->reply.words[GP_WORDS_ARGUMENT];
	__u16 enhanced[3];
	size_t skip = enhanced_code(enhanced, text, len, code), room = GP_SMTP_WORDS_MAX - words->len;
	struct gp_words blank, more;

	if (may_quote_secret(d->smtp, code) || skip == len || room < 2 || words->cut || words->at + words->len != d->text_len)
		return;
	blank = gp_dialogue_words(d, " ", 1, 1);
	more = gp_dialogue_words(d, text + skip, len - skip, room - 1);
	words->len = (__u16)(words->len + blank.len + more.len);
	words->cut = more.cut;
}

static void reply_line(struct gp_dialogue *d, __u64 time_ns, const char *line, size_t len)
{
	struct gp_smtp_dialogue *s = d->smtp;
	enum verb verb = waiting_verb(s);
	bool more = len > 3 && line[3] == '-';
	__u16 code;

	if (len < 3 || !isdigit((unsigned char)line[0]) || !isdigit((unsigned char)line[1]) ||
	    !isdigit((unsigned char)line[2]) || (len > 3 && line[3] != ' ' && line[3] != ':' && !more)) {
		s->odd_lines++;
		return;
	}
	code = (__u16)((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
	if (s->reply_open && s->reply.code != code)
		reply(d);
	line += len > 3 ? 4 : 3;
	len -= len > 3 ? 4 : 3;
	if (!s->reply_open)
		begin_reply(d, time_ns, code, line, len);
	else if (code >= 400)
		extend_reply(d, code, line, len);
	s->reply.lines++;
	if (code == 250 && (verb == VERB_EHLO || verb == VERB_LHLO))
		extension(s, line, len);
	s->reply_open = more;
	if (!more)
		reply(d);
}

static void server_gap(struct gp_dialogue *d, __u64 time_ns);

static void server(struct gp_dialogue *d, __u64 time_ns, const __u8 *data, __u32 len)
{
	struct gp_spoken_line *line = &d->lines[GP_FROM_SERVER];

	while (len && d->smtp->phase != GP_SMTP_PHASE_TLS) {
		__u32 used;

		if (gp_line_take(d, line, data, len, &used)) {
			gp_line_trim(line);
			if (line->cut && line->len < GP_LINE_MAX)
				server_gap(d, time_ns); /* there was no memory for it */
			else
				reply_line(d, time_ns, line->data, line->len);
			gp_line_next(line);
		}
		data += used;
		len -= used;
	}
}

void gp_dialogue_smtp_bytes(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, const __u8 *data, __u32 len)
{
	d->smtp->client_bytes += speaker == GP_FROM_CLIENT ? len : 0;
	struct gp_smtp_dialogue *s = d->smtp;

	if (speaker == GP_FROM_SERVER && !s->server_begun && !d->stream->sides[GP_FROM_SERVER].syn && !s->waiting_count)
		lose_count(s);
	s->server_begun |= speaker == GP_FROM_SERVER;
	if (speaker == GP_FROM_CLIENT)
		client(d, time_ns, data, len);
	else
		server(d, time_ns, data, len);
}

static void tls_gap(struct gp_smtp_dialogue *s, __u32 len)
{
	if (!s->tls.bytes)
		s->tls_begin = s->client_bytes - len;
	gp_mail_tls_gap(&s->tls, len);
}

/* A line that a gap cut off is told when it is beyond doubt what it was. */
static void cut_command(struct gp_dialogue *d, __u64 time_ns)
{
	struct gp_spoken_line *line = &d->lines[GP_FROM_CLIENT];
	struct command c;

	if (d->smtp->phase != GP_SMTP_PHASE_COMMAND || !line->len)
		return;
	if (line->data[line->len - 1] == '\r')
		line->len--;
	take_apart(&c, line->data, line->len);
	if (c.verb == VERB_AUTH || (c.verb && c.word + c.word_len < line->data + line->len))
		command(d, time_ns, line, GP_SAID_CUT);
}

static void client_gap(struct gp_dialogue *d, __u64 time_ns, __u32 len)
{
	struct gp_smtp_dialogue *s = d->smtp;

	cut_command(d, time_ns);
	s->client_bytes += len;
	if (s->phase == GP_SMTP_PHASE_TLS)
		tls_gap(s, len);
	else if (s->phase == GP_SMTP_PHASE_DATA)
		to_body(d, true);
	else if (s->phase == GP_SMTP_PHASE_BODY) {
		s->body_doubtful = true;
		message_gap(d);
	} else if (s->phase == GP_SMTP_PHASE_CHUNK && len <= s->chunk_left)
		chunk(d, NULL, len);
	else if (s->phase == GP_SMTP_PHASE_CHUNK || s->phase == GP_SMTP_PHASE_COMMAND) {
		end_message(d, false);
		s->commands_lost = true;
		s->message_torn = true; /* until MAIL or DATA: the next chunk may not be a mail's first */
		to_commands(d);
		lose_count(s);
		s->unsure = true;
	}
}

static void server_gap(struct gp_dialogue *d, __u64 time_ns)
{
	struct gp_smtp_dialogue *s = d->smtp;
	struct gp_spoken_line *line = &d->lines[GP_FROM_SERVER];

	if (line->len > 4 && s->phase != GP_SMTP_PHASE_TLS)
		reply_line(d, time_ns, line->data, line->len);
	gp_line_next(line);
	if (s->reply_open) {
		s->reply.flags |= GP_SAID_CUT;
		reply(d);
	}
	s->replies_lost = true;
	s->waiting_count = 0; /* any of them may have been answered */
	lose_count(s);
}

void gp_dialogue_smtp_gap(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, __u32 len)
{
	if (speaker == GP_FROM_SERVER)
		server_gap(d, time_ns);
	else
		client_gap(d, time_ns, len);
	gp_line_next(&d->lines[speaker]);
}

int gp_dialogue_smtp_open(struct gp_dialogue *d)
{
	d->smtp = gp_dialogue_alloc(d, sizeof(*d->smtp));
	if (!d->smtp)
		return -ENOMEM;
	if (!d->stream->sides[GP_FROM_CLIENT].syn)
		lose_count(d->smtp);
	d->smtp->unsure = d->smtp->message_torn = d->smtp->commands_lost = !d->stream->sides[GP_FROM_CLIENT].syn;
	return 0;
}

void gp_dialogue_smtp_close(struct gp_dialogue *d)
{
	end_message(d, false);
	while (d->smtp->messages_count) {
		free(d->smtp->messages[--d->smtp->messages_count]);
		d->budget->used -= sizeof(struct gp_message);
	}
}
