/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of a spam bot: the families' reasons, and the sentence for its owner. docs/detection.md, 9 to 11. */
#include <math.h>
#include <stdio.h>

#include "judge_private.h"

static const char *const rules[GP_FAMILIES] = {
	[GP_FAMILY_PLACEMENT] = "smtp.placement",
	[GP_FAMILY_FANOUT] = "smtp.fanout",
	[GP_FAMILY_REFUSED] = "smtp.refused",
	[GP_FAMILY_DIALECT] = "smtp.dialect",
	[GP_FAMILY_TLS] = "smtp.tls",
	[GP_FAMILY_RETRY] = "smtp.retry",
	[GP_FAMILY_TCP] = "smtp.tcp",
	[GP_FAMILY_STACK] = "smtp.stack",
	[GP_FAMILY_SPF] = "smtp.spf",
	[GP_FAMILY_KNOWN_BAD] = "smtp.known_bad",
	[GP_FAMILY_SUBMISSION] = "smtp.submission",
};

static void add_placement(struct gp_finding *out, double weight, const struct gp_spam_news *n)
{
	struct gp_evidence *e;

	if (n->level.served_to)
		e = gp_evidence_add(out, rules[GP_FAMILY_PLACEMENT], weight,
				    "It delivered to mail servers itself, in %u connection%s, and takes mail from %u network%s "
				    "as a mail server does", n->count.flows, gp_plural(n->count.flows), n->level.served_to,
				    gp_plural(n->level.served_to));
	else
		e = gp_evidence_add(out, rules[GP_FAMILY_PLACEMENT], weight,
				    "This line delivered to mail servers itself, in %u connection%s; mail programs leave that "
				    "to a relay", n->count.flows, gp_plural(n->count.flows));
	gp_evidence_observe(e, "flows", n->count.flows);
}

/* A sketch is 13 % off, and never more were met than connections were made. */
static double networks_of(const struct gp_spam_news *n)
{
	return round(fmin(n->level.mx, n->count.flows));
}

static void add_fanout(struct gp_finding *out, double weight, const struct gp_spam_news *n)
{
	const struct gp_spam_level *level = &n->level;
	double mx = networks_of(n);
	struct gp_evidence *e;

	if (level->business)
		e = gp_evidence_add(out, rules[GP_FAMILY_FANOUT], weight,
				    "It spoke to the mail servers of about %.0f network%s in a day; on its usual days they are "
				    "%.0f", mx, gp_plural(mx), level->usual);
	else
		e = gp_evidence_add(out, rules[GP_FAMILY_FANOUT], weight,
				    "It spoke to the mail servers of about %.0f network%s", mx, gp_plural(mx));
	gp_evidence_observe(e, "distinct_mx", mx);
}

static void add_refused(struct gp_finding *out, double weight, const struct gp_spam_news *n)
{
	char hidden[64] = "", listed[64] = "";
	__u32 refused = n->count.refused + n->heard.hidden_refused, accepted = n->count.recipients + n->heard.hidden_accepted;
	struct gp_evidence *e;

	if (n->heard.hidden_refused)
		snprintf(hidden, sizeof(hidden), ", %u of the refusals judged by size", n->heard.hidden_refused);
	if (n->heard.listed_by)
		snprintf(listed, sizeof(listed), "; %u network%s name%s a block list", n->heard.listed_by,
			 gp_plural(n->heard.listed_by), n->heard.listed_by == 1 ? "s" : "");
	e = gp_evidence_add(out, rules[GP_FAMILY_REFUSED], weight,
			    "Mail servers refused it %u time%s, put it off %u time%s and accepted %u recipient%s%s%s", refused,
			    gp_plural(refused), n->count.deferred, gp_plural(n->count.deferred), accepted, gp_plural(accepted),
			    hidden, listed);
	gp_evidence_observe(e, "refused", refused);
	gp_evidence_observe(e, "deferred", n->count.deferred);
	gp_evidence_observe(e, "recipients_accepted", accepted);
	gp_evidence_observe(e, "listed_by", n->heard.listed_by);
}

