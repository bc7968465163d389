/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the judge share. The numbers in the comments are the steps of the ladder in docs/detection.md. */
#ifndef GATEPOST_JUDGE_PRIVATE_H
#define GATEPOST_JUDGE_PRIVATE_H

#include "host_facts.h"
#include "judge.h"
#include "web_facts.h"

/* 3. Flows with a proved handshake that make a source its own (docs/detection.md, 3). */
#define GP_PROOF_FLOWS 3u

/* 5. One walk per port class, and one over both classes of ports that servers listen on. */
enum gp_walk_kind {
	GP_WALK_HIGH = GP_SCAN_HIGH,
	GP_WALK_SERVICE = GP_SCAN_SERVICE,
	GP_WALK_WATCHED = GP_SCAN_WATCHED,
	GP_WALK_ENDPOINT = GP_SCAN_ENDPOINT,
	GP_WALK_LISTENING, /* GP_SCAN_SERVICE and GP_SCAN_WATCHED together */
	GP_WALKS,
};

/* A reflected walk: what was counted since it last stood at zero. Its height: gp_walk_height(). */
struct gp_walk {
	__s64 failed, answered;
	__s64 half_open; /* of the answered, reset by their own source */
	__s64 contacts;	 /* addresses tried meanwhile, whatever the port: first contacts of all classes */
	double addresses, ports; /* that the host knew before */
};

/* 6. What a host's sketches said at a tick. */
struct gp_snapshot {
	__u64 slice; /* all that it holds came before this one */
	double addresses, ports;
};

/* Slices close up to GP_LIVE_SLICES + 1 after they began, and each may have left a newer snapshot. */
#define GP_SNAPSHOTS (GP_LIVE_SLICES + 3)

struct gp_alarm {
	bool raised;
	bool open; /* 7. raised by attempts that are still open: suspected only, never kept */
	enum gp_walk_kind walk;
	struct gp_walk at; /* the highest that the walk stood while the alarm held */
	__s64 in_flight;   /* open attempts, for an open alarm */
	double addresses, ports;
	__u64 time_ns;
};

struct gp_scan_state {
	struct gp_scan_count seen; /* shadow of the host's counters */
	__u32 half_open_seen;
	__u32 half_open_contacts;  /* not yet paired with an answered first contact */
	__u32 half_open_endpoints; /* likewise, with an answered endpoint */
	struct gp_walk walks[GP_WALKS];
	double told; /* addresses that were counted for walks already */
	struct gp_snapshot snapshots[GP_SNAPSHOTS]; /* a ring; newest is the last one written */
	unsigned int newest;
	__u32 snapped; /* attempts that the host had made at the newest, over all classes */
	struct gp_alarm alarm; /* the strongest so far */
	__u64 windows;	       /* in which an alarm held and something failed; since one in which none held */
	bool grown;	       /* a first contact failed in the open window */
	__u64 held_ns;	       /* when an alarm was last raised, or held while something failed */
	struct gp_standing standing;
};

/* 9. What the families are made of: the host's own counters, */
struct gp_spam_count {
	__u32 flows;	/* proved, to port 25 */
	__u32 attempts, unanswered, answered;
	__u32 recipients; /* accepted */
	__u32 refused;	/* 5xx at the greeting, sender, recipient or message */
	__u32 deferred; /* 4xx there */
	__u32 quit, no_quit, early;
	__u32 starttls;
	__u32 went_to_tls; /* STARTTLS accepted: what follows is hidden */
	__u32 mails;	   /* begun: MAIL in the clear */
	__u32 texts;	   /* DATA or BDAT in the clear */
	__u32 handed_flows; /* proved, to submission ports; what servers answered there: */
	__u32 handed_accepted, handed_refused, handed_spam;
};

/* and what was heard of it: samples, which may be forgotten in between. */
struct gp_spam_heard {
	__u64 generation; /* of the facts */
	__u32 helo_bad, helo_good, odd;
	__u32 tls_unused;
	__u32 hidden_refused, hidden_accepted;
	__u32 callout_refused, callout_accepted;
	__u32 policy_refused;
	__u32 listed_by;
	__u32 gave_up, came_back;
	__u32 spf_fail, spf_pass;
};

