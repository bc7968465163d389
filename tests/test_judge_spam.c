/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of docs/detection.md, steps 1, 9 and 10: spam bots. */
#include "judge_world.h"

/* What a host has done on port 25 so far. */
struct mail {
	__u32 flows;		   /* proved */
	__u32 attempts, answered;  /* 0: as many as flows */
	unsigned int mx;
	__u32 accepted;		   /* RCPT 250 */
	__u32 connect, mail, rcpt, data, body; /* refused: 5xx */
	__u32 put_off;			   /* RCPT 450 */
	__u32 quit, no_quit, early, starttls, went_to_tls;
};

static void set_refused(struct gp_smtp_count *smtp, enum gp_smtp_stage stage, __u32 count)
{
	smtp->replies[stage][GP_REPLY_5XX] = count;
}

static void set_mail(struct gp_host *host, const struct mail *m)
{
	struct gp_service_count *service = &host->services[GP_SERVICE_SMTP];
	struct gp_smtp_count *smtp = &host->smtp[0];

	service->confirmed = m->flows;
	service->attempts = m->attempts ? m->attempts : m->flows;
	service->answered = m->attempts ? m->answered : m->flows;
	host->proved_flows = m->flows;
	world_distinct(&host->mx, m->mx ? m->mx : 3);
	smtp->replies[GP_STAGE_RCPT][GP_REPLY_2XX] = m->accepted;
	set_refused(smtp, GP_STAGE_CONNECT, m->connect);
	set_refused(smtp, GP_STAGE_MAIL, m->mail);
	set_refused(smtp, GP_STAGE_RCPT, m->rcpt);
	set_refused(smtp, GP_STAGE_DATA, m->data);
	set_refused(smtp, GP_STAGE_BODY, m->body);
	smtp->replies[GP_STAGE_RCPT][GP_REPLY_4XX] = m->put_off;
	smtp->ended_by_quit = m->quit;
	smtp->ended_without_quit = m->no_quit;
	smtp->early_talk = m->early;
	smtp->commands[GP_SMTP_MAIL] = m->flows; /* who has no mail is no spam bot: test_no_mail */
	smtp->commands[GP_SMTP_STARTTLS] = m->starttls;
	smtp->replies[GP_STAGE_STARTTLS][GP_REPLY_2XX] = m->went_to_tls;
}

static double weight_of(const struct gp_finding *finding, const char *rule)
{
	const struct gp_evidence *e = world_evidence(finding, rule);

	return e ? e->weight : 0;
}

