// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "literal.h"
#include "mail_facts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DIALECT_VERSION 1
#define IDLE_NS 10000000000ull /* no server's time-out is shorter; RFC 5321, 4.5.3.2 asks for minutes */

static const char *const verb_names[GP_VERBS] = {
	[GP_VERB_HELO] = "HELO", [GP_VERB_EHLO] = "EHLO", [GP_VERB_LHLO] = "LHLO", [GP_VERB_MAIL] = "MAIL",
	[GP_VERB_RCPT] = "RCPT", [GP_VERB_DATA] = "DATA", [GP_VERB_BDAT] = "BDAT", [GP_VERB_RSET] = "RSET",
	[GP_VERB_QUIT] = "QUIT", [GP_VERB_STARTTLS] = "STARTTLS", [GP_VERB_AUTH] = "AUTH", [GP_VERB_NOOP] = "NOOP",
	[GP_VERB_VRFY] = "VRFY", [GP_VERB_EXPN] = "EXPN", [GP_VERB_HELP] = "HELP", [GP_VERB_ETRN] = "ETRN",
};

/* A walk over what was said, in its order. */
struct walk {
	struct gp_mail_facts *out;
	const struct gp_dialogue *d;
	const struct gp_said *last_reply;
	bool ehlo_answered, greeting_accepted, server_left;
	bool mail_sent;		  /* MAIL was sent, in the clear */
	bool from_somebody;	  /* once at least not as the null sender */
	bool text_begun;	  /* DATA or BDAT was sent */
	bool taken;		  /* the mail since the latest DATA; LMTP replies more than once (RFC 2033, 4.2) */
	bool gap;		  /* among commands or replies, so far: what replies answer is known less often */
	bool shifted;		  /* a reply was captured before its command: what the others answer is off by one */
	bool replies_lost;	  /* some of the server's bytes were not seen */
	bool over;		  /* the end of the flow was, or the server left: nothing is to follow */
	const struct gp_said *mail; /* the latest MAIL */
	__u32 mail_recipients;
	__u16 last_refusal;	  /* of the mail's commands, or of the connection */
};

static const char *words(const struct walk *w, const struct gp_said *said, enum gp_said_words which, size_t *len)
{
	*len = said->words[which].len;
	return w->d->text ? w->d->text + said->words[which].at : "";
}

static enum gp_mail_verb verb_of(const struct walk *w, const struct gp_said *said)
{
	size_t len;
	const char *verb = words(w, said, GP_WORDS_VERB, &len);

	for (int i = 0; i < GP_VERBS; i++) {
		if (verb_names[i] && strlen(verb_names[i]) == len && !strncasecmp(verb, verb_names[i], len))
			return (enum gp_mail_verb)i;
	}
	return GP_VERB_OTHER;
}

/* d4 */
static __u8 with_case(__u8 before, const char *word, size_t len)
{
	bool upper = false, lower = false;
	__u8 now;

	for (size_t i = 0; i < len; i++) {
		upper |= isupper((unsigned char)word[i]) != 0;
		lower |= islower((unsigned char)word[i]) != 0;
	}
	now = upper && lower ? GP_CASE_MIXED : upper ? GP_CASE_UPPER : lower ? GP_CASE_LOWER : GP_CASE_NONE;
	if (before == GP_CASE_MIXED || now == GP_CASE_NONE || before == now)
		return before;
	return before == GP_CASE_NONE || now == GP_CASE_MIXED ? now : GP_CASE_VARIED;
}

/* The domain of an envelope address, once. */
static void add_domain(struct gp_mail_name *names, __u8 *count, __u32 *more, const char *address, size_t len)
{
	const char *at = memrchr(address, '@', len);
	struct gp_mail_name name = { 0 };

	if (!at || at == address + len - 1)
		return;
	len -= (size_t)(at + 1 - address);
	if (len > sizeof(name.data)) {
		(*more)++;
		return;
	}
	name.len = (__u8)len;
	for (size_t i = 0; i < len; i++)
		name.data[i] = (char)tolower((unsigned char)at[1 + i]);
	for (__u8 i = 0; i < *count; i++) {
		if (names[i].len == len && !memcmp(names[i].data, name.data, len))
			return;
	}
	if (*count == GP_MAIL_DOMAINS)
		(*more)++;
	else
		names[(*count)++] = name;
}

