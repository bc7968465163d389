// SPDX-License-Identifier: GPL-2.0-or-later
#include <json-c/json.h>
#include <strings.h>

#include "dialogue_json_private.h"

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

void gp_dialogue_json_mail(struct writer *w, json_object *object, enum gp_stream_end end)
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