/* --- 9: each family, its floor and its cap ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	struct mail mail;
	const char *rule;
	double weight;
} weights[] = {
	{"placement", {.flows = 5}, "smtp.placement", 2.5},
	{"placement, many flows", {.flows = 5000}, "smtp.placement", 2.5},
	{"fan-out, 8 networks", {.flows = 9, .mx = 8}, "smtp.fanout", 0},
	{"fan-out, 12", {.flows = 12, .mx = 12}, "smtp.fanout", 1},
	{"fan-out, 45", {.flows = 45, .mx = 45}, "smtp.fanout", 2},
	{"fan-out, 130", {.flows = 140, .mx = 130}, "smtp.fanout", 3},
	{"fan-out, 400", {.flows = 400, .mx = 400}, "smtp.fanout", 4},
	{"refused at the greeting", {.flows = 5, .connect = 2}, "smtp.refused", 3},
	{"refused sender", {.flows = 5, .mail = 2}, "smtp.refused", 3},
	{"refused recipient", {.flows = 5, .rcpt = 2}, "smtp.refused", 3},
	{"refused before the message", {.flows = 5, .data = 2}, "smtp.refused", 3},
	{"refused message", {.flows = 5, .body = 2}, "smtp.refused", 3},
	{"refused and accepted", {.flows = 5, .rcpt = 2, .accepted = 5}, "smtp.refused", 1},
	{"put off", {.flows = 5, .put_off = 5}, "smtp.refused", 0},
	{"put off once, refused twice", {.flows = 5, .put_off = 1, .rcpt = 2, .accepted = 6}, "smtp.refused", 1},
	{"put off, then accepted: greylisting", {.flows = 5, .put_off = 5, .accepted = 5}, "smtp.refused", 0},
	{"refused, cap", {.flows = 5, .rcpt = 100}, "smtp.refused", 8},
	{"refused, 10 %: of those known", {.flows = 5, .connect = 10, .accepted = 10, .went_to_tls = 80}, "smtp.refused", 8},
	{"refused, 9 %", {.flows = 5, .connect = 9, .went_to_tls = 91}, "smtp.refused", 0},
	{"refused, 9 %, others accepted", {.flows = 5, .connect = 9, .accepted = 41, .went_to_tls = 50},
	 "smtp.refused", 9 * 1.5 - 41 * 0.4},
	{"STARTTLS that is refused hides nothing", {.flows = 5, .connect = 2, .starttls = 91}, "smtp.refused", 3},
	{"accepted, floor", {.flows = 99, .accepted = 99}, "smtp.refused", -4},
	{"QUIT is left out", {.flows = 5, .no_quit = 3}, "smtp.dialect", 1.5},
	{"QUIT, floor", {.flows = 30, .quit = 30}, "smtp.dialect", -1},
	{"early talk", {.flows = 5, .early = 1}, "smtp.dialect", 4},
	{"dialect, cap", {.flows = 5, .early = 5, .no_quit = 5}, "smtp.dialect", 6},
	{"one attempt failed", {.flows = 5, .attempts = 7, .answered = 5}, "smtp.tcp", 2 * 1.39 - 5 * 0.69},
	{"attempts failed", {.flows = 5, .attempts = 9, .answered = 5}, "smtp.tcp", 4 * 1.39 - 5 * 0.69},
	{"attempts failed, cap", {.flows = 5, .attempts = 99, .answered = 5}, "smtp.tcp", 4},
	{"attempts answered, floor", {.flows = 99}, "smtp.tcp", -1},
	{"one STARTTLS", {.flows = 5, .starttls = 1}, "smtp.tls", -0.7},
	{"STARTTLS, floor", {.flows = 50, .starttls = 50}, "smtp.tls", -1},
};

/* A judge with these thresholds instead. */
static void reopen(struct world *w, double suspect_score, double confirm_score, double min_flows)
{
	gp_judge_close(w->judge);
	w->limits.watch_score = suspect_score;
	w->limits.suspect_score = suspect_score;
	w->limits.confirm_score = confirm_score;
	w->limits.spam_min_flows = min_flows;
	assert_int_equal(gp_judge_open(&w->judge, w->known, &w->limits, false), 0);
	world_tick(w, START);
	world_claim(w, INSIDE, GP_ROLE_SUBSCRIBER);
}

/* With thresholds so low that everybody is suspected, as long as it has a fan-out or refusals. */
static void test_weights(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(weights); row++) {
		const struct gp_finding *f;
		struct mail mail = weights[row].mail;
		double expected = weights[row].weight, got;
		struct world w;

		world_open(&w, false);
		reopen(&w, -100, 1000, 1);
		if (strcmp(weights[row].rule, "smtp.refused") && !mail.mx)
			mail.rcpt = 1;
		else if (expected < 1)
			mail.mx = mail.mx ? mail.mx : 50;
		set_mail(world_host(&w, INSIDE), &mail);
		if (!strcmp(weights[row].rule, "smtp.fanout"))
			set_refused(&world_host(&w, INSIDE)->smtp[0], GP_STAGE_RCPT, 1);
		world_tick(&w, START + 600 * SECOND);
		f = world_opinion(&w, INSIDE, GP_KIND_SPAM_BOT);
		got = weight_of(f, weights[row].rule);
		if (!strcmp(weights[row].rule, "smtp.tcp"))
			expected = fmax(-1, fmin(4, expected));
		if (!f || fabs(got - expected) > 1e-9)
			fail_msg("%s: %.3f instead of %.3f", weights[row].name, got, expected);
		world_close(&w);
	}
}

/* --- 1, 10: verdicts ---------------------------------------------------------------------------------------------- */

#define BOT {.flows = 300, .mx = 150, .accepted = 60, .rcpt = 200, .no_quit = 280}