/* d9: what follows the address of MAIL (RFC 5321, 4.1.2). */
static void parameters(struct walk *w, const char *from, size_t len)
{
	const char *end = from + len;

	while (from < end) {
		const char *word = from;

		while (from < end && *from != ' ' && *from != '\t')
			from++;
		len = (size_t)(from - word);
		if (len >= 5 && !strncasecmp(word, "SIZE=", 5))
			w->out->parameters |= GP_PARAMETER_SIZE;
		else if (len >= 5 && !strncasecmp(word, "BODY=", 5))
			w->out->parameters |= GP_PARAMETER_BODY;
		else if (len)
			w->out->parameters |= GP_PARAMETER_OTHER;
		from += from < end;
	}
}

/* "FROM:<a@b> SIZE=1" of MAIL, "TO:<a@b>" of RCPT: d4, d5, d9. */
static void envelope_syntax(struct walk *w, const struct gp_said *said, enum gp_mail_verb verb)
{
	size_t len;
	const char *argument = words(w, said, GP_WORDS_ARGUMENT, &len), *end = argument + len;
	const char *colon = len ? memchr(argument, ':', len) : NULL, *from;

	if (!colon)
		return;
	w->out->keyword_case = with_case(w->out->keyword_case, argument, (size_t)(colon - argument));
	for (from = colon + 1; from < end && *from == ' '; from++)
		w->out->syntax |= GP_SYNTAX_SPACE_AFTER_COLON;
	if (from == end)
		return;
	if (*from != '<')
		w->out->syntax |= GP_SYNTAX_NO_BRACKETS;
	from = *from == '<' ? memchr(from, '>', (size_t)(end - from)) : memchr(from, ' ', (size_t)(end - from));
	if (from && verb == GP_VERB_MAIL)
		parameters(w, from + 1, (size_t)(end - from - 1));
}

static bool same_address(const struct walk *w, const struct gp_said *a, const struct gp_said *b)
{
	size_t a_len, b_len;
	const char *a_at = words(w, a, GP_WORDS_HOST, &a_len), *b_at = words(w, b, GP_WORDS_HOST, &b_len);

	return a_len && a_len == b_len && !strncasecmp(a_at, b_at, a_len);
}

/* d10, and the envelope's domains. */
static void envelope(struct walk *w, const struct gp_said *said, enum gp_mail_verb verb)
{
	struct gp_mail_facts *out = w->out;
	size_t len, argument_len;
	const char *address = words(w, said, GP_WORDS_HOST, &len);
	const char *argument = words(w, said, GP_WORDS_ARGUMENT, &argument_len);

	envelope_syntax(w, said, verb);
	if (verb == GP_VERB_MAIL) {
		w->mail = said;
		w->mail_sent = true;
		w->mail_recipients = 0;
		if (!len && memmem(argument, argument_len, "<>", 2))
			out->null_sender = true;
		else
			w->from_somebody = true;
		add_domain(out->sender_domains, &out->senders_count, &out->senders_more, address, len);
		return;
	}
	out->recipients++;
	w->mail_recipients++;
	add_domain(out->recipient_domains, &out->recipients_count, &out->recipients_more, address, len);
	if (!w->mail)
		return;
	out->sender_is_recipient |= same_address(w, w->mail, said);
	out->null_sender_many |= w->mail_recipients > 1 && !w->mail->words[GP_WORDS_HOST].len && out->null_sender;
}

/* d2, d3 */
static void greeting(struct walk *w, const struct gp_said *said, enum gp_mail_verb verb)
{
	struct gp_mail_facts *out = w->out;
	struct gp_addr address;
	size_t len;
	const char *name = words(w, said, GP_WORDS_ARGUMENT, &len);

	if (verb == GP_VERB_HELO)
		out->greeting |= GP_GREETED_HELO;
	else
		out->greeting |= verb == GP_VERB_EHLO ? GP_GREETED_EHLO : GP_GREETED_LHLO;
	while (len && (name[len - 1] == ' ' || name[len - 1] == '\t'))
		len--;
	out->helo.len = (__u8)(len < sizeof(out->helo.data) ? len : sizeof(out->helo.data));
	memset(out->helo.data, 0, sizeof(out->helo.data));
	memcpy(out->helo.data, name, out->helo.len);
	out->helo_is_source = gp_literal_read(&address, out->helo.data, out->helo.len) &&
			      !memcmp(&address, &w->d->stream->client, sizeof(address));
}

static void text(struct walk *w)
{
	w->text_begun = true;
	w->taken = false;
}

