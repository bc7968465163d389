// SPDX-License-Identifier: GPL-2.0-or-later
#include <json-c/json.h>
#include <stdio.h>
#include <strings.h>

#include "dialogue_json_private.h"
#include "mail_facts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

static const char *const forms[] = {
	[GP_HELO_NONE] = "none", [GP_HELO_EMPTY] = "empty", [GP_HELO_FQDN] = "fqdn",
	[GP_HELO_WORD] = "word", [GP_HELO_LOCALHOST] = "localhost", [GP_HELO_ADDRESS] = "address",
	[GP_HELO_LITERAL] = "literal", [GP_HELO_OTHER] = "other",
};

static const char *const verbs[] = {
	[GP_VERB_NONE] = "", [GP_VERB_HELO] = "HELO", [GP_VERB_EHLO] = "EHLO", [GP_VERB_LHLO] = "LHLO",
	[GP_VERB_MAIL] = "MAIL", [GP_VERB_RCPT] = "RCPT", [GP_VERB_DATA] = "DATA", [GP_VERB_BDAT] = "BDAT",
	[GP_VERB_RSET] = "RSET", [GP_VERB_QUIT] = "QUIT", [GP_VERB_STARTTLS] = "STARTTLS", [GP_VERB_AUTH] = "AUTH",
	[GP_VERB_NOOP] = "NOOP", [GP_VERB_VRFY] = "VRFY", [GP_VERB_EXPN] = "EXPN", [GP_VERB_HELP] = "HELP",
	[GP_VERB_ETRN] = "ETRN", [GP_VERB_OTHER] = "other",
};

static json_object *new_text(const char *data, size_t len)
{
	char text[6 * GP_MESSAGE_ADDRESS + 1];

	return json_object_new_string_len(text, (int)gp_sanitise(text, sizeof(text), data, len));
}

static void put_bytes(struct writer *w, json_object *object, const char *key, const char *data, size_t len)
{
	if (len)
		put(w, object, key, new_text(data, len));
}

/* The names of the bits that are set; the first name is that of bit 0. */
static void put_bits(struct writer *w, json_object *object, const char *key, unsigned bits, const char *const *names,
		     size_t count)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		if (bits & 1u << i)
			append(w, list, json_object_new_string(names[i]));
	}
	put(w, object, key, list);
}

static void put_dialect(struct writer *w, json_object *mail, const struct gp_mail_facts *f)
{
	static const char *const greetings[] = { "HELO", "EHLO", "LHLO" };
	static const char *const cases[] = { "none", "upper", "lower", "mixed", "varied" };
	static const char *const syntax[] = { "space_after_colon", "no_brackets", "trailing_space", "bare_lf" };
	static const char *const pipelining[] = { "none", "offered", "unoffered" };
	static const char *const habits[] = { "rset", "noop", "vrfy", "other" };
	static const char *const endings[] = { "open", "quit", "fin", "rst", "abandon", "quit_rst", "server", "hidden" };
	static const char *const parameters[] = { "size", "body", "other", "size_offered", "body_offered" };
	static const char *const starttls[] = { "none", "offered", "unused", "refused", "used" };
	json_object *o = json_object_new_object(), *order = json_object_new_array();
	char id[16];

	put(w, mail, "dialect", o);
	put_bits(w, o, "greeting", f->greeting, greetings, COUNT(greetings));
	put_text(w, o, "helo_form", forms[f->helo_form]);
	put_bytes(w, o, "helo", f->helo.data, f->helo.len);
	put_flag(w, o, "helo_is_source", f->helo_is_source);
	put_text(w, o, "verb_case", cases[f->verb_case]);
	put_text(w, o, "keyword_case", cases[f->keyword_case]);
	put_bits(w, o, "syntax", f->syntax, syntax, COUNT(syntax));
	put_text(w, o, "pipelining", pipelining[f->pipelining]);
	put_bits(w, o, "habits", f->habits, habits, COUNT(habits));
	put_text(w, o, "ending", endings[f->ending]);
	put_bits(w, o, "parameters", f->parameters, parameters, COUNT(parameters));
	put_flag(w, o, "early_talker", f->early_talker);
	put_flag(w, o, "sender_is_recipient", f->sender_is_recipient);
	put_flag(w, o, "null_sender", f->null_sender);
	put_flag(w, o, "null_sender_many", f->null_sender_many);
	put_text(w, o, "starttls", starttls[f->starttls]);
	put_flag(w, o, "auth_on_smtp", f->auth_on_smtp);
	for (__u8 i = 0; i < f->verbs_count; i++)
		append(w, order, json_object_new_string(verbs[f->verbs[i]]));
	put(w, o, "verbs", order);
	snprintf(id, sizeof(id), "%08x", f->dialect_id);
	if (f->dialect_id)
		put_text(w, o, "id", id);
}