static const struct {
	const char *name;
	bool inside;
	enum gp_role role;
	struct mail mail;
	enum gp_verdict after_one, after_two;
} verdicts[] = {
	{"bot", true, GP_ROLE_SUBSCRIBER, BOT, GP_VERDICT_SUSPECTED, GP_VERDICT_CONFIRMED},
	{"declared relay", true, GP_ROLE_RELAY, BOT, GP_VERDICT_NONE, GP_VERDICT_NONE},
	{"infrastructure", true, GP_ROLE_INFRASTRUCTURE, BOT, GP_VERDICT_NONE, GP_VERDICT_NONE},
	{"a mail server outside", false, GP_ROLE_OUTSIDE, BOT, GP_VERDICT_NONE, GP_VERDICT_NONE},
	{"extortion run: 4 networks, 125 of 199 refused, no QUIT", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 113, .mx = 4, .accepted = 74, .connect = 35, .body = 49, .no_quit = 69}, GP_VERDICT_SUSPECTED,
	 GP_VERDICT_SUSPECTED},
	{"one relay refuses a device all day", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 60, .mx = 1, .rcpt = 60, .no_quit = 60}, GP_VERDICT_NONE, GP_VERDICT_NONE},
	{"a relay and its substitute do", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 60, .mx = 2, .rcpt = 60, .no_quit = 60, .early = 60}, GP_VERDICT_NONE, GP_VERDICT_NONE},
	{"three do", true, GP_ROLE_SUBSCRIBER, {.flows = 60, .mx = 3, .rcpt = 60, .no_quit = 60},
	 GP_VERDICT_SUSPECTED, GP_VERDICT_SUSPECTED},
	{"eleven do", true, GP_ROLE_SUBSCRIBER, {.flows = 60, .mx = 12, .rcpt = 60, .no_quit = 60},
	 GP_VERDICT_SUSPECTED, GP_VERDICT_CONFIRMED},
	{"bot that speaks TLS, says QUIT and sends slowly", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 60, .mx = 45, .accepted = 40, .rcpt = 30, .quit = 60, .starttls = 60}, GP_VERDICT_SUSPECTED,
	 GP_VERDICT_SUSPECTED},
	{"31 mails to one relay on port 25, all accepted", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 31, .mx = 1, .accepted = 31, .quit = 31}, GP_VERDICT_NONE, GP_VERDICT_NONE},
	{"one mail, refused", true, GP_ROLE_SUBSCRIBER, {.flows = 1, .mx = 1, .rcpt = 1}, GP_VERDICT_NONE,
	 GP_VERDICT_NONE},
	{"four flows are too few", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 4, .mx = 4, .rcpt = 40, .no_quit = 40, .early = 4}, GP_VERDICT_NONE, GP_VERDICT_NONE},
	{"five are not", true, GP_ROLE_SUBSCRIBER, {.flows = 5, .mx = 4, .rcpt = 40, .no_quit = 40, .early = 4},
	 GP_VERDICT_SUSPECTED, GP_VERDICT_SUSPECTED},
	{"home mail server, greylisted", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 20, .mx = 8, .accepted = 20, .rcpt = 12, .quit = 20, .starttls = 20}, GP_VERDICT_NONE,
	 GP_VERDICT_NONE},
	{"home newsletter, 5 % bounce", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 800, .mx = 250, .accepted = 760, .rcpt = 40, .quit = 800, .starttls = 700}, GP_VERDICT_NONE,
	 GP_VERDICT_NONE},
	{"undeclared mail server: TLS, 3 % refused at the greeting", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 600, .mx = 400, .connect = 18, .quit = 18, .starttls = 582, .went_to_tls = 582}, GP_VERDICT_NONE,
	 GP_VERDICT_NONE},
	{"bot with TLS where it can: 30 % refused at the greeting", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 600, .mx = 400, .connect = 180, .quit = 180, .starttls = 420, .went_to_tls = 420},
	 GP_VERDICT_SUSPECTED, GP_VERDICT_CONFIRMED},
	{"lost dialogues alone are no reason", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 20, .mx = 2, .no_quit = 20, .attempts = 60, .answered = 20}, GP_VERDICT_NONE, GP_VERDICT_NONE},
	{"pool prober: 21 hosts on 25, no dialogue", true, GP_ROLE_SUBSCRIBER,
	 {.flows = 21, .mx = 18, .attempts = 53, .answered = 21}, GP_VERDICT_NONE, GP_VERDICT_NONE},
};