static void command(struct walk *w, const struct gp_said *said)
{
	struct gp_mail_facts *out = w->out;
	enum gp_mail_verb verb = verb_of(w, said);
	size_t len;
	const char *word = words(w, said, GP_WORDS_VERB, &len);

	if (!out->verbs_count || (out->verbs_count < GP_MAIL_VERBS && out->verbs[out->verbs_count - 1] != verb))
		out->verbs[out->verbs_count++] = (__u8)verb;
	if (verb != GP_VERB_OTHER)
		out->verb_case = with_case(out->verb_case, word, len);
	if (said->flags & GP_SAID_BARE_LF)
		out->syntax |= GP_SYNTAX_BARE_LF;
	if ((said->flags & GP_SAID_AHEAD) && !w->replies_lost) {
		if (!w->d->smtp->pipelining_offered || !w->ehlo_answered)
			out->pipelining = GP_PIPELINED_UNOFFERED;
		else if (!out->pipelining)
			out->pipelining = GP_PIPELINED_OFFERED;
	}
	if (verb == GP_VERB_HELO || verb == GP_VERB_EHLO || verb == GP_VERB_LHLO)
		greeting(w, said, verb);
	else if (verb == GP_VERB_MAIL || verb == GP_VERB_RCPT)
		envelope(w, said, verb);
	else if (verb == GP_VERB_DATA || verb == GP_VERB_BDAT)
		text(w);
	else if (verb == GP_VERB_RSET)
		out->habits |= GP_HABIT_RSET;
	else if (verb == GP_VERB_NOOP)
		out->habits |= GP_HABIT_NOOP;
	else if (verb == GP_VERB_VRFY || verb == GP_VERB_EXPN)
		out->habits |= GP_HABIT_VRFY;
	else if (verb == GP_VERB_HELP || verb == GP_VERB_ETRN || verb == GP_VERB_OTHER)
		out->habits |= GP_HABIT_OTHER;
}

/* Which command a reply answers; GP_STAGE_OTHER for what is no matter of mail. */
static enum gp_smtp_stage stage_of(const struct walk *w, const struct gp_said *said)
{
	if (said->answers == GP_ANSWERS_CONNECTION)
		return GP_STAGE_CONNECT;
	if (said->answers == GP_ANSWERS_BODY)
		return GP_STAGE_BODY;
	if (said->answers < 0)
		return GP_STAGE_OTHER;
	switch (verb_of(w, &w->d->said[said->answers])) {
	case GP_VERB_HELO:
	case GP_VERB_EHLO:
	case GP_VERB_LHLO:
		return GP_STAGE_HELO;
	case GP_VERB_MAIL:
		return GP_STAGE_MAIL;
	case GP_VERB_RCPT:
		return GP_STAGE_RCPT;
	case GP_VERB_DATA:
		return GP_STAGE_DATA;
	case GP_VERB_BDAT:
		return GP_STAGE_BODY;
	case GP_VERB_AUTH:
		return GP_STAGE_AUTH;
	case GP_VERB_STARTTLS:
		return GP_STAGE_STARTTLS;
	default:
		return GP_STAGE_OTHER;
	}
}

static void add_refusal(struct gp_mail_facts *out, const struct gp_said *said, enum gp_smtp_stage stage)
{
	struct gp_mail_refusal refusal = { .stage = (__u8)stage, .code = said->code, .count = 1 };

	memcpy(refusal.enhanced, said->enhanced, sizeof(refusal.enhanced));
	for (__u8 i = 0; i < out->refusals_count; i++) {
		struct gp_mail_refusal *r = &out->refusals[i];

		if (r->stage == stage && r->code == said->code &&
		    !memcmp(r->enhanced, refusal.enhanced, sizeof(r->enhanced))) {
			r->count++;
			return;
		}
	}
	if (out->refusals_count == GP_MAIL_REFUSALS)
		out->refusals_more++;
	else
		out->refusals[out->refusals_count++] = refusal;
}

