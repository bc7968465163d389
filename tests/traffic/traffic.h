/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A population's packets, made up: hosts of known behaviour, what they send and what they get, as one timeline seen at
 * the gateway. The same options give the same bytes. Nothing is stored but hosts and open flows, so a day of 50,000
 * hosts takes as little memory as its busiest second.
 *
 * Numbers of such traffic check formulas and defaults; they are no accuracy on real traffic.
 */
#ifndef GATEPOST_TESTS_TRAFFIC_H
#define GATEPOST_TESTS_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#include "engine.h"

struct traffic;

/* Another spread of one of a profile's parameters: each host draws a value between low and high. */
struct traffic_override {
	const char *name; /* as traffic_profile.parameters has it */
	double low, high;
};

/* So many hosts that live by one profile. */
struct traffic_group {
	const char *profile; /* traffic_profile.name */
	unsigned int hosts;  /* of a range profile: ranges, each with as many addresses as its parameters say; 0 is 1 */
	/*
	 * Where its addresses lie, as "10.9.0.0/16", or where its first range lies ("40.94.101.0/24"; further ones in
	 * the networks of that size behind it). NULL: inside hosts are scattered over 10.64.0.0/10, those that speak
	 * IPv6 over 2001:db8:4000::/36, each with its /56; inside servers lie in 10.0.0.0/16; ranges where their
	 * profile says.
	 */
	const char *prefix;
	const struct traffic_override *overrides;
	size_t override_count;
};

struct traffic_options {
	__u64 seed;
	__u64 start_ns;	   /* since the Unix epoch; 0: 2026-03-02T00:00:00Z, a Monday */
	double duration_s; /* no flow begins later; those that are open then go on to their end */
	const struct traffic_group *groups;
	size_t count;
};

enum traffic_side { TRAFFIC_INSIDE, TRAFFIC_OUTSIDE };

/*
 * What a host, or the addresses of a range together, have done up to now. Each counter counts what has passed the
 * gateway, at the packet that completes it, so that a reader who has seen the same packets can have the same numbers.
 */
struct traffic_acts {
	__u64 contacts;		 /* flows begun by its SYN; a SYN sent again is none */
	__u64 answered;		 /* of them: SYN-ACK */
	__u64 refused;		 /* of them: RST */
	__u64 proved;		 /* of them: handshake completed by its ACK */
	__u64 half_open;	 /* of them: SYN-ACK answered by its RST */
	__u64 smtp_sessions;	 /* flows to ports 25, 465 and 587 whose banner has passed */
	__u64 smtp_clear_mails;	 /* MAIL commands in the clear */
	__u64 smtp_clear_rcpts;	 /* RCPT commands in the clear */
	__u64 smtp_clear_4xx;	 /* replies to MAIL, RCPT or DATA's end, in the clear */
	__u64 smtp_clear_5xx;
	__u64 smtp_clear_accepted; /* mails whose body was answered with 250, in the clear */
	__u64 smtp_starttls;	 /* ClientHellos behind STARTTLS, and implicit ones on 465 */
	__u64 smtp_tls_accepted; /* mails handed in below TLS */
	__u64 smtp_tls_refused;	 /* mails below TLS without an accepted recipient */
	__u64 http_requests;	 /* in the clear */
	__u64 http_4xx;
	__u64 tls_hellos;	 /* ClientHellos that open a flow */
	__u64 logins_refused;	 /* POP3, IMAP, AUTH, HTTP login: answers that say no */
};

/*
 * What is true of a host or of a range. Truths of inside hosts: "clean", "spam_bot", "scanner", "brute_forcer",
 * "http_bot", "ddos_source". Of ranges, which are outside: "link_scanner", "image_proxy", "mail_proxy", "crawler",
 * "scanner_range", "snowshoe", "robot_range", and "clean" (humans behind a carrier's NAT, readers of a newsletter,
 * ordinary mail servers).
 */
struct traffic_label {
	struct gp_addr addr; /* the host's; a range's first active address */
	struct gp_addr last; /* a range's last active address, all between are active, too; the host's own */
	__u8 bits;	     /* of 128: 128 a host of IPv4 or IPv6 (which gatepost knows by its /56), and the longest
			      * prefix that holds the whole range; 56 for IPv6 hosts that use several addresses of it */
	bool range;
	bool ipv6;
	enum traffic_side side;
	const char *truth;
	const char *profile;
	unsigned int group; /* index into traffic_options.groups; TRAFFIC_NO_GROUP: a server that several profiles share */
	__u64 born_ns;	    /* no packet of it passes earlier */
	__u64 first_ns;	    /* its first malicious act that passed the gateway; 0: none so far */
	/*
	 * Malicious acts so far. spam_bot and snowshoe: mails (MAIL commands, and connections that the server's
	 * banner refused); scanner, scanner_range: first contacts; brute_forcer: tries; http_bot: requests;
	 * ddos_source: SYNs; ranges of robots: requests, or logins of a mail_proxy. 0 for whoever is clean.
	 */
	__u64 malicious;
	struct traffic_acts acts;
};