static void add_dialect(struct gp_finding *out, double weight, const struct gp_spam_news *n)
{
	char quit[32] = "", early[64] = "", helo[80] = "", odd[48] = "";
	struct gp_evidence *e;

	if (n->count.quit)
		snprintf(quit, sizeof(quit), " and %u with it", n->count.quit);
	if (n->count.early)
		snprintf(early, sizeof(early), ", and spoke before the greeting in %u", n->count.early);
	if (n->heard.helo_bad || n->level.names > 1)
		snprintf(helo, sizeof(helo), "; it greeted by %u name%s, improper in %u", n->level.names,
			 gp_plural(n->level.names), n->heard.helo_bad);
	if (n->heard.odd)
		snprintf(odd, sizeof(odd), "; odd commands in %u", n->heard.odd);
	e = gp_evidence_add(out, rules[GP_FAMILY_DIALECT], weight, "It left %u mail dialogue%s without QUIT%s%s%s%s",
			    n->count.no_quit, gp_plural(n->count.no_quit), quit, early, helo, odd);
	gp_evidence_observe(e, "ended_without_quit", n->count.no_quit);
	gp_evidence_observe(e, "ended_by_quit", n->count.quit);
	gp_evidence_observe(e, "early_talk", n->count.early);
	gp_evidence_observe(e, "helo_bad", n->heard.helo_bad);
	gp_evidence_observe(e, "helo_names", n->level.names);
	gp_evidence_observe(e, "odd_commands", n->heard.odd);
}

static void add_tls(struct gp_finding *out, double weight, const struct gp_spam_news *n)
{
	struct gp_evidence *e = gp_evidence_add(out, rules[GP_FAMILY_TLS], weight,
						"It asked for encryption in %u mail dialogue%s, and in %u passed it over "
						"though it was offered", n->count.starttls,
						gp_plural(n->count.starttls), n->heard.tls_unused);

	gp_evidence_observe(e, "starttls", n->count.starttls);
	gp_evidence_observe(e, "unused", n->heard.tls_unused);
}

static void add_retry(struct gp_finding *out, double weight, const struct gp_spam_heard *h)
{
	struct gp_evidence *e = gp_evidence_add(out, rules[GP_FAMILY_RETRY], weight,
						"Put off, it came back %u time%s within two hours, as a mail server does, and "
						"%u time%s not", h->came_back, gp_plural(h->came_back), h->gave_up,
						gp_plural(h->gave_up));

	gp_evidence_observe(e, "came_back", h->came_back);
	gp_evidence_observe(e, "gave_up", h->gave_up);
}

static void add_submission(struct gp_finding *out, double weight, const struct gp_spam_count *n)
{
	struct gp_evidence *e = gp_evidence_add(out, rules[GP_FAMILY_SUBMISSION], weight,
						"Of what it handed in to its mail provider, mails refused once they were read: %u, "
						"recipients or senders refused: %u, recipients accepted: %u", n->handed_spam,
						n->handed_refused, n->handed_accepted);

	gp_evidence_observe(e, "refused_mails", n->handed_spam);
	gp_evidence_observe(e, "refused", n->handed_refused);
	gp_evidence_observe(e, "accepted", n->handed_accepted);
}