static void put_refusals(struct writer *w, json_object *mail, const struct gp_mail_facts *f)
{
	static const char *const stages[] = {
		[GP_STAGE_CONNECT] = "connect", [GP_STAGE_HELO] = "helo", [GP_STAGE_MAIL] = "mail",
		[GP_STAGE_RCPT] = "rcpt", [GP_STAGE_DATA] = "data", [GP_STAGE_BODY] = "body",
	};
	json_object *list = json_object_new_array();
	char enhanced[24];

	for (__u8 i = 0; i < f->refusals_count; i++) {
		const struct gp_mail_refusal *r = &f->refusals[i];
		json_object *o = json_object_new_object();

		put_text(w, o, "stage", stages[r->stage]);
		put_number(w, o, "code", r->code);
		snprintf(enhanced, sizeof(enhanced), "%u.%u.%u", r->enhanced[0], r->enhanced[1], r->enhanced[2]);
		if (r->enhanced[0])
			put_text(w, o, "enhanced", enhanced);
		put_number(w, o, "count", r->count);
		append(w, list, o);
	}
	put(w, mail, "refusals", list);
	put_number(w, mail, "refusals_more", f->refusals_more);
}

static void put_domains(struct writer *w, json_object *mail, const char *key, const struct gp_mail_name *names,
			__u8 count)
{
	json_object *list = json_object_new_array();

	for (__u8 i = 0; i < count; i++)
		append(w, list, new_text(names[i].data, names[i].len));
	put(w, mail, key, list);
}

static void put_verdicts(struct writer *w, json_object *mail, const struct gp_mail_facts *f)
{
	static const char *const dnsbl[] = { "none", "policy", "combined", "listed" };
	static const char *const outcomes[] = { "unknown", "failed", "rejected", "accepted" };

	put_number(w, mail, "recipients_accepted", f->recipients_accepted);
	put_number(w, mail, "recipients_4xx", f->recipients_4xx);
	put_number(w, mail, "recipients_5xx", f->recipients_5xx);
	put_number(w, mail, "accepted_messages", f->accepted_messages);
	put_number(w, mail, "auth_refused", f->auth_refused);
	put_text(w, mail, "dnsbl", dnsbl[f->dnsbl]);
	put_refusals(w, mail, f);
	put_flag(w, mail, "put_off", f->put_off);
	put_text(w, mail, "outcome", outcomes[f->outcome]);
	put_text(w, mail, "by_size", outcomes[f->by_size]);
	put_domains(w, mail, "sender_domains", f->sender_domains, f->senders_count);
	put_domains(w, mail, "recipient_domains", f->recipient_domains, f->recipients_count);
	put_flag(w, mail, "complete", f->complete);
}

static json_object *new_message(struct writer *w, const struct gp_message *m)
{
	json_object *o = json_object_new_object(), *links = json_object_new_array();
	char text[GP_TEXT_ADDR];

	put_bytes(w, o, "from_domain", m->from_domain.data, m->from_domain.len);
	put_bytes(w, o, "from", m->from.data, m->from.len);
	put_bytes(w, o, "reply_to_domain", m->reply_to_domain.data, m->reply_to_domain.len);
	put_bytes(w, o, "reply_to", m->reply_to.data, m->reply_to.len);
	put_bytes(w, o, "received_from", m->received_from.data, m->received_from.len);
	if (m->has_received_address)
		put_text(w, o, "received_address", gp_text_address(text, &m->received_address, 128));
	put_bytes(w, o, "message_id_domain", m->message_id_domain.data, m->message_id_domain.len);
	for (__u8 i = 0; i < m->n_links; i++) {
		json_object *link = json_object_new_object();

		put(w, link, "host", new_text(m->links[i].host, m->links[i].host_len));
		snprintf(text, sizeof(text), "%016llx", m->links[i].url_hash);
		put_text(w, link, "url_hash", text);
		append(w, links, link);
	}
	put(w, o, "links", links);
	put_number(w, o, "links_more", m->links_more);
	put_flag(w, o, "complete", m->complete);
	return o;
}

static void put_messages(struct writer *w, json_object *mail)
{
	const struct gp_smtp_dialogue *s = w->d->smtp;
	json_object *list = json_object_new_array();

	for (__u8 i = 0; i < s->messages_count; i++)
		append(w, list, new_message(w, s->messages[i]));
	put(w, mail, "messages", list);
	put_number(w, mail, "messages_more", s->messages_more);
}

void gp_dialogue_json_mail(struct writer *w, json_object *object, enum gp_stream_end end)
{
	const struct gp_smtp_dialogue *s = w->d->smtp;
	json_object *mail = json_object_new_object();
	struct gp_mail_facts facts;

	gp_mail_facts(&facts, w->d, end, NULL);
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
	put_dialect(w, mail, &facts);
	put_verdicts(w, mail, &facts);
	put_messages(w, mail);
}
