/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who guesses passwords. docs/detection.md, "Brute forcer": refusals that servers spelt out, at a rate of machines, and flows
 * of SSH, RDP, telnet and VNC that end as failed log-ins do. A forgotten password, a device with an old one and an office
 * behind one address stay below.
 */
#include <math.h>
#include <stdio.h>

#include "judge_private.h"

#define FAMILY_COUNTS 1.0
#define CONFIRM_WINDOWS 2u
#define CONCERNS 10u	    /* refusals or brief flows in all, before a host is looked at */
#define SERVERS_FADE_S 3600 /* new servers show once in 15 to 30 min, however often they are asked */
#define SLOW_PER_S (20 / 60.0) /* brief flows to one server: a program that asks it for its load is no faster */
#define HIDDEN_PER_SERVER 100 /* times per_server: a mail program asks again and again, too */

static const struct {
	const char *rule;
	double floor, cap; /* nats */
} families[GP_LOGIN_FAMILIES] = {
	[GP_LOGIN_FAMILY_REFUSED] = {"login.refused", -4, 8},
	[GP_LOGIN_FAMILY_SPEED] = {"login.speed", 0, 4},
	[GP_LOGIN_FAMILY_BRIEF] = {"login.brief", 0, 10},
	[GP_LOGIN_FAMILY_HIDDEN] = {"login.hidden", 0, 10},
};

/* Where every flow with an answer is a log-in, and nothing else is to be read. */
static const enum gp_login silent[] = {GP_LOGIN_SSH, GP_LOGIN_TELNET, GP_LOGIN_RDP, GP_LOGIN_VNC};

static __u32 auth_replies(const struct gp_host *host, enum gp_reply_class class)
{
	return host->smtp[0].replies[GP_STAGE_AUTH][class] + host->smtp[1].replies[GP_STAGE_AUTH][class];
}

static __u32 service_contacts(const struct gp_host *host)
{
	__u32 sum = 0;

	for (unsigned int ring = 0; ring < GP_SLICES; ring++)
		sum += host->scan.attempts[GP_SCAN_SERVICE][ring];
	return sum;
}

static struct gp_login_news news_of(const struct gp_case *c)
{
	const struct gp_login_count *logins = c->host->logins;
	struct gp_login_news now = {
		.mailbox_refused = logins[GP_LOGIN_MAILBOX].refused,
		.mailbox_accepted = logins[GP_LOGIN_MAILBOX].accepted,
		.mail_refused = auth_replies(c->host, GP_REPLY_5XX),
		.mail_accepted = auth_replies(c->host, GP_REPLY_2XX),
		.ftp_refused = logins[GP_LOGIN_FTP].refused,
		.ftp_accepted = logins[GP_LOGIN_FTP].accepted,
		.mailbox_brief = logins[GP_LOGIN_MAILBOX].brief,
		.contacts = service_contacts(c->host),
	};

	for (int method = 0; method < GP_HTTP_METHODS; method++)
		now.requests += c->host->http.requests[method];
	for (unsigned int i = 0; i < sizeof(silent) / sizeof(*silent); i++) {
		now.lasting += logins[silent[i]].lasting;
		now.brief += logins[silent[i]].brief;
	}
	if (c->web) {
		now.web_refused = c->web->login_refused;
		now.web_accepted = c->web->login_accepted;
		now.web_generation = c->web->generation;
	}
	return now;
}

bool gp_login_concerns(const struct gp_host *host)
{
	__u32 seen = auth_replies(host, GP_REPLY_5XX) + host->http.requests[GP_HTTP_POST] + host->http.responses[4];

	for (unsigned int i = 0; i < GP_LOGINS; i++)
		seen += host->logins[i].refused + host->logins[i].brief;
	return seen >= CONCERNS;
}

static double more(__u32 now, __u32 before)
{
	return (double)(__s32)(now - before);
}

static struct gp_login_window window_of(const struct gp_login_news *now, const struct gp_login_news *seen)
{
	bool same_web = now->web_generation == seen->web_generation;
	double mailbox_refused = more(now->mailbox_refused, seen->mailbox_refused);
	double mailbox_accepted = more(now->mailbox_accepted, seen->mailbox_accepted);
	double web_refused = more(now->web_refused, same_web ? seen->web_refused : 0);
	double refused = mailbox_refused + more(now->mail_refused, seen->mail_refused) +
			 more(now->ftp_refused, seen->ftp_refused);

	return (struct gp_login_window){
		.refused = refused + web_refused,
		/* Dialogues are told when they end, maybe many at once: no more log-ins were made in the window than requests. */
		.rate = refused + fmin(web_refused, more(now->requests, seen->requests)),
		.accepted = mailbox_accepted + more(now->mail_accepted, seen->mail_accepted) +
			    more(now->ftp_accepted, seen->ftp_accepted) +
			    more(now->web_accepted, same_web ? seen->web_accepted : 0),
		.lasting = more(now->lasting, seen->lasting),
		.brief = more(now->brief, seen->brief),
		.hidden = fmax(0, more(now->mailbox_brief, seen->mailbox_brief) - mailbox_refused - mailbox_accepted),
		.servers = fmax(1, more(now->contacts, seen->contacts)),
	};
}