#define TRAFFIC_NO_GROUP (~0u)

/* What a reader of tokens should count (detection.md, 3.5b). A token is one recipient's own link in one mail. */
struct traffic_tokens {
	__u64 mails;	      /* delivered in the clear to an inside mail server, with links or a pixel of their own */
	__u64 link_tokens;    /* their one-time links */
	__u64 link_clicked;   /* of them: fetched by a human at least once */
	__u64 link_fetches;   /* requests for them, by whomsoever */
	__u64 link_robots;    /* of these: by link scanners and other robots */
	__u64 pixel_tokens;   /* their pixels */
	__u64 pixel_opened;   /* of them: fetched for a human's opening, through an image proxy or not */
	__u64 pixel_fetches;  /* requests for them, by whomsoever */
	__u64 pixel_robots;   /* of these: by robots that open on their own; proxies' fetches for a human are none */
};

struct traffic_totals {
	__u64 packets, bytes; /* handed out */
	__u64 flows;	      /* begun */
	__u64 flows_open;     /* now */
	__u64 flows_open_max;
	__u64 memory_bytes;   /* on the heap now */
	struct traffic_tokens tokens;
};

struct traffic_parameter {
	const char *name;
	double low, high; /* of the draw, uniform; log-uniform where high > 20 low > 0 */
	const char *what; /* with its unit */
};

struct traffic_profile {
	const char *name;
	const char *truth; /* of the host, or of the range */
	const char *what;  /* one line */
	bool range;	   /* a range outside; else a host inside */
	const struct traffic_parameter *parameters;
	size_t parameter_count;
};

/**
 * traffic_open() - make a population.
 * @out:     closed by traffic_close().
 * @options: copied; nothing of it is borrowed.
 *
 * Return: 0, -EINVAL when a profile, a parameter or a prefix is unknown or too small (said on standard error), -ENOMEM.
 */
int traffic_open(struct traffic **out, const struct traffic_options *options);

/**
 * traffic_next() - the next packet that passes the gateway.
 * @frame: Ethernet; its data is borrowed until the next call. Times never run back.
 *
 * Return: 1 with *frame filled, 0 when all flows have ended, -ENOMEM.
 */
int traffic_next(struct traffic *t, struct gp_frame *frame);

/**
 * traffic_labels() - what is true of each host and range, as of the packet handed out last.
 * @count: out.
 *
 * Inside hosts first, in the order of groups, each host once; then ranges. Hosts outside that only answer have none.
 * Return: borrowed until close, and brought up to date by each call; NULL without memory.
 */
const struct traffic_label *traffic_labels(struct traffic *t, size_t *count);

/**
 * traffic_inside() - the prefixes that are inside, as `gatepost replay --inside` takes them.
 * @count: out.
 *
 * Return: static texts as "10.0.0.0/8"; the same for each population, unless a group's own prefix lies elsewhere: those
 * follow. Borrowed until close.
 */
const char *const *traffic_inside(const struct traffic *t, size_t *count);

const struct traffic_totals *traffic_totals(const struct traffic *t);

void traffic_close(struct traffic *t);

/**
 * traffic_profiles() - every profile there is.
 * @count: out.
 *
 * Return: static.
 */
const struct traffic_profile *traffic_profiles(size_t *count);

/* A population file, read: what traffic_open() takes, and who owns the texts. */
struct traffic_population {
	struct traffic_options options;
	void *owner;
};

/**
 * traffic_population_read() - read a file of tests/traffic/populations/.
 * @path: YAML: seed, start (ISO 8601, UTC), duration (90s, 10m, 24h), groups: a list of profile, hosts, prefix, set (a
 *	  map of parameters: a number, or [low, high]).
 * @out:  freed by traffic_population_free().
 *
 * Return: 0, -errno; -EINVAL with the line on standard error.
 */
int traffic_population_read(struct traffic_population *out, const char *path);
void traffic_population_free(struct traffic_population *population);

/**
 * traffic_labels_json() - write the labels, the inside prefixes and the totals as JSON.
 *
 * { "inside": [..], "labels": [ { "address" or "prefix" + "first" + "last", "side", "truth", "profile", "born_ns",
 * "first_malicious_ns" (null: none), "malicious", "acts": {..} }, .. ], "totals": {..}, "tokens": {..} }
 * Return: 0, -EIO, -ENOMEM.
 */
int traffic_labels_json(struct traffic *t, const char *path);

#endif
