/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spam bots: families of evidence and their verdict. docs/detection.md, steps 9 and 10; the numbers are shared. */
#include <math.h>
#include <stdio.h>

#include "hll.h"
#include "judge_private.h"

#define OPEN_ATTEMPT_NS 3000000000ull
#define MIN_FAMILIES 3	/* at +1 or more, to confirm */
#define FAMILY_COUNTS 1.0

/* 9. What a bot can mimic for free may speak for it by 1 nat at most: asymmetric floors. */
static const struct {
	const char *rule;
	double floor, cap; /* nats */
	bool is_level;	   /* set by what is known now; the others add up and fade */
} families[GP_FAMILIES] = {
	[GP_FAMILY_PLACEMENT] = {"smtp.placement", -4, 2.5, true},
	[GP_FAMILY_FANOUT] = {"smtp.fanout", 0, 4, true},
	[GP_FAMILY_REFUSED] = {"smtp.refused", -4, 8, false},
	[GP_FAMILY_DIALECT] = {"smtp.dialect", -1, 6, false},
	[GP_FAMILY_TCP] = {"smtp.tcp", -1, 4, false},
	[GP_FAMILY_TLS] = {"smtp.tls", -1, 2, false},
};

/* What servers said to the connection, the sender, the recipients and the message. */
static __u32 replies_of(const struct gp_smtp_count *smtp, enum gp_reply_class class)
{
	return smtp->replies[GP_STAGE_CONNECT][class] + smtp->replies[GP_STAGE_MAIL][class] +
	       smtp->replies[GP_STAGE_RCPT][class] + smtp->replies[GP_STAGE_DATA][class] +
	       smtp->replies[GP_STAGE_BODY][class];
}

/* Port 25 only: what a subscriber hands in at a submission port is between it and its provider. */
static struct gp_spam_count count_now(const struct gp_case *c)
{
	const struct gp_host *host = c->host;
	const struct gp_service_count *service = &host->services[GP_SERVICE_SMTP];
	const struct gp_smtp_count *smtp = &host->smtp[0];
	struct gp_spam_count now = {
		.flows = service->confirmed,
		.attempts = service->attempts,
		.answered = service->answered,
		.recipients = smtp->replies[GP_STAGE_RCPT][GP_REPLY_2XX],
		.refused = replies_of(smtp, GP_REPLY_5XX),
		.deferred = replies_of(smtp, GP_REPLY_4XX),
		.quit = smtp->ended_by_quit,
		.no_quit = smtp->ended_without_quit,
		.early = smtp->early_talk,
		.starttls = smtp->commands[GP_SMTP_STARTTLS],
		.went_to_tls = smtp->replies[GP_STAGE_STARTTLS][GP_REPLY_2XX],
	};

	now.unanswered = now.attempts > now.answered && !c->one_direction ? now.attempts - now.answered : 0;
	return now;
}

static double more(__u32 now, __u32 before)
{
	return (double)(__s32)(now - before);
}

