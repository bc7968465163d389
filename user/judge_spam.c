/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spam bots: families of evidence and their verdict. docs/detection.md, steps 9 and 10; the numbers are shared. */
#include <math.h>
#include <string.h>

#include "hll.h"
#include "judge_private.h"

#define OPEN_ATTEMPT_NS 3000000000ull
#define MIN_FAMILIES 3	/* at +1 or more: a listed mail server at home has two */
#define FAMILY_COUNTS 1.0
#define QUARREL 2.5 /* mail networks, by a sketch: below three, refusals are a quarrel with a relay */
#define DAY_NS 86400000000000ull
#define USUAL_DAYS 14.0
#define HANDED_UNREAD 6.0 /* nats: what refusals at submission come to as long as hardly a mail was refused for what it holds */
#define OUTBOX 2.0 /* refusals per window that a mail program brings about by itself */

/* --- what is known of the host now -------------------------------------------------------------------------------- */

/* What servers said to the connection, the sender, the recipients and the message. */
static __u32 replies_of(const struct gp_smtp_count *smtp, enum gp_reply_class class)
{
	return smtp->replies[GP_STAGE_CONNECT][class] + smtp->replies[GP_STAGE_MAIL][class] +
	       smtp->replies[GP_STAGE_RCPT][class] + smtp->replies[GP_STAGE_DATA][class] +
	       smtp->replies[GP_STAGE_BODY][class];
}

/* Port 25, and apart from it what a subscriber hands in at a submission port: that is between it and its provider. */
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
		.mails = smtp->commands[GP_SMTP_MAIL],
		.texts = smtp->commands[GP_SMTP_DATA] + smtp->commands[GP_SMTP_BDAT],
	};

	smtp = &host->smtp[1];
	now.handed_flows = host->services[GP_SERVICE_SUBMISSION].confirmed;
	now.handed_accepted = smtp->replies[GP_STAGE_RCPT][GP_REPLY_2XX];
	now.handed_refused = smtp->replies[GP_STAGE_MAIL][GP_REPLY_5XX] + smtp->replies[GP_STAGE_RCPT][GP_REPLY_5XX] +
			     smtp->replies[GP_STAGE_DATA][GP_REPLY_5XX];
	now.handed_spam = smtp->replies[GP_STAGE_BODY][GP_REPLY_5XX];
	now.unanswered = now.attempts > now.answered && !c->one_direction ? now.attempts - now.answered : 0;
	return now;
}

static struct gp_spam_heard heard_now(const struct gp_facts *f)
{
	if (!f)
		return (struct gp_spam_heard){0};
	return (struct gp_spam_heard){
		.generation = f->generation,
		.helo_bad = f->mail.helo_bad,
		.helo_good = f->mail.helo_good,
		.odd = f->mail.odd + f->mail.null_many,
		.tls_unused = f->mail.tls_unused,
		.hidden_refused = f->mail.hidden_refused,
		.hidden_accepted = f->mail.hidden_accepted,
		.callout_refused = f->mail.callout_refused,
		.policy_refused = f->mail.policy_refused,
		.callout_accepted = f->mail.callout_accepted,
		.listed_by = f->mail.listed_by.count,
		.gave_up = (__u32)f->gave_up,
		.came_back = (__u32)(f->came_back - f->came_back_soon),
		.spf_fail = (__u32)f->spf_fail,
		.spf_pass = (__u32)f->spf_pass,
	};
}

/* 9.8. TTLs of 128 are those of Windows; 64 that of nearly all else, so nearly all of them must be. */
static signed char stack_of(const struct gp_facts *f)
{
	__u64 all = 0;

	for (int class = 0; class < GP_FACT_TTL_CLASSES; class++)
		all += f->ttl_classes[class];
	if (2 * f->ttl_classes[2] > all)
		return 1;
	return all && 10 * f->ttl_classes[1] >= 9 * all ? -1 : 0;
}

static struct gp_spam_level level_now(const struct gp_case *c, const struct gp_spam_state *spam)
{
	const struct gp_facts *f = c->facts;
	struct gp_spam_level now = {
		.mx = gp_hll_estimate(&c->host->mx),
		.usual = spam->usual_mx,
		.business = c->host->role == GP_ROLE_BUSINESS,
		.known_bad = gp_known_bad_weight(c),
		.known_bad_prefixes = c->known_bad_prefixes,
	};

	if (!f)
		return now;
	/* The data plane's sketch holds all networks ever; flow records tell those of a day. */
	if (f->networks.span)
		now.mx = fmin(now.mx, gp_facts_networks(f, f->last_ns));
	now.names = gp_facts_names(f, f->names.day);
	now.served_to = f->served_to.count;
	now.stack = stack_of(f);
	return now;
}