/*
 * A program that logs in to one server of its owner now and then, all day: as often in each window. A burst of guesses is no
 * faster where it fills a small part of its window, but alone: that shows in the next window.
 */
static double guesses_of(struct gp_login_state *s, const struct gp_login_window *g, double seen_s)
{
	bool slow = g->servers < 2 && g->brief < SLOW_PER_S * seen_s;
	bool even = slow && s->slow > 0 && g->brief >= s->slow / 2 && g->brief <= 2 * s->slow;
	double guesses = !slow ? g->brief : even || s->even ? 0 : s->slow;

	s->slow = slow ? g->brief : 0;
	s->even = even;
	return guesses;
}

/* Of the window, the part in which the host was there. */
static double seen_s(const struct gp_case *c, double age_s, __u64 now_ns)
{
	__u64 first_ns = c->host->first_seen_ns;
	double window_s = age_s > 0 ? fmin(age_s, c->limits->window_s) : c->limits->window_s;

	return now_ns > first_ns ? fmin(window_s, (double)(now_ns - first_ns) / 1e9) : 0;
}

/* What the window adds to each family; the shares are brought up to date. */
static void weigh_families(struct gp_login_state *s, const struct gp_case *c, const struct gp_login_window *g, double fade)
{
	const struct gp_login_limits *l = &c->limits->login;
	double gain[GP_LOGIN_FAMILIES] = {0};
	bool often, brief;

	s->refused = s->refused * fade + g->refused;
	s->outcomes = s->outcomes * fade + g->refused + g->accepted;
	s->ended = s->ended * fade + g->brief + g->lasting;
	s->brief = s->brief * fade + g->brief;
	often = s->refused >= l->refused_share * s->outcomes;
	brief = s->brief >= l->brief_share * s->ended && g->guesses >= l->per_server * s->servers;
	gain[GP_LOGIN_FAMILY_REFUSED] = l->refused * fmax(0, g->refused - l->allowed) - l->accepted * g->accepted;
	if (often && g->rate >= l->fast)
		gain[GP_LOGIN_FAMILY_SPEED] = g->rate >= l->very_fast ? 4 : 2;
	if (brief)
		gain[GP_LOGIN_FAMILY_BRIEF] = l->brief * fmax(0, g->guesses - l->brief_allowed);
	if (c->inside && c->host->role == GP_ROLE_SUBSCRIBER && g->hidden >= l->hidden &&
	    g->hidden >= HIDDEN_PER_SERVER * l->per_server * s->servers)
		gain[GP_LOGIN_FAMILY_HIDDEN] = families[GP_LOGIN_FAMILY_HIDDEN].cap / 2;
	for (int i = 0; i < GP_LOGIN_FAMILIES; i++) {
		double weight = s->weight[i] * fade + gain[i];

		if (i == GP_LOGIN_FAMILY_REFUSED && !often)
			weight = fmin(weight, 0);
		s->weight[i] = fmax(families[i].floor, fmin(families[i].cap, weight));
	}
	s->windows = often && g->rate >= l->very_fast ? s->windows + 1 : 0;
}

void gp_login_weigh(struct gp_login_state *s, const struct gp_case *c, __u64 now_ns)
{
	struct gp_standing_limits limits = gp_standing_limits(c->limits);
	struct gp_login_news now = news_of(c);
	struct gp_login_window g = window_of(&now, &s->seen);
	double age_s = s->weighed_ns && now_ns > s->weighed_ns ? (double)(now_ns - s->weighed_ns) / 1e9 : 0;
	struct gp_opinion opinion;
	bool grown;

	g.servers = s->servers = fmax(g.servers, s->servers * exp2(-age_s / SERVERS_FADE_S));
	g.guesses = guesses_of(s, &g, seen_s(c, age_s, now_ns));
	weigh_families(s, c, &g, gp_fade(c->limits, s->weighed_ns, now_ns));
	s->guesses += (__u64)(g.refused + g.brief);
	s->seen = now;
	s->last = g;
	s->weighed_ns = now_ns;
	opinion = (struct gp_opinion){
		.score = gp_weights_total(s->weight, GP_LOGIN_FAMILIES),
		.may_suspect = c->verified || s->weight[GP_LOGIN_FAMILY_REFUSED] >= FAMILY_COUNTS,
		/* Flows that nobody can read only resemble guesses: suspected at most. */
		.may_confirm = c->verified && s->weight[GP_LOGIN_FAMILY_REFUSED] >= FAMILY_COUNTS &&
			       s->windows >= CONFIRM_WINDOWS,
		.contacts = s->guesses,
	};
	grown = opinion.score > gp_weights_total(s->shown, GP_LOGIN_FAMILIES);
	if (!gp_standing_step(&s->standing, &limits, &opinion, now_ns) && !grown)
		return;
	s->shown_window = g;
	for (int i = 0; i < GP_LOGIN_FAMILIES; i++)
		s->shown[i] = s->weight[i];
}

