/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns counters into verdicts. Pure: reads the counters and the time it is given, nothing else. The ladder and
 * every parameter are explained, with their sources, in docs/detection.md.
 */
#ifndef GATEPOST_JUDGE_H
#define GATEPOST_JUDGE_H

#include <stdbool.h>

#include "cidr.h"
#include "judge_flood.h"
#include "judge_login.h"
#include "judge_routing.h"
#include "judge_spam.h"
#include "lists.h"
#include "network_limits.h"
#include "judge_web.h"
#include "fleet_limits.h"
#include "standing.h"
#include "world.h"

/* Every threshold, with its default in gp_limits_default and its key in the configuration (thresholds: ...). */
struct gp_limits {
	double window_s;	/* a host is weighed at the end of each window */
	double half_life_s;	/* after which evidence weighs half */
	double prior;		/* share of infected hosts before any evidence */
	double watch_score;	/* nats */
	double suspect_score;	/* nats */
	double confirm_score;	/* nats; in two windows in a row, three families at +1 or more */
	double quiet_s;		/* below watch_score for so long: quiet */
	double clean_s;		/* quiet for so long: clean */
	double reinfect_s;	/* confirmed again within so long: infected again */
	double spam_min_flows;	/* proved flows to port 25 below which nobody is a spam bot */
	double spam_min_mx;	/* fan-out, in mail networks (/24, /48) per day: the first step */
	double spam_refused_share; /* of what mail servers said, below which refusals do not count */
	double scan_watched_steps; /* net failed first contacts that raise the alarm, by port class */
	double scan_service_steps;
	double scan_high_steps;
	double scan_high_contacts;  /* distinct addresses before the high-port walk counts: peer-to-peer fails a lot */
	double scan_endpoint_steps;
	double scan_endpoint_ports; /* distinct ports before the endpoint walk counts */
	double scan_endpoint_ratio; /* distinct ports per distinct address, at least */
	struct gp_login_limits login;
	struct gp_http_bot_limits http_bot;
	struct gp_flood_limits flood;
	struct gp_spam_limits spam;
	struct gp_list_limits lists;
	struct gp_network_limits networks;
	struct gp_fleet_limits fleet;
};

extern const struct gp_limits gp_limits_default;

enum gp_verdict {
	GP_VERDICT_NONE,
	GP_VERDICT_SUSPECTED,
	GP_VERDICT_CONFIRMED,
};

enum gp_kind {
	GP_KIND_SPAM_BOT,
	GP_KIND_SCANNER,
	GP_KIND_BRUTE_FORCER, /* guesses passwords */
	GP_KIND_HTTP_BOT,     /* looks for holes in web servers */
	GP_KIND_DDOS_SOURCE,  /* floods one address with SYNs */
	GP_KINDS,
};

#define GP_SENTENCE 320

#define GP_OBSERVED_MAX 6
#define GP_EVIDENCE_MAX 16

struct gp_observed {
	const char *name; /* static, [a-z_]+ */
	double value;
};

/* One reason for (weight > 0) or against (weight < 0) a verdict. */
struct gp_evidence {
	const char *rule; /* static, "smtp.fanout"; docs/detection.md lists them */
	double weight;	  /* nats */
	struct gp_observed observed[GP_OBSERVED_MAX];
	int observed_count;
	char text[256]; /* one sentence; numbers and fixed words only, nothing that came from a packet */
};

struct gp_finding {
	__u32 id; /* of the host: gp_world_host() */
	enum gp_verdict verdict;
	enum gp_kind kind;
	double score;	   /* nats, the prior left out */
	double confidence; /* 1 / (1 + exp(-(ln(prior / (1 - prior)) + score))) */
	bool source_verified;
	struct gp_sample sample; /* shows the behaviour; all zero when none was taken */
	struct gp_standing standing;
	const char *left_out; /* of an opinion: why the report has no verdict though much speaks for one; else NULL */
	char sentence[GP_SENTENCE]; /* for the subscriber's ears; fixed words and numbers only */
	struct gp_evidence evidence[GP_EVIDENCE_MAX];
	int evidence_count;
};