static void add_reason(struct gp_finding *out, enum gp_family family, double weight, const struct gp_spam_news *n)
{
	struct gp_evidence *e;

	switch (family) {
	case GP_FAMILY_PLACEMENT:
		add_placement(out, weight, n);
		return;
	case GP_FAMILY_FANOUT:
		add_fanout(out, weight, n);
		return;
	case GP_FAMILY_REFUSED:
		add_refused(out, weight, n);
		return;
	case GP_FAMILY_DIALECT:
		add_dialect(out, weight, n);
		return;
	case GP_FAMILY_TLS:
		add_tls(out, weight, n);
		return;
	case GP_FAMILY_RETRY:
		add_retry(out, weight, &n->heard);
		return;
	case GP_FAMILY_TCP:
		e = gp_evidence_add(out, rules[family], weight, "Of %u connection attempt%s to mail servers %u %s answered",
				    n->count.attempts, gp_plural(n->count.attempts), n->count.answered,
				    n->count.answered == 1 ? "was" : "were");
		gp_evidence_observe(e, "attempts", n->count.attempts);
		gp_evidence_observe(e, "answered", n->count.answered);
		return;
	case GP_FAMILY_STACK:
		e = gp_evidence_add(out, rules[family], weight, "Its packets look like those of %s",
				    n->level.stack > 0 ? "a desktop computer" : "a server or a small device");
		gp_evidence_observe(e, "client_stack", n->level.stack > 0);
		return;
	case GP_FAMILY_SPF:
		e = gp_evidence_add(out, rules[family], weight, "The sender domains that it gave allow it in %u mails and "
				    "forbid it in %u (SPF)", n->heard.spf_pass, n->heard.spf_fail);
		gp_evidence_observe(e, "spf_pass", n->heard.spf_pass);
		gp_evidence_observe(e, "spf_fail", n->heard.spf_fail);
		return;
	case GP_FAMILY_SUBMISSION:
		add_submission(out, weight, &n->count);
		return;
	default:
		e = gp_evidence_add(out, rules[family], weight, "It spoke with %u prefix%s that the operator's lists know to be bad",
				    n->level.known_bad_prefixes, n->level.known_bad_prefixes == 1 ? "" : "es");
		gp_evidence_observe(e, "prefixes", n->level.known_bad_prefixes);
		return;
	}
}

/* Numbers and fixed words only; no jargon. What is only suspected is not stated. */
static void write_sentence(struct gp_finding *out, const struct gp_spam_news *n)
{
	__u32 refused = n->count.refused + n->heard.hidden_refused;
	char why[96] = "";

	if (!n->count.flows) {
		snprintf(out->sentence, sizeof(out->sentence),
			 "A device on this line hands in mail that its mail provider refuses: %u mail%s once read, and %u sender%s or "
			 "recipient%s; somebody may be using the account.", n->count.handed_spam, gp_plural(n->count.handed_spam),
			 n->count.handed_refused, gp_plural(n->count.handed_refused), gp_plural(n->count.handed_refused));
		return;
	}
	if (refused)
		snprintf(why, sizeof(why), ", and was refused %u time%s", refused, gp_plural(refused));
	snprintf(out->sentence, sizeof(out->sentence),
		 "A device on this line has %s the mail servers of about %.0f network%s, in %u connection%s%s; mail programs do not do "
		 "that, %s.", n->count.texts + n->count.went_to_tls ? "sent mail straight to" : "handed over no mail, but gone straight to",
		 networks_of(n), gp_plural(networks_of(n)), n->count.flows, gp_plural(n->count.flows), why,
		 out->verdict == GP_VERDICT_CONFIRMED ? "a program that sends spam does" : "but programs that send spam may");
}

static void tell(struct gp_finding *out, const struct gp_spam_state *spam, const double *weights,
		 const struct gp_spam_news *news, const struct gp_case *c)
{
	out->kind = GP_KIND_SPAM_BOT;
	out->verdict = gp_standing_verdict(&spam->standing);
	out->source_verified = c->verified;
	out->sample = c->host->samples[GP_SAMPLE_SMTP];
	out->standing = spam->standing;
	for (int i = 0; i < GP_FAMILIES; i++)
		add_reason(out, (enum gp_family)i, weights[i], news);
	write_sentence(out, news);
	gp_finding_close(out, c->limits);
}

bool gp_spam_finding(struct gp_finding *out, const struct gp_spam_state *spam, const struct gp_case *c)
{
	if (gp_standing_verdict(&spam->standing) == GP_VERDICT_NONE)
		return false;
	tell(out, spam, spam->shown, &spam->shown_news, c);
	return true;
}

void gp_spam_opinion(struct gp_finding *out, const struct gp_spam_state *spam, const struct gp_case *c)
{
	tell(out, spam, spam->weight, &spam->seen, c);
}