static void refused(struct walk *w, const struct gp_said *said, enum gp_smtp_stage stage)
{
	struct gp_mail_facts *out = w->out;
	size_t len;
	const char *text = words(w, said, GP_WORDS_ARGUMENT, &len);
	__u8 dnsbl = said->code == 421 ? GP_DNSBL_NONE : gp_mail_dnsbl(text, len, &w->d->stream->client);

	out->dnsbl = dnsbl > out->dnsbl ? dnsbl : out->dnsbl;
	w->server_left |= said->code == 421 || stage == GP_STAGE_CONNECT;
	if (stage == GP_STAGE_AUTH)
		out->auth_refused++;
	if (stage == GP_STAGE_STARTTLS)
		out->starttls = GP_STARTTLS_REFUSED;
	if (stage > GP_STAGE_BODY)
		return;
	add_refusal(out, said, stage);
	if (said->code >= 500 && stage != GP_STAGE_HELO) {
		out->refused++;
		out->refused_policy += gp_mail_is_policy(text, len, said->enhanced);
	}
	/* EHLO refused, and HELO then: no refusal of the sender (RFC 5321, 3.2). */
	if (stage != GP_STAGE_HELO || said->code / 100 == 4)
		w->last_refusal = said->code;
	if (stage == GP_STAGE_RCPT && said->code < 500)
		out->recipients_4xx++;
	else if (stage == GP_STAGE_RCPT)
		out->recipients_5xx++;
}

/* BDAT is accepted chunk by chunk; the mail is with the one that is the last (RFC 3030, 2). */
static bool takes_mail(const struct walk *w, const struct gp_said *said)
{
	size_t len;
	const char *argument;

	if (said->answers == GP_ANSWERS_BODY)
		return true;
	argument = words(w, &w->d->said[said->answers], GP_WORDS_ARGUMENT, &len);
	while (len && (argument[len - 1] == ' ' || argument[len - 1] == '\t'))
		len--;
	return len > 4 && !strncasecmp(argument + len - 4, "LAST", 4) && argument[len - 5] == ' ';
}

/*
 * A 421 that answers nothing: behind a long silence the server ran out of patience, or was shut down (RFC 5321, 3.8); at
 * once, it says that the client is gone already, as Exim does.
 */
static bool is_farewell(const struct walk *w, const struct gp_said *said)
{
	return said->code == 421 && said->answers == GP_ANSWERS_NONE && w->last_reply &&
	       said->time_ns - w->last_reply->time_ns < IDLE_NS;
}

static void reply(struct walk *w, const struct gp_said *said)
{
	struct gp_mail_facts *out = w->out;
	enum gp_smtp_stage stage = stage_of(w, said);

	if (is_farewell(w, said))
		return;
	w->shifted |= said->answers == GP_ANSWERS_NONE && said->code != 421 && !w->gap;
	if (w->shifted)
		stage = GP_STAGE_OTHER;
	w->last_reply = said;
	w->ehlo_answered |= stage == GP_STAGE_HELO;
	if (said->code >= 400 && said->code < 600) {
		refused(w, said, stage);
		return;
	}
	if (said->code / 100 != 2)
		return;
	w->greeting_accepted |= stage == GP_STAGE_HELO;
	if (stage == GP_STAGE_RCPT)
		out->recipients_accepted++;
	if (stage == GP_STAGE_BODY && said->code == 250 && !w->taken && takes_mail(w, said)) {
		w->taken = true;
		out->accepted_messages++;
	}
}

/* Does this client speak SMTP at all? */
static bool is_mail(const struct walk *w)
{
	return w->out->greeting || w->mail_sent || w->out->recipients;
}

/* Could there be commands that were not seen? */
static bool commands_lost(const struct walk *w)
{
	const struct gp_smtp_dialogue *s = w->d->smtp;

	return s->commands_lost || w->d->dropped || (s->phase == GP_SMTP_PHASE_BODY && s->body_doubtful);
}

/* d8 */
static __u8 ending(const struct walk *w, enum gp_stream_end end)
{
	const struct gp_smtp_dialogue *s = w->d->smtp;

	if (s->phase == GP_SMTP_PHASE_TLS)
		return GP_ENDING_HIDDEN;
	if (end != GP_STREAM_FIN && end != GP_STREAM_RST)
		return GP_ENDING_OPEN;
	if (s->quit)
		return end == GP_STREAM_FIN ? GP_ENDING_QUIT : GP_ENDING_QUIT_RST;
	if (commands_lost(w))
		return GP_ENDING_OPEN;
	if (w->server_left)
		return GP_ENDING_SERVER;
	if (!w->replies_lost && w->last_reply && w->last_reply->code >= 400)
		return GP_ENDING_ABANDON;
	return end == GP_STREAM_FIN ? GP_ENDING_FIN : GP_ENDING_RST;
}