enum gp_range_kind {
	GP_RANGE_SCANNER,      /* "scanner_range" */
	GP_RANGE_LINK_SCANNER, /* from here on automation, never an infection: follows links of mails delivered here */
	GP_RANGE_IMAGE_PROXY,  /* fetches the pictures of mails for their readers */
	GP_RANGE_MAIL_PROXY,   /* logs in to many mailboxes for their owners */
	GP_RANGE_CRAWLER,
	GP_RANGE_ROBOT,	       /* one machine with many addresses, and nothing tells what for: "robot_range" */
	GP_RANGE_SNOWSHOE,     /* spreads bulk mail over many addresses */
	GP_RANGE_KINDS,
};

#define GP_COVERING_MAX 32

/* What is said of a prefix outside: its sources share a behaviour, though each one of them alone shows too little. */
struct gp_range_finding {
	struct gp_addr addr; /* masked to bits; an IPv4 one is mapped */
	__u8 bits;	     /* of 128: a /24 has 120, a /48 has 48 */
	enum gp_range_kind kind;
	enum gp_verdict verdict; /* suspected: SYNs that nobody answers prove no source */
	double score;		 /* nats, the prior left out */
	double confidence;	 /* as of struct gp_finding */
	__u64 first_seen_ns, last_seen_ns; /* of the prefix; the data plane's clock */
	bool source_verified;	 /* its addresses proved themselves */
	struct gp_cidr covering[GP_COVERING_MAX]; /* what a filter needs, by gp_cidr_cover(); of kinds other than scanner */
	int covering_count;
	int exact_count;	 /* prefixes that hold the active addresses and no other */
	double fleet;		 /* addresses that it has, estimated from those seen */
	__u64 requests;		 /* proved connections that they made; of kinds other than scanner, all that follows of scanners only */
	double hosts;		 /* distinct sources so far, estimated */
	double endpoints;	 /* distinct (address, port) that it tried, estimated; from here on: of the worst hour */
	__u64 syn, answered;	 /* SYNs that it sent, and those of them that a SYN-ACK came back to */
	struct gp_evidence evidence[GP_EVIDENCE_MAX];
	int evidence_count;
};

struct gp_judge;

/**
 * gp_judge_open() - begin judging the hosts of a world.
 * @world: borrowed until close; its inside hosts may be counting while they are read.
 * @trust_inside: inside addresses cannot be spoofed here (uRPF or BCP 38 per line): they count as proved.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_judge_open(struct gp_judge **out, struct gp_world *world, const struct gp_limits *limits, bool trust_inside);

/**
 * gp_judge_one_direction() - answers never come by here: only what subscribers send is seen.
 *
 * Then nothing can be said to be unanswered: there are no scanners, and unanswered mail connections do not count. To
 * be called before the first tick.
 */
void gp_judge_one_direction(struct gp_judge *judge);

struct gp_classes;

/* gp_judge_classes() - limits of classes of inside hosts. To be called before the first tick. Borrowed until close. */
void gp_judge_classes(struct gp_judge *judge, const struct gp_classes *classes);

/**
 * gp_judge_change() - other limits from now on.
 * @limits: copied. @classes: borrowed until the next call or close; NULL: there are none.
 *
 * What was weighed stays weighed; the next window is weighed by the new limits. The open one ends when it would have, or
 * after the new length of a window when that is earlier.
 */
void gp_judge_change(struct gp_judge *judge, const struct gp_limits *limits, const struct gp_classes *classes);

struct gp_host_facts;
struct gp_web_facts;
struct gp_tokens;
struct gp_watch;

/* What was heard; each may be NULL. Borrowed until close. */
struct gp_heard {
	const struct gp_host_facts *hosts; /* how they speak: mail, TLS, TCP */
	const struct gp_host_facts *strangers; /* outside hosts that said nothing: their SYNs */
	const struct gp_web_facts *web;	   /* what web clients fetch */
	const struct gp_tokens *tokens;	   /* links of mails, and who followed them */
	const struct gp_lists *lists;	   /* what the operator says of addresses */
	const struct gp_watch *watch;	   /* who speaks with listed addresses */
};