static void scale(struct mail *m, __u32 by)
{
	__u32 *counts[] = {&m->flows, &m->attempts, &m->answered, &m->accepted, &m->connect, &m->mail,
			   &m->rcpt, &m->body, &m->quit, &m->no_quit, &m->early, &m->starttls, &m->went_to_tls};

	for (size_t i = 0; i < ROWS(counts); i++)
		*counts[i] *= by;
}

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(verdicts); row++) {
		__u32 id = verdicts[row].inside ? INSIDE : OUTSIDE;
		struct mail mail = verdicts[row].mail;
		enum gp_verdict one, two;
		struct world w;

		world_open(&w, false);
		world_claim(&w, id, verdicts[row].role);
		set_mail(world_host(&w, id), &mail);
		world_tick(&w, START + 599 * SECOND);
		assert_int_equal(world_verdict(&w, id, GP_KIND_SPAM_BOT), GP_VERDICT_NONE);
		world_tick(&w, START + 600 * SECOND);
		one = world_verdict(&w, id, GP_KIND_SPAM_BOT);
		if (mail.flows > 4)
			scale(&mail, 2);
		set_mail(world_host(&w, id), &mail);
		world_tick(&w, START + 1200 * SECOND);
		two = world_verdict(&w, id, GP_KIND_SPAM_BOT);
		if (one != verdicts[row].after_one || two != verdicts[row].after_two)
			fail_msg("%s: %d, then %d", verdicts[row].name, (int)one, (int)two);
		if (two)
			assert_memory_equal(&world_finding(&w, id, GP_KIND_SPAM_BOT)->sample,
					    &world_host(&w, id)->samples[GP_SAMPLE_SMTP], sizeof(struct gp_sample));
		world_close(&w);
	}
}

/* 17. What ticks all the time sees a host grow quiet; so does a capture in which nothing comes for weeks. */
static void test_standing_over_silence(void **state)
{
	static const struct {
		unsigned int days;
		enum gp_verdict verdict;
		enum gp_state stands;
		__u32 episodes; /* once it has begun again */
	} rows[] = {
		{1, GP_VERDICT_CONFIRMED, GP_STATE_CONFIRMED, 1},
		{10, GP_VERDICT_CONFIRMED, GP_STATE_QUIET, 2},
		{30, GP_VERDICT_NONE, GP_STATE_CLEAN, 2},
		{170, GP_VERDICT_NONE, GP_STATE_CLEAN, 2},
		{200, GP_VERDICT_NONE, GP_STATE_CLEAN, 1},
		{36500, GP_VERDICT_NONE, GP_STATE_CLEAN, 1},
	};

	(void)state;
	for (size_t row = 0; row < ROWS(rows); row++) {
		struct mail mail = BOT;
		const struct gp_finding *f;
		struct world w;

		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		for (__u32 i = 0; i < 2; i++) {
			set_mail(world_host(&w, INSIDE), &mail);
			world_tick(&w, w.now_ns + 600 * SECOND);
			scale(&mail, 2);
		}
		world_tick(&w, w.now_ns + rows[row].days * 86400ull * SECOND);
		f = world_finding(&w, INSIDE, GP_KIND_SPAM_BOT);
		if ((f ? f->verdict : GP_VERDICT_NONE) != rows[row].verdict || (f && f->standing.state != rows[row].stands))
			fail_msg("after %u days: %d, %d", rows[row].days, f ? (int)f->verdict : -1,
				 f ? (int)f->standing.state : -1);
		for (__u32 i = 0; i < 2; i++) {
			set_mail(world_host(&w, INSIDE), &mail);
			world_tick(&w, w.now_ns + 600 * SECOND);
			scale(&mail, 2);
		}
		f = world_finding(&w, INSIDE, GP_KIND_SPAM_BOT);
		assert_non_null(f);
		assert_int_equal(f->standing.state, GP_STATE_CONFIRMED);
		if (f->standing.episodes != rows[row].episodes)
			fail_msg("after %u days: %u episodes", rows[row].days, f->standing.episodes);
		world_close(&w);
	}
}