/* d11 */
static void starttls(struct walk *w)
{
	const struct gp_smtp_dialogue *s = w->d->smtp;
	struct gp_mail_facts *out = w->out;

	if (s->starttls_used || s->phase == GP_SMTP_PHASE_TLS)
		out->starttls = GP_STARTTLS_USED;
	else if (s->starttls_offered && out->starttls != GP_STARTTLS_REFUSED)
		out->starttls = w->mail_sent ? GP_STARTTLS_UNUSED : GP_STARTTLS_OFFERED;
	out->auth_tried = s->auth;
	out->auth_on_smtp = s->auth && w->d->stream->service == GP_SERVICE_SMTP;
}

static __u32 fnv1a(__u32 hash, __u8 byte)
{
	return (hash ^ byte) * 0x01000193u;
}

static __u32 dialect_id(const struct walk *w)
{
	const struct gp_mail_facts *f = w->out;
	const __u8 first[] = {
		DIALECT_VERSION, f->greeting, f->helo_form, f->verb_case, f->keyword_case,
		f->syntax, f->pipelining, f->habits, f->ending, f->parameters,
	};
	__u32 hash = 0x811c9dc5u, seen = 0, distinct = 0;

	for (size_t i = 0; i < COUNT(first); i++)
		hash = fnv1a(hash, first[i]);
	for (__u32 i = 0; i < w->d->said_count && distinct < GP_MAIL_VERBS; i++) {
		enum gp_mail_verb verb = GP_VERB_NONE;

		if (w->d->said[i].kind == GP_SAID_COMMAND)
			verb = verb_of(w, &w->d->said[i]);
		if (verb == GP_VERB_NONE || (seen & 1u << verb))
			continue;
		seen |= 1u << verb;
		distinct++;
		hash = fnv1a(hash, (__u8)verb);
	}
	return hash ?: 1;
}

static void dialect(struct walk *w, enum gp_stream_end end)
{
	const struct gp_smtp_dialogue *s = w->d->smtp;
	struct gp_mail_facts *out = w->out;

	out->early_talker = s->early_talker && is_mail(w);
	out->helo_form = s->helo_form;
	if (s->trailing_blank)
		out->syntax |= GP_SYNTAX_TRAILING_SPACE;
	if (s->size_offered)
		out->parameters |= GP_PARAMETER_SIZE_OFFERED;
	if (s->eightbit_offered)
		out->parameters |= GP_PARAMETER_BODY_OFFERED;
	out->ending = ending(w, end);
	starttls(w);
	if (is_mail(w) && !commands_lost(w) && !w->replies_lost)
		out->dialect_id = dialect_id(w);
}

/* The client's bytes in all. Return: false when that is not known. */
static bool client_bytes(const struct walk *w, enum gp_stream_end end, const struct gp_flow_record *record, __u64 *bytes)
{
	const struct gp_stream_side *side = &w->d->stream->sides[GP_FROM_CLIENT];

	if (record) {
		*bytes = record->client_bytes;
		return (record->flags & GP_FLOW_SYN) && record->end != GP_FLOW_END_EVICTED;
	}
	*bytes = side->bytes + side->gap_bytes;
	return side->syn && !side->gaps && (end == GP_STREAM_FIN || end == GP_STREAM_RST);
}

static __u8 by_size(const struct walk *w, enum gp_stream_end end, const struct gp_flow_record *record)
{
	const struct gp_smtp_dialogue *s = w->d->smtp;
	__u32 recipients = w->out->recipients ?: 1, limit;
	__u64 bytes, hello = 0;

	if (!client_bytes(w, end, record, &bytes))
		return GP_OUTCOME_UNKNOWN;
	if (s->phase == GP_SMTP_PHASE_TLS) {
		if (!s->tls.finished) /* the handshake did not end, if all of it was seen */
			return bytes == s->client_bytes && !s->tls.lost ? GP_OUTCOME_FAILED : GP_OUTCOME_UNKNOWN;
		hello = s->tls_begin + s->tls.finished;
		recipients = 1;
	}
	if (bytes < hello)
		return GP_OUTCOME_UNKNOWN;
	/* What is no mail has sizes of its own: on ports of mail, miners speak JSON. */
	if (!hello && bytes >= GP_MAIL_SIZE_FAILED && !is_mail(w))
		return GP_OUTCOME_UNKNOWN;
	limit = GP_MAIL_SIZE_REJECTED + GP_MAIL_SIZE_PER_RECIPIENT * (recipients - 1);
	if (bytes - hello < GP_MAIL_SIZE_FAILED)
		return GP_OUTCOME_FAILED;
	return bytes - hello < limit ? GP_OUTCOME_REJECTED : GP_OUTCOME_ACCEPTED;
}