/* 9.2. Ten mail networks, thirty, a hundred, two hundred: each is one nat more. */
static double fanout_weight(double mx, const struct gp_limits *limits)
{
	static const double steps[] = {1, 3, 10, 20};
	double weight = 0;

	for (unsigned int i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		weight += mx >= limits->spam_min_mx * steps[i];
	return weight;
}

/* 9.3 to 9.6. What a window added to a family. */
static double family_gain(enum gp_family family, const struct gp_spam_count *now, const struct gp_spam_count *seen)
{
	switch (family) {
	case GP_FAMILY_REFUSED:
		/* Put off first and accepted later comes to nothing: greylisting is no refusal. */
		return 1.5 * more(now->refused, seen->refused) -
		       0.4 * fmax(0, more(now->recipients, seen->recipients) - more(now->deferred, seen->deferred));
	case GP_FAMILY_DIALECT:
		return 0.5 * more(now->no_quit, seen->no_quit) - 0.1 * more(now->quit, seen->quit) +
		       4.0 * more(now->early, seen->early);
	case GP_FAMILY_TCP:
		return 1.39 * more(now->unanswered, seen->unanswered) - 0.69 * more(now->answered, seen->answered);
	case GP_FAMILY_TLS:
		return -0.7 * more(now->starttls, seen->starttls);
	default:
		return 0;
	}
}

static double total(const double *weight)
{
	double sum = 0;

	for (int i = 0; i < GP_FAMILIES; i++)
		sum += weight[i];
	return sum;
}

/* 10. The verdict of this window. */
static enum gp_verdict window_verdict(struct gp_spam_state *spam, const struct gp_case *c,
				      const struct gp_spam_count *now)
{
	const struct gp_limits *limits = c->limits;
	double score = total(spam->weight);
	int counting = 0;

	for (int i = 0; i < GP_FAMILIES; i++)
		counting += spam->weight[i] >= FAMILY_COUNTS;
	if (now->flows < limits->spam_min_flows || score < limits->suspect_score ||
	    (spam->weight[GP_FAMILY_FANOUT] < FAMILY_COUNTS && spam->weight[GP_FAMILY_REFUSED] < FAMILY_COUNTS)) {
		spam->windows = 0;
		return GP_VERDICT_NONE;
	}
	/* One server that refuses a device all day is a quarrel of two; a bot meets many. */
	if (score < limits->confirm_score || counting < MIN_FAMILIES ||
	    spam->weight[GP_FAMILY_FANOUT] < FAMILY_COUNTS) {
		spam->windows = 0;
		return GP_VERDICT_SUSPECTED;
	}
	spam->windows++;
	return spam->windows >= 2 && c->verified ? GP_VERDICT_CONFIRMED : GP_VERDICT_SUSPECTED;
}

static bool is_new(const struct gp_spam_count *now, const struct gp_spam_count *seen)
{
	return now->flows != seen->flows || now->attempts != seen->attempts || now->answered != seen->answered ||
	       now->recipients != seen->recipients || now->refused != seen->refused || now->quit != seen->quit ||
	       now->deferred != seen->deferred ||
	       now->no_quit != seen->no_quit || now->early != seen->early || now->starttls != seen->starttls ||
	       now->went_to_tls != seen->went_to_tls;
}

/*
 * 9.3. A mail server that speaks TLS shows its refusals at the greeting and hides what is accepted. Seldom refused is
 * not refused: its share of all that is known decides.
 */
static bool refused_often(struct gp_spam_state *spam, const struct gp_spam_count *now, double fade,
			  const struct gp_limits *limits)
{
	const struct gp_spam_count *seen = &spam->seen;
	double refused = more(now->refused, seen->refused);

	spam->refused = spam->refused * fade + refused;
	spam->outcomes = spam->outcomes * fade + refused + more(now->recipients, seen->recipients) +
			 more(now->went_to_tls, seen->went_to_tls);
	return spam->refused >= limits->spam_refused_share * spam->outcomes;
}

void gp_spam_weigh(struct gp_spam_state *spam, const struct gp_case *c, __u64 now_ns, bool open)
{
	struct gp_spam_count now = count_now(c);
	double mx = gp_hll_estimate(&c->host->mx), age_s, fade;
	enum gp_verdict verdict;
	bool refused;

	/* At the end of input nobody knows how old the open attempts of a busy host are. */
	if (open && c->host->last_seen_ns + OPEN_ATTEMPT_NS > now_ns && now.unanswered > spam->seen.unanswered)
		now.unanswered = spam->seen.unanswered;
	if (!is_new(&now, &spam->seen))
		return;
	age_s = spam->weighed_ns && now_ns > spam->weighed_ns ? (double)(now_ns - spam->weighed_ns) / 1e9 : 0;
	fade = exp2(-age_s / c->limits->half_life_s);
	refused = refused_often(spam, &now, fade, c->limits);
	for (int i = 0; i < GP_FAMILIES; i++) {
		double weight = spam->weight[i] * fade + family_gain((enum gp_family)i, &now, &spam->seen);

		if (i == GP_FAMILY_PLACEMENT)
			weight = now.flows ? families[i].cap : 0;
		else if (i == GP_FAMILY_FANOUT)
			weight = fanout_weight(mx, c->limits);
		else if (i == GP_FAMILY_REFUSED && !refused)
			weight = fmin(weight, 0);
		spam->weight[i] = fmax(families[i].floor, fmin(families[i].cap, weight));
	}
	spam->seen = now;
	spam->weighed_ns = now_ns;
	verdict = window_verdict(spam, c, &now);
	if (verdict == GP_VERDICT_NONE || verdict < spam->verdict ||
	    (verdict == spam->verdict && total(spam->weight) < total(spam->shown)))
		return;
	spam->verdict = verdict;
	spam->shown_count = now;
	spam->shown_mx = mx;
	for (int i = 0; i < GP_FAMILIES; i++)
		spam->shown[i] = spam->weight[i];
}

static struct gp_evidence *add_dialect(struct gp_finding *out, double weight, const struct gp_spam_count *n)
{
	char quit[32] = "", early[64] = "";

	if (n->quit)
		snprintf(quit, sizeof(quit), " and %u with it", n->quit);
	if (n->early)
		snprintf(early, sizeof(early), ", and spoke before the greeting in %u", n->early);
	return gp_evidence_add(out, families[GP_FAMILY_DIALECT].rule, weight,
			       "It left %u mail dialogues without QUIT%s%s", n->no_quit, quit, early);
}

static void add_reason(struct gp_finding *out, enum gp_family family, const struct gp_spam_state *spam)
{
	const struct gp_spam_count *n = &spam->shown_count;
	const char *rule = families[family].rule;
	double weight = spam->shown[family];
	struct gp_evidence *e;

	switch (family) {
	case GP_FAMILY_PLACEMENT:
		e = gp_evidence_add(out, rule, weight, "This line delivered to mail servers itself, in %u "
				    "connections; mail programs leave that to a relay", n->flows);
		gp_evidence_observe(e, "flows", n->flows);
		break;
	case GP_FAMILY_FANOUT:
		e = gp_evidence_add(out, rule, weight, "It spoke to the mail servers of about %.0f networks",
				    spam->shown_mx);
		gp_evidence_observe(e, "distinct_mx", round(spam->shown_mx));
		break;
	case GP_FAMILY_REFUSED:
		e = gp_evidence_add(out, rule, weight, "Mail servers refused it %u times, put it off %u times and "
				    "accepted %u recipients", n->refused, n->deferred, n->recipients);
		gp_evidence_observe(e, "refused", n->refused);
		gp_evidence_observe(e, "deferred", n->deferred);
		gp_evidence_observe(e, "recipients_accepted", n->recipients);
		break;
	case GP_FAMILY_DIALECT:
		e = add_dialect(out, weight, n);
		gp_evidence_observe(e, "ended_without_quit", n->no_quit);
		gp_evidence_observe(e, "ended_by_quit", n->quit);
		gp_evidence_observe(e, "early_talk", n->early);
		break;
	case GP_FAMILY_TCP:
		e = gp_evidence_add(out, rule, weight, "Of %u connection attempts to mail servers %u were answered",
				    n->attempts, n->answered);
		gp_evidence_observe(e, "attempts", n->attempts);
		gp_evidence_observe(e, "answered", n->answered);
		break;
	default:
		e = gp_evidence_add(out, rule, weight, "It asked for encryption in %u mail dialogues", n->starttls);
		gp_evidence_observe(e, "starttls", n->starttls);
		break;
	}
}

bool gp_spam_finding(struct gp_finding *out, const struct gp_spam_state *spam, const struct gp_case *c)
{
	if (spam->verdict == GP_VERDICT_NONE)
		return false;
	out->kind = GP_KIND_SPAM_BOT;
	out->verdict = spam->verdict;
	out->source_verified = c->verified;
	out->sample = c->host->samples[GP_SAMPLE_SMTP];
	for (int i = 0; i < GP_FAMILIES; i++)
		add_reason(out, (enum gp_family)i, spam);
	gp_finding_close(out, c->limits);
	return true;
}