/* Levels: what is so now, however often it was seen. */
struct gp_spam_level {
	double mx;     /* mail networks in a day */
	double usual;  /* the same on a usual day; 0: not known */
	__u32 names;   /* greeting names in a day */
	__u32 served_to; /* networks that it takes mail from */
	double known_bad; /* what it weighs that it speaks with prefixes of the operator's lists */
	__u32 known_bad_prefixes;
	bool business;
	signed char stack; /* 1: a client's machine, -1: a server's */
};

struct gp_spam_news {
	struct gp_spam_count count;
	struct gp_spam_heard heard;
	struct gp_spam_level level;
};

struct gp_spam_state {
	struct gp_spam_news seen; /* shadow: what has been weighed */
	double weight[GP_FAMILIES];
	double refused, outcomes; /* faded like the weights: 9.3's share */
	__u64 weighed_ns;
	double usual_mx; /* of a day, over 14 days */
	__u64 day;	 /* that usual_mx knows */
	double day_mx;	 /* the most of that day */
	__u64 windows; /* in a row with something new, strong enough to confirm */
	struct gp_standing standing;
	double shown[GP_FAMILIES]; /* when they spoke loudest, in this episode, and what they were made of */
	struct gp_spam_news shown_news;
};

/* Everything the judge remembers of one host. */
struct gp_record {
	struct gp_scan_state scan;
	struct gp_spam_state spam;
	struct gp_login_state login;
	struct gp_http_bot_state http_bot;
	struct gp_flood_state flood;
};

struct gp_subject {
	__u32 id;
	__u64 outage; /* that it was counted for: its first slice + 1 */
	__u8 class; /* of the limits that judge it: gp_classes_find() */
	struct gp_record kept;
};

/* A host under judgement and what is known about its address. */
struct gp_case {
	const struct gp_host *host;
	const struct gp_facts *facts;	 /* how it speaks; NULL: nothing was heard */
	const struct gp_web_client *web; /* what it fetches; NULL: nothing is known */
	const struct gp_limits *limits;
	bool inside;
	bool verified; /* 3. */
	bool trusted;  /* inside, where no inside address can be forged */
	bool one_direction; /* answers are not seen */
	__u32 outages;	    /* 4. by ring, slices whose failures are the network's own; for inside hosts */
	bool known_good;    /* the operator's lists say so: no verdict */
	__u32 known_bad_prefixes, known_bad_flows; /* listed ones that it speaks with */
};

static inline __s64 gp_walk_height(const struct gp_walk *walk)
{
	return walk->failed - walk->answered + 2 * walk->half_open;
}

/* How much of the evidence of then is left. */
double gp_fade(const struct gp_limits *limits, __u64 then_ns, __u64 now_ns);

/* The sum of what all families of evidence weigh. */
double gp_weights_total(const double *weights, int families);

/* What the standing of every kind goes by. */
struct gp_standing_limits gp_standing_limits(const struct gp_limits *limits);

/* The verdict that a standing comes to; a quiet host keeps that of its last episode. */
enum gp_verdict gp_standing_verdict(const struct gp_standing *standing);

/* "s" behind what a number, as it is printed, counts. */
static inline const char *gp_plural(double count)
{
	return count >= 0.5 && count < 1.5 ? "" : "s";
}

static inline __u64 gp_seconds_ns(double seconds)
{
	return (__u64)(seconds * 1e9);
}

/* First contacts and endpoints tried in a slice that is not closed yet, and the answers to them. */
struct gp_scan_news {
	__u32 attempts, answers;
};

struct gp_scan_news gp_scan_news(const struct gp_scan_state *scan, const struct gp_host *host, unsigned int ring);

/**
 * gp_scan_close_slice() - take one dead slice of a host into its walks (4, 5) and keep the alarm (6).
 */
void gp_scan_close_slice(struct gp_scan_state *scan, const struct gp_case *c, __u64 number, __u64 now_ns);

/**
 * gp_scan_snapshot() - keep what the host's sketches say, if it has made attempts since the last time (6).
 * @slice: the first one of which they hold nothing.
 *
 * Return: how many.
 */
__u32 gp_scan_snapshot(struct gp_scan_state *scan, const struct gp_case *c, __u64 slice);

/**
 * gp_scan_close_open() - the end of input (7): slices @first to @last are taken in as far as they are certain.
 * @scan: a copy; the slices stay open in the original.
 */
void gp_scan_close_open(struct gp_scan_state *scan, const struct gp_case *c, __u64 first, __u64 last, __u64 now_ns);

/* 1, 2, 8. How far a verdict about this host may go. */
enum gp_verdict gp_scan_highest(const struct gp_case *c);