/* Sentences say what was seen, and nothing of what was not. */
static void test_dialect_text(void **state)
{
	static const struct {
		struct mail mail;
		const char *text; /* NULL: no such reason */
	} rows[] = {
		{{.no_quit = 216}, "It left 216 mail dialogues without QUIT"},
		{{.no_quit = 1, .early = 1}, "It left 1 mail dialogue without QUIT, and spoke before the greeting in 1"},
		{{.no_quit = 20, .quit = 3}, "It left 20 mail dialogues without QUIT and 3 with it"},
		{{.no_quit = 2, .early = 4}, "It left 2 mail dialogues without QUIT, and spoke before the greeting in 4"},
		{{.no_quit = 2, .quit = 10, .early = 4},
		 "It left 2 mail dialogues without QUIT and 10 with it, and spoke before the greeting in 4"},
		{{.no_quit = 2, .quit = 10}, NULL}, /* weighs 0.0 */
	};

	(void)state;
	for (size_t row = 0; row < ROWS(rows); row++) {
		struct mail mail = rows[row].mail;
		const struct gp_evidence *e;
		struct world w;

		mail.flows = mail.mx = 300;
		mail.rcpt = 300;
		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		set_mail(world_host(&w, INSIDE), &mail);
		world_tick(&w, START + 600 * SECOND);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SPAM_BOT), GP_VERDICT_SUSPECTED);
		e = world_evidence(world_finding(&w, INSIDE, GP_KIND_SPAM_BOT), "smtp.dialect");
		assert_int_equal(!e, !rows[row].text);
		if (e)
			assert_string_equal(e->text, rows[row].text);
		world_close(&w);
	}
}

/* A high score from one thing said twice is not enough: three families must speak, and fan-out among them. */
static void test_families(void **state)
{
	static const struct {
		struct mail mail;
		enum gp_verdict verdict;
	} rows[] = {
		{{.flows = 99, .rcpt = 99}, GP_VERDICT_NONE}, /* placement, refusals */
		{{.flows = 99, .rcpt = 99, .no_quit = 99}, GP_VERDICT_SUSPECTED},
		{{.flows = 99, .rcpt = 99, .no_quit = 99, .mx = 12}, GP_VERDICT_CONFIRMED},
		{{.flows = 99, .rcpt = 99, .mx = 12}, GP_VERDICT_CONFIRMED},
	};

	(void)state;
	for (size_t row = 0; row < ROWS(rows); row++) {
		struct mail mail = rows[row].mail;
		struct world w;

		world_open(&w, false);
		reopen(&w, 9.2, 9.4, 5);
		for (__u64 window = 1; window <= 3; window++) {
			set_mail(world_host(&w, INSIDE), &mail);
			world_tick(&w, START + window * 600 * SECOND);
			scale(&mail, 2);
		}
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SPAM_BOT), rows[row].verdict);
		world_close(&w);
	}
}

/* Submission is between a subscriber and its provider. */
/* Who sweeps port 25 meets many mail servers and says nothing to them. */
static void test_no_mail(void **state)
{
	struct mail mail = {.flows = 400, .mx = 300, .attempts = 9000, .answered = 400, .no_quit = 400};
	struct world w;

	(void)state;
	for (__u32 mails = 0; mails < 2; mails++) {
		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		set_mail(world_host(&w, INSIDE), &mail);
		world_host(&w, INSIDE)->smtp[0].commands[GP_SMTP_MAIL] = mails;
		world_tick(&w, START + 600 * SECOND);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SPAM_BOT),
				 mails ? GP_VERDICT_SUSPECTED : GP_VERDICT_NONE);
		world_close(&w);
	}
}