/* What was forgotten meanwhile is counted from zero again. */
static void compare_generations(struct gp_spam_state *spam, const struct gp_spam_heard *now)
{
	if (spam->seen.heard.generation == now->generation)
		return;
	spam->seen.heard = (struct gp_spam_heard){.generation = now->generation};
}

/* --- what it weighs ----------------------------------------------------------------------------------------------- */

static double more(__u32 now, __u32 before)
{
	return (double)(__s32)(now - before);
}

/* 9.1. */
static double placement(const struct gp_spam_news *now, const struct gp_spam_limits *l)
{
	double weight = now->count.flows && !now->level.business ? l->placement : 0;

	return now->level.served_to >= l->serves_networks ? weight + l->serves : weight;
}

/*
 * 9.2. Ten mail networks, thirty, a hundred, two hundred: each is one nat more. On a business line mail servers are
 * usual, so what counts is how far beyond its own days it goes.
 */
static double fanout(const struct gp_spam_level *level, const struct gp_limits *limits)
{
	static const double steps[] = {1, 3, 10, 20};
	double weight = 0;

	if (level->business)
		return level->mx >= limits->spam_min_mx && level->usual > 0 &&
		       level->mx >= limits->spam.grown_ratio * level->usual ? limits->spam.grown : 0;
	for (unsigned int i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		weight += level->mx >= limits->spam_min_mx * steps[i];
	return weight;
}

/* 9.3. Who takes mail may ask whether its senders exist; who takes none washes a list of addresses. */
static bool verifies_senders(const struct gp_spam_news *now, const struct gp_spam_limits *l)
{
	return now->level.served_to >= l->serves_networks;
}

/* Refusals, in the clear, that tell of what was sent. */
static double refused_in_clear(const struct gp_spam_news *now, const struct gp_spam_news *seen, const struct gp_spam_limits *l)
{
	double refused = more(now->count.refused, seen->count.refused) -
			 more(now->heard.policy_refused, seen->heard.policy_refused);

	return verifies_senders(now, l) ? refused - more(now->heard.callout_refused, seen->heard.callout_refused) : refused;
}

static double accepted_in_clear(const struct gp_spam_news *now, const struct gp_spam_news *seen, const struct gp_spam_limits *l)
{
	double accepted = more(now->count.recipients, seen->count.recipients);

	return verifies_senders(now, l) ? accepted - more(now->heard.callout_accepted, seen->heard.callout_accepted) : accepted;
}

/* 9.3. Put off first and accepted later comes to nothing: greylisting is no refusal. */
static double refusals(const struct gp_spam_news *now, const struct gp_spam_news *seen, const struct gp_spam_limits *l)
{
	double accepted = fmax(0, accepted_in_clear(now, seen, l) - more(now->count.deferred, seen->count.deferred));
	double listed = more(now->heard.listed_by, seen->heard.listed_by);

	if (listed > 0 && !seen->heard.listed_by)
		listed += l->listed / l->listed_again - 1;
	return l->refused * (refused_in_clear(now, seen, l) + more(now->heard.hidden_refused, seen->heard.hidden_refused)) +
	       l->accepted * (accepted + more(now->heard.hidden_accepted, seen->heard.hidden_accepted)) +
	       l->listed_again * listed;
}

/* 9.4. */
static double dialect(const struct gp_spam_news *now, const struct gp_spam_news *seen, const struct gp_spam_limits *l)
{
	return l->no_quit * more(now->count.no_quit, seen->count.no_quit) +
	       l->quit * more(now->count.quit, seen->count.quit) +
	       l->early * more(now->count.early, seen->count.early) +
	       l->helo_bad * more(now->heard.helo_bad, seen->heard.helo_bad) +
	       l->helo_good * more(now->heard.helo_good, seen->heard.helo_good) +
	       l->odd * more(now->heard.odd, seen->heard.odd);
}

/* 9.11. A mail program tries a mail that sticks in its outbox again and again, but hardly oftener than every five minutes. */
static double handed_in(const struct gp_spam_count *now, const struct gp_spam_count *seen, const struct gp_spam_limits *l)
{
	double spam = more(now->handed_spam, seen->handed_spam), refused = more(now->handed_refused, seen->handed_refused);
	double outbox = fmin(OUTBOX, spam), typos = fmin(OUTBOX - outbox, refused);

	return l->handed_refused * (refused - typos) + l->handed_spam * (spam - outbox) +
	       l->handed_accepted * more(now->handed_accepted, seen->handed_accepted);
}

/* 9.3 to 9.11. What a window added to a family. */
static double gain(enum gp_family family, const struct gp_spam_news *now, const struct gp_spam_news *seen,
		   const struct gp_spam_limits *l)
{
	switch (family) {
	case GP_FAMILY_REFUSED:
		return refusals(now, seen, l);
	case GP_FAMILY_DIALECT:
		return dialect(now, seen, l);
	case GP_FAMILY_TLS:
		return l->tls_used * more(now->count.starttls, seen->count.starttls) +
		       l->tls_unused * more(now->heard.tls_unused, seen->heard.tls_unused);
	case GP_FAMILY_RETRY:
		return l->gave_up * more(now->heard.gave_up, seen->heard.gave_up) +
		       l->came_back * more(now->heard.came_back, seen->heard.came_back);
	case GP_FAMILY_TCP:
		return l->unanswered * more(now->count.unanswered, seen->count.unanswered) +
		       l->answered * more(now->count.answered, seen->count.answered);
	case GP_FAMILY_SPF:
		return l->spf_fail * more(now->heard.spf_fail, seen->heard.spf_fail) +
		       l->spf_pass * more(now->heard.spf_pass, seen->heard.spf_pass);
	case GP_FAMILY_SUBMISSION:
		return handed_in(&now->count, &seen->count, l);
	default:
		return 0;
	}
}

/*
 * 9.3. A mail server that speaks TLS hides what is accepted where its flows are not heard. Seldom refused is not
 * refused: the share of all that is known decides.
 */
static bool refused_often(struct gp_spam_state *spam, const struct gp_spam_news *now, double fade,
			  const struct gp_limits *limits)
{
	const struct gp_spam_news *seen = &spam->seen;
	double hidden_refused = more(now->heard.hidden_refused, seen->heard.hidden_refused);
	double hidden_accepted = more(now->heard.hidden_accepted, seen->heard.hidden_accepted);
	double hidden = more(now->count.went_to_tls, seen->count.went_to_tls);
	double refused = refused_in_clear(now, seen, &limits->spam) + hidden_refused;

	spam->refused = spam->refused * fade + refused;
	spam->outcomes = spam->outcomes * fade + refused + accepted_in_clear(now, seen, &limits->spam) +
			 fmax(hidden_accepted, hidden - hidden_refused);
	return spam->refused >= limits->spam_refused_share * spam->outcomes;
}

static void weigh_families(struct gp_spam_state *spam, const struct gp_spam_news *now, const struct gp_limits *limits,
			   double fade)
{
	const struct gp_spam_limits *l = &limits->spam;
	bool often = refused_often(spam, now, fade, limits);
	double *weight = spam->weight;

	for (int i = 0; i < GP_FAMILIES; i++)
		weight[i] = weight[i] * fade + gain((enum gp_family)i, now, &spam->seen, l);
	weight[GP_FAMILY_PLACEMENT] = placement(now, l);
	weight[GP_FAMILY_FANOUT] = fanout(&now->level, limits);
	if (!often)
		weight[GP_FAMILY_REFUSED] = fmin(weight[GP_FAMILY_REFUSED], 0);
	if (now->level.names >= l->names_per_day)
		weight[GP_FAMILY_DIALECT] = fmax(weight[GP_FAMILY_DIALECT], l->names);
	/* A provider's hourly limit, a closed account and an old list refuse as often as a stolen account is refused. */
	if (now->count.handed_spam <= OUTBOX)
		weight[GP_FAMILY_SUBMISSION] = fmin(weight[GP_FAMILY_SUBMISSION], HANDED_UNREAD);
	weight[GP_FAMILY_STACK] = now->level.stack > 0 ? l->client_stack : now->level.stack < 0 ? l->server_stack : 0;
	weight[GP_FAMILY_KNOWN_BAD] = now->level.known_bad;
	for (int i = 0; i < GP_FAMILIES; i++)
		weight[i] = fmax(l->bounds[i].floor, fmin(l->bounds[i].cap, weight[i]));
}

/* --- the verdict -------------------------------------------------------------------------------------------------- */

static int counting(const struct gp_spam_state *spam)
{
	int count = 0;

	for (int i = 0; i < GP_FAMILIES; i++)
		count += spam->weight[i] >= FAMILY_COUNTS;
	return count;
}

/* 10. One server that refuses a device all day is a quarrel of two; a bot meets many. */
static bool is_strong(const struct gp_spam_state *spam, const struct gp_limits *limits)
{
	return gp_weights_total(spam->weight, GP_FAMILIES) >= limits->confirm_score && counting(spam) >= MIN_FAMILIES &&
	       spam->weight[GP_FAMILY_FANOUT] >= FAMILY_COUNTS;
}

/* 10. A camera with an old account is refused by its relay for as long as it hangs there. Many refuse a bot, or name a list. */
static bool refused_by_many(const struct gp_spam_state *spam)
{
	return spam->weight[GP_FAMILY_REFUSED] >= FAMILY_COUNTS &&
	       (spam->seen.level.mx >= QUARREL || spam->seen.heard.listed_by);
}

const char *gp_spam_unmet(const struct gp_spam_state *spam, const struct gp_limits *limits)
{
	const struct gp_spam_count *n = &spam->seen.count;

	if (spam->weight[GP_FAMILY_SUBMISSION] >= FAMILY_COUNTS && n->handed_flows)
		return NULL;
	if (n->flows < limits->spam_min_flows)
		return "too few of its connections to mail servers are proved";
	/* Who sweeps port 25 looks for servers; it has no mail. */
	if (!(n->mails + n->recipients + n->refused + n->went_to_tls))
		return "it began no mail";
	if (counting(spam) < MIN_FAMILIES)
		return "fewer than three kinds of evidence weigh +1 or more";
	if (spam->weight[GP_FAMILY_FANOUT] < FAMILY_COUNTS && !refused_by_many(spam))
		return "neither many mail networks nor refusals by several of them are among the reasons";
	return NULL;
}

/* A day that is over becomes part of what is usual. */
static void begin_day(struct gp_spam_state *spam, __u64 now_ns)
{
	__u64 day = now_ns / DAY_NS;

	if (spam->day && day != spam->day) {
		spam->usual_mx += spam->usual_mx > 0 ? (spam->day_mx - spam->usual_mx) / USUAL_DAYS : spam->day_mx;
		spam->day_mx = 0;
	}
	spam->day = day;
}

/* What the host shows at its worst is what is told. */
static void show(struct gp_spam_state *spam, bool changed)
{
	if (!changed && gp_weights_total(spam->weight, GP_FAMILIES) < gp_weights_total(spam->shown, GP_FAMILIES))
		return;
	memcpy(spam->shown, spam->weight, sizeof(spam->shown));
	spam->shown_news = spam->seen;
}

static void judge(struct gp_spam_state *spam, const struct gp_case *c, __u64 now_ns)
{
	const struct gp_standing_limits limits = gp_standing_limits(c->limits);
	const struct gp_opinion opinion = {
		.score = gp_weights_total(spam->weight, GP_FAMILIES) * gp_fade(c->limits, spam->weighed_ns, now_ns),
		.may_suspect = !gp_spam_unmet(spam, c->limits),
		.may_confirm = spam->windows >= 2 && c->verified,
		.contacts = spam->seen.count.flows + spam->seen.count.handed_flows,
	};
	bool changed = gp_standing_step(&spam->standing, &limits, &opinion, now_ns);

	if (changed && gp_standing_calm(&spam->standing))
		spam->windows = 0; /* another episode is confirmed by windows of its own */
	if (spam->standing.state == GP_STATE_CLEAN)
		memset(spam->shown, 0, sizeof(spam->shown));
	else
		show(spam, changed && spam->standing.state != GP_STATE_QUIET);
}

void gp_spam_weigh(struct gp_spam_state *spam, const struct gp_case *c, __u64 now_ns, bool open)
{
	struct gp_spam_news now;

	memset(&now, 0, sizeof(now)); /* the padding, too: they are compared */
	now.count = count_now(c);
	now.heard = heard_now(c->facts);
	compare_generations(spam, &now.heard);
	/* At the end of input nobody knows how old the open attempts of a busy host are. */
	if (open && c->host->last_seen_ns + OPEN_ATTEMPT_NS > now_ns && now.count.unanswered > spam->seen.count.unanswered)
		now.count.unanswered = spam->seen.count.unanswered;
	if (!memcmp(&now.count, &spam->seen.count, sizeof(now.count)) &&
	    !memcmp(&now.heard, &spam->seen.heard, sizeof(now.heard))) {
		if (spam->standing.state != GP_STATE_CLEAN)
			judge(spam, c, now_ns);
		return;
	}
	begin_day(spam, now_ns);
	now.level = level_now(c, spam);
	spam->day_mx = fmax(spam->day_mx, now.level.mx);
	weigh_families(spam, &now, c->limits, gp_fade(c->limits, spam->weighed_ns, now_ns));
	spam->seen = now;
	spam->weighed_ns = now_ns;
	spam->windows = is_strong(spam, c->limits) ? spam->windows + 1 : 0;
	judge(spam, c, now_ns);
}
