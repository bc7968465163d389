// SPDX-License-Identifier: GPL-2.0-or-later
/* One sentence about a sender of mail. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hll.h"
#include "senders.h"
#include "text.h"

struct sentence {
	char *text;
	size_t len;
};

static void add(struct sentence *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct sentence *s, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(s->text + s->len, GP_SENDER_SENTENCE - s->len, format, args);
	va_end(args);
	if (n < 0)
		return;
	s->len += (size_t)n;
	if (s->len >= GP_SENDER_SENTENCE)
		s->len = GP_SENDER_SENTENCE - 1;
}

/* A name in quotation marks: it cannot end them. */
static void add_quoted(struct sentence *s, const char *name)
{
	size_t begin = s->len + 1;

	add(s, "\"%s\"", name);
	for (size_t i = begin; i + 1 < s->len; i++)
		if (s->text[i] == '"')
			s->text[i] = '\'';
}

/* The name that was used most, and how many others. */
static void add_names(struct sentence *s, const struct gp_sender_names *names)
{
	double others = round(gp_hll_estimate(&names->distinct)) - 1;
	__u32 best = 0;

	for (__u32 i = 1; i < names->used; i++)
		if (names->of[i].count > names->of[best].count)
			best = i;
	add_quoted(s, names->of[best].text);
	if (others < names->used - 1)
		others = names->used - 1;
	if (others >= 1)
		add(s, " and %.0f other%s", others, others > 1 ? "s" : "");
}

static void add_outcome(struct sentence *s, const struct gp_sender *sender)
{
	__u64 replies = sender->recipients_accepted + sender->recipients_refused;
	char number[GP_TEXT_NUMBER];

	if (replies)
		add(s, "; %.0f %% of %s recipient%s refused", 100.0 * (double)sender->recipients_refused / (double)replies,
		    gp_text_number(number, replies), replies == 1 ? "" : "s");
	if (sender->turned_away)
		add(s, "; turned away %s time%s", gp_text_number(number, sender->turned_away),
		    sender->turned_away == 1 ? "" : "s");
	if (sender->tls)
		add(s, "; %s", sender->tls == sender->dialogues ? "always in TLS" : "partly in TLS");
	else if (sender->clear)
		add(s, "; never in TLS");
}

static void add_dns(struct sentence *s, const struct gp_sender *sender)
{
	static const enum gp_spf_result shown[] = { GP_SPF_PASS, GP_SPF_FAIL, GP_SPF_SOFTFAIL };
	bool begun = false;

	if (sender->ptr == GP_PTR_ABSENT)
		add(s, "; no PTR");
	if (sender->ptr == GP_PTR_UNCONFIRMED || sender->ptr == GP_PTR_CONFIRMED) {
		add(s, "; PTR ");
		add_quoted(s, sender->ptr_name);
		add(s, "%s", sender->ptr == GP_PTR_CONFIRMED ? "" : ", which does not lead back");
	}
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		char number[GP_TEXT_NUMBER];

		if (!sender->spf[shown[i]])
			continue;
		add(s, "%s%s (%s)", begun ? ", " : "; SPF ", gp_spf_result_name(shown[i]),
		    gp_text_number(number, sender->spf[shown[i]]));
		begun = true;
	}
	if (sender->dmarc[GP_DMARC_REJECT] || sender->dmarc[GP_DMARC_QUARANTINE])
		add(s, ", where DMARC asks to %s", sender->dmarc[GP_DMARC_REJECT] ? "reject" : "quarantine");
}

const char *gp_sender_sentence(char out[GP_SENDER_SENTENCE], const struct gp_sender *sender)
{
	struct sentence s = { .text = out };
	const struct gp_sender_names *domains = sender->envelope.used ? &sender->envelope : &sender->from;
	char prefix[GP_TEXT_ADDR], number[GP_TEXT_NUMBER];
	__u64 mails = sender->mails ? sender->mails : sender->turned_away;

	out[0] = '\0';
	add(&s, "%s %s %s %smail%s", gp_text_prefix(prefix, &sender->addr, sender->bits),
	    sender->mails ? "delivers" : "offers", gp_text_number(number, mails), mails >= GP_SENDER_BULK ? "bulk " : "",
	    mails == 1 ? "" : "s");
	if (domains->used) {
		add(&s, " for ");
		add_names(&s, domains);
	}
	if (sender->helo.used) {
		add(&s, "; names itself ");
		add_names(&s, &sender->helo);
		if (gp_sender_is_foreign(sender))
			add(&s, ", of another domain");
	}
	add_outcome(&s, sender);
	add_dns(&s, sender);
	return out;
}