/* Nats, the cap applied. */
double gp_alarm_score(const struct gp_alarm *alarm);

/**
 * gp_scan_weigh() - the end of a window (8). One in which nothing failed neither helps nor harms.
 */
void gp_scan_weigh(struct gp_scan_state *scan, const struct gp_case *c, __u64 now_ns);

/* The condition that keeps a high score from being an alarm. */
const char *gp_scan_unmet(const struct gp_scan_state *scan, const struct gp_case *c);

/* What speaks for and against now, verdict or not. */
void gp_scan_opinion(struct gp_finding *out, const struct gp_scan_state *scan, const struct gp_case *c);

/**
 * gp_scan_finding() - the verdict, with its reasons.
 *
 * Return: false without one.
 */
bool gp_scan_finding(struct gp_finding *out, const struct gp_scan_state *scan, const struct gp_case *c);

/**
 * gp_spam_weigh() - the end of a window (9, 10). A window with nothing new is passed over.
 * @open: the window has not ended: attempts of a host seen within 3 s are not called unanswered yet.
 */
void gp_spam_weigh(struct gp_spam_state *spam, const struct gp_case *c, __u64 now_ns, bool open);

/* The condition that keeps a high score from being a suspicion; NULL: none does. */
const char *gp_spam_unmet(const struct gp_spam_state *spam, const struct gp_limits *limits);

/* What speaks for and against now, verdict or not. */
void gp_spam_opinion(struct gp_finding *out, const struct gp_spam_state *spam, const struct gp_case *c);

/* The verdict, with its reasons; false without one. */
bool gp_spam_finding(struct gp_finding *out, const struct gp_spam_state *spam, const struct gp_case *c);

/**
 * gp_evidence_add() - append one item.
 * @rule: static.
 * @format: one sentence of fixed words and numbers; cut at the item's size.
 *
 * Return: the item, to be given its observed numbers by gp_evidence_observe(); NULL when the finding is full, or the
 * weight would be written as 0.0: no reason.
 */
struct gp_evidence *gp_evidence_add(struct gp_finding *finding, const char *rule, double weight, const char *format,
				    ...) __attribute__((format(printf, 4, 5)));
void gp_evidence_observe(struct gp_evidence *evidence, const char *name, double value);

/* Lists: what they say of the case's host. */
void gp_known_hear(struct gp_case *c, const struct gp_heard *heard);

/* Nats, 0 and more, capped: an inside host that speaks with prefixes known to be bad. Never a verdict by itself. */
double gp_known_bad_weight(const struct gp_case *c);

/* The same as an item, "lists.known_bad"; none where it weighs nothing. */
void gp_known_bad_evidence(struct gp_finding *out, const struct gp_case *c);

struct gp_suppressions {
	struct gp_suppressed *list;
	int count;
	struct gp_range_finding *ranges; /* those that are left */
};

/* Return: 1 for a host that gets no verdict, which is noted; 0 for any other; or -ENOMEM. */
int gp_known_good_host(struct gp_suppressions *suppressions, const struct gp_heard *heard, const struct gp_case *c,
		       const struct gp_finding *finding);

/* Takes those on a known-good list from @count ranges. Return: how many are left, in *ranges; or -ENOMEM. */
int gp_known_good_ranges(struct gp_suppressions *suppressions, const struct gp_heard *heard,
			 const struct gp_range_finding **ranges, int count);

void gp_suppressions_clear(struct gp_suppressions *suppressions);

/* 11. Score and confidence from the items. */
void gp_finding_close(struct gp_finding *finding, const struct gp_limits *limits);

/* 12. What the judge remembers of prefixes outside. */
struct gp_ranges;

/* Return: 0, or -ENOMEM. @world: borrowed until close. */
int gp_ranges_open(struct gp_ranges **out, const struct gp_world *world, const struct gp_limits *limits);
void gp_ranges_close(struct gp_ranges *ranges);

/* The end of a window: verdicts are kept, and after six windows a new hour begins. Return: 0, or -ENOMEM. */
int gp_ranges_weigh(struct gp_ranges *ranges, __u64 now_ns);

/**
 * gp_ranges_findings() - verdicts that were kept, and those of the open hour.
 * @out: borrowed until the next call.
 *
 * Return: how many, or -ENOMEM.
 */
int gp_ranges_findings(struct gp_ranges *ranges, const struct gp_range_finding **out);

#endif