/* What a subscriber hands in at a submission port is judged by what is answered there; never confirmed by that alone. */
static const struct {
	const char *name;
	struct mail each; /* per window */
	unsigned int windows;
	enum gp_verdict verdict;
} handed_in[] = {
	{"much mail, all of it accepted", {.flows = 300, .accepted = 900, .no_quit = 300}, 6, GP_VERDICT_NONE},
	{"stolen account: the provider refuses most", {.flows = 60, .accepted = 60, .body = 40}, 3, GP_VERDICT_SUSPECTED},
	{"half of the recipients do not exist, and a mail is refused now and then",
	 {.flows = 30, .accepted = 30, .rcpt = 30, .body = 1}, 3, GP_VERDICT_SUSPECTED},
	{"an old list: half of the recipients do not exist", {.flows = 30, .accepted = 30, .rcpt = 30}, 3, GP_VERDICT_NONE},
	{"a club's letter meets the provider's hourly limit", {.flows = 230, .accepted = 100, .rcpt = 130}, 1, GP_VERDICT_NONE},
	{"a mail that sticks in the outbox for a day", {.flows = 2, .accepted = 2, .body = 2}, 144, GP_VERDICT_NONE},
	{"a mailing list, 5 % of it refused", {.flows = 5, .accepted = 95, .rcpt = 5}, 12, GP_VERDICT_NONE},
	{"a typing error or two, each hour", {.flows = 1, .accepted = 1, .rcpt = 2}, 24, GP_VERDICT_NONE},
};

static void test_submission(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(handed_in); row++) {
		const struct mail *each = &handed_in[row].each;
		struct gp_host *host;
		struct world w;

		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		host = world_host(&w, INSIDE);
		for (__u32 i = 1; i <= handed_in[row].windows; i++) {
			host->services[GP_SERVICE_SUBMISSION].confirmed = i * each->flows;
			host->smtp[1].replies[GP_STAGE_RCPT][GP_REPLY_2XX] = i * each->accepted;
			host->smtp[1].ended_without_quit = i * each->no_quit;
			set_refused(&host->smtp[1], GP_STAGE_RCPT, i * each->rcpt);
			set_refused(&host->smtp[1], GP_STAGE_BODY, i * each->body);
			world_tick(&w, START + i * 600 * SECOND);
		}
		if (world_verdict(&w, INSIDE, GP_KIND_SPAM_BOT) != handed_in[row].verdict)
			fail_msg("%s: %d", handed_in[row].name, (int)world_verdict(&w, INSIDE, GP_KIND_SPAM_BOT));
		world_close(&w);
	}
}

/* --- 9: fading, and windows --------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	double hours; /* between two windows of 4 refusals each, weight 6 */
	double weight;
	enum gp_verdict verdict;
} fades[] = {
	{"the next window", 600 / 3600.0, 8, GP_VERDICT_CONFIRMED},
	{"a half-life later: 3 of the 6 are left", 24, 3 + 3, GP_VERDICT_CONFIRMED},
	{"two half-lives", 48, 1.5 + 3, GP_VERDICT_CONFIRMED},
	{"a year: another episode, and its first window", 8760, 3, GP_VERDICT_SUSPECTED},
};

static void test_half_life(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(fades); row++) {
		struct mail mail = {.flows = 20, .mx = 20, .rcpt = 4, .no_quit = 20};
		__u64 later = START + 600 * SECOND + (__u64)(fades[row].hours * 3600e9);
		const struct gp_finding *f;
		struct world w;

		world_open(&w, false);
		reopen(&w, 1, 6, 5); /* the second window confirms, and is shown even where it weighs less */
		set_mail(world_host(&w, INSIDE), &mail);
		world_tick(&w, START + 600 * SECOND);
		assert_true(fabs(weight_of(world_finding(&w, INSIDE, GP_KIND_SPAM_BOT), "smtp.refused") - 6) < 1e-9);
		world_tick(&w, later - 1);
		mail.rcpt = fades[row].hours < 1 ? 8 : 6;
		mail.no_quit = 40;
		set_mail(world_host(&w, INSIDE), &mail);
		world_tick(&w, later);
		f = world_finding(&w, INSIDE, GP_KIND_SPAM_BOT);
		if (fabs(weight_of(f, "smtp.refused") - fades[row].weight) > 1e-3)
			fail_msg("%s: %.4f", fades[row].name, weight_of(f, "smtp.refused"));
		assert_int_equal(f->verdict, fades[row].verdict);
		world_close(&w);
	}
}