/* Was the sender refused: as a greeting, for good or for now, or any command of a mail? */
static bool is_refused(const struct walk *w)
{
	for (__u8 i = 0; i < w->out->refusals_count; i++) {
		if (w->out->refusals[i].stage != GP_STAGE_HELO || !w->greeting_accepted)
			return true;
	}
	return false;
}

/* By replies in the clear, and by size where they do not tell. */
static __u8 outcome(const struct walk *w)
{
	const struct gp_mail_facts *out = w->out;

	if (out->accepted_messages)
		return GP_OUTCOME_ACCEPTED;
	if (w->d->smtp->phase == GP_SMTP_PHASE_TLS)
		return out->by_size;
	if (w->replies_lost)
		return out->by_size;
	if (is_refused(w) && w->over)
		return GP_OUTCOME_REJECTED;
	return out->complete ? GP_OUTCOME_FAILED : out->by_size;
}

static bool is_complete(const struct walk *w, enum gp_stream_end end)
{
	const struct gp_stream_side *sides = w->d->stream->sides;
	bool tls = w->d->smtp->phase == GP_SMTP_PHASE_TLS;

	for (__u32 i = 0; i < w->d->said_count; i++) {
		if (w->d->said[i].kind == GP_SAID_GAP)
			return false;
	}
	return sides[GP_FROM_CLIENT].syn && sides[GP_FROM_SERVER].syn && !w->d->dropped && !w->d->smtp->waiting_lost &&
	       (tls || end == GP_STREAM_FIN || end == GP_STREAM_RST);
}

/* How far the dialogue was in the clear: what servers send within TLS is not sampled, and told as a gap. */
static __u32 said_in_clear(const struct gp_dialogue *d)
{
	__u32 count = d->said_count;

	while (d->smtp->phase == GP_SMTP_PHASE_TLS && count && d->said[count - 1].kind == GP_SAID_GAP)
		count--;
	return count;
}

/* Known before the walk: a gap is told later than what was said behind it. */
static bool replies_lost(const struct gp_dialogue *d)
{
	const struct gp_stream_side *server = &d->stream->sides[GP_FROM_SERVER];
	bool gaps = server->gaps && d->smtp->phase != GP_SMTP_PHASE_TLS;

	for (__u32 i = 0, count = said_in_clear(d); i < count; i++) {
		const struct gp_said *said = &d->said[i];

		if (said->kind == GP_SAID_GAP && said->speaker == GP_FROM_SERVER)
			return true;
		if (said->kind == GP_SAID_REPLY && said->answers == GP_ANSWERS_NONE && said->code != 421)
			return true;
	}
	return !server->syn || !server->bytes || gaps || d->dropped || d->smtp->waiting_lost;
}

void gp_mail_facts(struct gp_mail_facts *out, const struct gp_dialogue *d, enum gp_stream_end end,
		   const struct gp_flow_record *record)
{
	struct walk w = {
		.out = out,
		.d = d,
		.replies_lost = replies_lost(d),
		.gap = !d->stream->sides[GP_FROM_CLIENT].syn || !d->stream->sides[GP_FROM_SERVER].syn,
	};

	memset(out, 0, sizeof(*out));
	for (__u32 i = 0; i < d->said_count; i++) {
		const struct gp_said *said = &d->said[i];

		if (said->kind == GP_SAID_COMMAND)
			command(&w, said);
		else if (said->kind == GP_SAID_REPLY)
			reply(&w, said);
		else if (said->kind == GP_SAID_GAP)
			w.gap = true;
	}
	w.over = w.server_left || end == GP_STREAM_FIN || end == GP_STREAM_RST;
	dialect(&w, end);
	out->complete = is_complete(&w, end);
	out->by_size = by_size(&w, end, record);
	out->put_off = w.over && !w.replies_lost && !out->accepted_messages && w.last_refusal / 100 == 4 &&
		       d->smtp->phase != GP_SMTP_PHASE_TLS;
	out->outcome = outcome(&w);
	out->callout = out->null_sender && !w.from_somebody && out->recipients && !w.text_begun && !commands_lost(&w) &&
		       d->smtp->phase != GP_SMTP_PHASE_TLS;
}