/* gp_judge_hear() - evidence beside the counters. To be called before the first tick, and when something of it changes; without it only counters judge. */
void gp_judge_hear(struct gp_judge *judge, const struct gp_heard *heard);

/* gp_judge_origins() - whose addresses are: ranges are not merged across origins. Without it they are not known. */
void gp_judge_origins(struct gp_judge *judge, gp_asn_of asn_of, const void *context);

/**
 * gp_judge_tick() - take notice of the time.
 *
 * Closes the time slices that can get no more answers, weighs the windows that have ended, and clears the filters
 * that the data plane will need next. In replay it is called before each packet that begins a new slice, live about
 * once per second. A tick that begins a slice comes after gp_epoch_turn(): what outside hosts did in the slices that it
 * closes must stand in the world. @now_ns: the data plane's clock; never runs back.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_judge_tick(struct gp_judge *judge, __u64 now_ns);

/**
 * gp_judge_finish() - the input has ended at @now_ns: attempts unanswered for 3 s or more are failures, younger ones
 * stay open; the open window is weighed. gp_epoch_turn() comes first. More ticks may follow (`run --interval` reports
 * as it goes).
 *
 * Return: 0, or -ENOMEM.
 */
int gp_judge_finish(struct gp_judge *judge, __u64 now_ns);

/**
 * gp_judge_findings() - every verdict on a host, in ascending order of (id, kind).
 * @out: borrowed until the next call.
 *
 * Return: how many, or -ENOMEM.
 */
int gp_judge_findings(struct gp_judge *judge, const struct gp_finding **out);

/**
 * gp_judge_opinions() - what speaks for and against one host now, verdict or not; by kind.
 *
 * Return: false when the host was never judged.
 */
bool gp_judge_opinions(struct gp_judge *judge, __u32 id, struct gp_finding out[GP_KINDS]);

/* gp_judge_states() - how many hosts stand where, by kind; those of no kind at all are clean of each. */
void gp_judge_states(const struct gp_judge *judge, __u64 counts[GP_STATES][GP_KINDS]);

/**
 * gp_judge_conclusions() - as gp_judge_opinions(), but a verdict comes with the reasons that gp_judge_findings() gives: those of
 * when it spoke loudest.
 */
bool gp_judge_conclusions(struct gp_judge *judge, __u32 id, struct gp_finding out[GP_KINDS]);

/**
 * gp_judge_ranges() - every verdict on a prefix outside, in ascending order of the address.
 * gp_judge_ranges() - every verdict on a prefix outside, in ascending order of the address; a prefix may have several.
 * @out: borrowed until the next call.
 *
 * Judges scanners' open hour as it stands; to be called after gp_judge_finish(), or a tick. Return: how many, or -ENOMEM.
 */
int gp_judge_ranges(struct gp_judge *judge, const struct gp_range_finding **out);

/**
 * gp_judge_asymmetries() - inside prefixes that are seen in one direction, ascending: nobody there is called a scanner.
 * @out: borrowed until the next call.
 *
 * Return: how many, or -ENOMEM.
 */
int gp_judge_asymmetries(struct gp_judge *judge, const struct gp_asymmetry **out);
/* Verdicts that a known-good list has kept from being any. */
struct gp_suppressed {
	struct gp_cidr prefix; /* the entry of the list, and its label */
	__u16 list;	       /* index of its specification */
	char label[GP_LIST_LABEL];
	bool range;  /* outside: kind is an enum gp_range_kind; else an enum gp_kind */
	int kind;
	__u32 count; /* findings */
};

/**
 * gp_judge_suppressed() - what gp_judge_findings() and gp_judge_ranges() left out when they were called last.
 * @ranges: those of the latter.
 * @out: borrowed until the next call of either.
 *
 * Return: how many.
 */
int gp_judge_suppressed(const struct gp_judge *judge, bool ranges, const struct gp_suppressed **out);

void gp_judge_close(struct gp_judge *judge);

#endif