/* Two windows with something in them; empty ones in between neither help nor harm. */
static void test_windows(void **state)
{
	struct mail mail = BOT;
	struct world w;

	(void)state;
	world_open(&w, false);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	set_mail(world_host(&w, INSIDE), &mail);
	for (int i = 1; i < 9; i++) {
		assert_int_equal(gp_judge_finish(w.judge, START + (__u64)i * 60 * SECOND), 0);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SPAM_BOT), GP_VERDICT_SUSPECTED);
	}
	world_tick(&w, START + 6000 * SECOND);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SPAM_BOT), GP_VERDICT_SUSPECTED);
	assert_int_equal(gp_judge_finish(w.judge, START + 6001 * SECOND), 0);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SPAM_BOT), GP_VERDICT_SUSPECTED);
	scale(&mail, 2);
	set_mail(world_host(&w, INSIDE), &mail);
	assert_int_equal(gp_judge_finish(w.judge, START + 6060 * SECOND), 0);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SPAM_BOT), GP_VERDICT_CONFIRMED);
	world_tick(&w, START + 6061 * SECOND);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SPAM_BOT), GP_VERDICT_SUSPECTED);
	world_tick(&w, START + 9000 * SECOND);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SPAM_BOT), GP_VERDICT_CONFIRMED);
	world_close(&w);
}

/* At the end of input, attempts of a host seen just now are not called unanswered; answers count at once. */
static void test_open_attempts(void **state)
{
	struct mail mail = {.flows = 5, .attempts = 9, .answered = 5, .rcpt = 9, .no_quit = 9};
	struct world w;

	(void)state;
	world_open(&w, false);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	set_mail(world_host(&w, INSIDE), &mail);
	world_host(&w, INSIDE)->last_seen_ns = START + 30 * SECOND;
	assert_int_equal(gp_judge_finish(w.judge, START + 32 * SECOND), 0);
	assert_true(weight_of(world_finding(&w, INSIDE, GP_KIND_SPAM_BOT), "smtp.tcp") == -1);
	assert_int_equal(gp_judge_finish(w.judge, START + 33 * SECOND), 0);
	assert_true(weight_of(world_finding(&w, INSIDE, GP_KIND_SPAM_BOT), "smtp.tcp") > 2);
	world_close(&w);
}

/* Answers are not seen where only subscribers' packets are: that is no failure. */
static void test_one_direction(void **state)
{
	const struct mail mail = {.flows = 5, .attempts = 90, .answered = 5, .mx = 20, .rcpt = 9, .no_quit = 9};

	(void)state;
	for (int seen_both = 0; seen_both < 2; seen_both++) {
		struct world w;

		world_open(&w, false);
		if (!seen_both)
			gp_judge_one_direction(w.judge);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		set_mail(world_host(&w, INSIDE), &mail);
		world_tick(&w, START + 600 * SECOND);
		assert_true(weight_of(world_finding(&w, INSIDE, GP_KIND_SPAM_BOT), "smtp.tcp") == (seen_both ? 4 : -1));
		world_close(&w);
	}
}

/* A bot may scan as well: two findings, the spam bot first. */
static void test_both_kinds(void **state)
{
	const struct mail mail = BOT;
	const struct gp_finding *all;
	struct world w;

	(void)state;
	world_open(&w, false);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	set_mail(world_host(&w, INSIDE), &mail);
	world_distinct(&world_host(&w, INSIDE)->contacts, 60);
	world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 60, 10);
	world_settle(&w);
	assert_int_equal(gp_judge_finish(w.judge, w.now_ns), 0);
	assert_int_equal(gp_judge_findings(w.judge, &all), 2);
	assert_int_equal(all[0].kind, GP_KIND_SPAM_BOT);
	assert_int_equal(all[1].kind, GP_KIND_SCANNER);
	world_finding(&w, INSIDE, GP_KIND_SCANNER);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weights),	      cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_standing_over_silence),
		cmocka_unit_test(test_dialect_text),
		cmocka_unit_test(test_families),      cmocka_unit_test(test_submission),
		cmocka_unit_test(test_no_mail),
		cmocka_unit_test(test_half_life),
		cmocka_unit_test(test_windows),	      cmocka_unit_test(test_open_attempts),
		cmocka_unit_test(test_one_direction), cmocka_unit_test(test_both_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