static void add_reasons(struct gp_finding *out, const double *weight, const struct gp_login_window *w)
{
	struct gp_evidence *e;

	e = gp_evidence_add(out, families[GP_LOGIN_FAMILY_REFUSED].rule, weight[GP_LOGIN_FAMILY_REFUSED],
			    "Servers refused %.0f of its log-ins within the window and accepted %.0f", w->refused, w->accepted);
	gp_evidence_observe(e, "refused", w->refused);
	gp_evidence_observe(e, "accepted", w->accepted);
	e = gp_evidence_add(out, families[GP_LOGIN_FAMILY_SPEED].rule, weight[GP_LOGIN_FAMILY_SPEED],
			    "It went on after %.0f refusal%s within the window, faster than hands do", w->refused,
			    gp_plural(w->refused));
	gp_evidence_observe(e, "refused", w->refused);
	e = gp_evidence_add(out, families[GP_LOGIN_FAMILY_BRIEF].rule, weight[GP_LOGIN_FAMILY_BRIEF],
			    "It opened %.0f connection%s for remote log-in within the window that ended as failed log-ins do, "
			    "to about %.0f new server%s", w->guesses, gp_plural(w->guesses), w->servers, gp_plural(w->servers));
	gp_evidence_observe(e, "brief_flows", w->guesses);
	gp_evidence_observe(e, "servers", w->servers);
	e = gp_evidence_add(out, families[GP_LOGIN_FAMILY_HIDDEN].rule, weight[GP_LOGIN_FAMILY_HIDDEN],
			    "It opened %.0f brief encrypted connection%s to mailboxes within the window, to about %.0f new "
			    "server%s", w->hidden, gp_plural(w->hidden), w->servers, gp_plural(w->servers));
	gp_evidence_observe(e, "brief_flows", w->hidden);
	gp_evidence_observe(e, "servers", w->servers);
}

/* What is only suspected is not stated; of a host outside its network's operator is told, not a subscriber. */
static void write_sentence(struct gp_finding *out, const double *weight, const struct gp_login_window *w, bool inside)
{
	const char *who = inside ? "A device on this line" : "This address", *where = inside ? "elsewhere" : "in this network";
	bool sure = out->verdict == GP_VERDICT_CONFIRMED;
	double brief = fmax(w->guesses, w->hidden);

	if (weight[GP_LOGIN_FAMILY_REFUSED] >= FAMILY_COUNTS)
		snprintf(out->sentence, sizeof(out->sentence),
			 "%s tried to log in to accounts %s and was refused %.0f time%s within minutes; %s.", who, where, w->refused,
			 gp_plural(w->refused),
			 sure ? "a program there guesses passwords" :
				"this may be a program that guesses passwords, or a device with an old one");
	else
		snprintf(out->sentence, sizeof(out->sentence),
			 "%s opened %.0f connection%s within minutes to places %s that ask for a password and broke each one off at "
			 "once; this looks like a program that guesses passwords.", who, brief, gp_plural(brief), where);
}

static void tell(struct gp_finding *out, const struct gp_login_state *s, const double *weight,
		 const struct gp_login_window *w, const struct gp_case *c)
{
	const struct gp_sample *samples = c->host->samples;

	out->kind = GP_KIND_BRUTE_FORCER;
	out->verdict = gp_standing_verdict(&s->standing);
	out->source_verified = c->verified;
	out->standing = s->standing;
	out->sample = samples[GP_SAMPLE_LOGIN];
	if (!out->sample.dport && c->web)
		out->sample = c->web->sample;
	if (!out->sample.dport)
		out->sample = samples[samples[GP_SAMPLE_SMTP].dport ? GP_SAMPLE_SMTP : GP_SAMPLE_CONTACT];
	add_reasons(out, weight, w);
	write_sentence(out, weight, w, c->inside);
	gp_finding_close(out, c->limits);
}

void gp_login_opinion(struct gp_finding *out, const struct gp_login_state *s, const struct gp_case *c)
{
	tell(out, s, s->weight, &s->last, c);
}

bool gp_login_finding(struct gp_finding *out, const struct gp_login_state *s, const struct gp_case *c)
{
	if (gp_standing_verdict(&s->standing) == GP_VERDICT_NONE || c->host->role == GP_ROLE_INFRASTRUCTURE)
		return false;
	tell(out, s, s->shown, &s->shown_window, c);
	return true;
}
