// SPDX-License-Identifier: GPL-2.0-or-later
/* Who there is: a row per kind of host or range, with the spread that each host's own values are drawn from. */
#include <string.h>

#include "private.h"

static const struct {
	const char *name, *unit;
} values[V_COUNT] = {
	[V_BEGIN_H] = { "begin_h", "hours until it begins" },
	[V_IPV6] = { "ipv6", "probability that a host speaks IPv6" },
	[V_MAILS_PER_H] = { "mails_per_h", "mails per hour" },
	[V_MX] = { "mx", "mail servers that it knows" },
	[V_TLS] = { "tls", "share of flows below TLS" },
	[V_REFUSED] = { "refused", "share of recipients refused for good" },
	[V_LISTED] = { "listed", "share of servers that refuse it with a block list's name" },
	[V_PUT_OFF] = { "put_off", "share of sessions answered with 4xx" },
	[V_DEAD] = { "dead", "share of mail servers that do not answer" },
	[V_QUIT] = { "quit", "share of sessions that end with QUIT" },
	[V_DIALECT] = { "dialect", "0 server, 1 plain, 2 CamelCase, 3 lower case, 4 sloppy HELO, 5 bare LF" },
	[V_BAD_HELO] = { "bad_helo", "probability that its greeting is no name of its own" },
	[V_HELO_NAMES] = { "helo_names", "names that it greets with" },
	[V_RCPTS] = { "rcpts", "recipients per mail" },
	[V_RETRY] = { "retry", "probability of a return after 4xx" },
	[V_BODY] = { "body_bytes", "bytes of a mail; 0: as it comes" },
	[V_SESSION_MAILS] = { "session_mails", "mails per session" },
	[V_INBOUND_PER_H] = { "inbound_per_h", "flows to it per hour" },
	[V_CONTACTS_PER_DAY] = { "contacts_per_day", "first contacts per day" },
	[V_BURST] = { "burst", "flows at once" },
	[V_FAIL] = { "fail", "share of first contacts that fail" },
	[V_CLEAR] = { "clear", "share of web flows without TLS" },
	[V_RATE_PER_S] = { "rate_per_s", "per second" },
	[V_PORT] = { "port", "TCP port; 0: watched ones in turn" },
	[V_HALF_OPEN] = { "half_open", "probability of resetting an answer" },
	[V_TOOL] = { "tool", "0 the system's stack, 1 raw, 2 ZMap, 3 masscan, 4 Mirai" },
	[V_INTERLEAVE] = { "interleave", "share of contacts to servers known to answer" },
	[V_ACTIVE_H] = { "active_h", "hours that it lasts" },
	[V_PORTS] = { "ports", "ports per target" },
	[V_TARGETS] = { "targets", "servers" },
	[V_TRIES_PER_MIN] = { "tries_per_min", "per minute" },
	[V_TRIES_PER_FLOW] = { "tries_per_flow", "tries in a flow" },
	[V_NOT_FOUND] = { "not_found", "share of requests answered with 404" },
	[V_INTERVAL_S] = { "interval_s", "seconds between contacts" },
	[V_JITTER] = { "jitter", "share of the interval" },
	[V_ALIVE] = { "alive", "share of its servers that answer" },
	[V_MINUTES] = { "minutes", "minutes that it lasts" },
	[V_ADDRESSES] = { "addresses", "addresses in use" },
	[V_ROUND_ROBIN] = { "round_robin", "0: any address, 1: in turn" },
	[V_DELAY_S] = { "delay_s", "seconds after delivery" },
	[V_CLICKED] = { "clicked", "share of mails that a human opens" },
	[V_SERVICE] = { "service", "TCP port" },
	[V_RECIPIENTS] = { "recipients", "mails in all, at once" },
	[V_CONTENT] = { "content", "0 text, 1 newsletter, 2 spam, 3 extortion, 4 alert" },
};

const char *value_name(enum value value)
{
	return values[value].name;
}

const char *value_unit(enum value value)
{
	return values[value].unit;
}

#define SET(...) .values = { __VA_ARGS__ }, .values_count = sizeof((struct profile_value[]){ __VA_ARGS__ }) / sizeof(struct profile_value)
#define DOES(...) .actors = { __VA_ARGS__ }
#define STACK_OF(...) .stacks = { __VA_ARGS__ }, .stacks_count = sizeof((__u8[]){ __VA_ARGS__ })
#define IS(x) x, x
#define NET(a, b, c, d) ((__u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* A home that browses: what most hosts do, infected or not. */
#define BROWSES { V_CONTACTS_PER_DAY, 100, 600 }, { V_BURST, 8, 20 }, { V_FAIL, .02, .12 }, { V_CLEAR, .05, .2 }, { V_IPV6, 0, .3 }
#define BROWSES_LESS { V_CONTACTS_PER_DAY, 50, 300 }, { V_BURST, 4, 20 }, { V_FAIL, .02, .12 }, { V_CLEAR, .05, .2 }

const struct profile_row profile_rows[] = {
	/* Spam bots (detection.md, 6.2). */
	{ "bot-fast", "spam_bot", "spam, hundreds of mails an hour in the clear, odd greeting, no QUIT",
	  DOES(DO_SPAM, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_WINDOWS_OLD),
	  SET({ V_MAILS_PER_H, 150, 600 }, { V_MX, 400, 2000 }, { V_TLS, IS(0) }, { V_REFUSED, .25, .45 }, { V_LISTED, .05, .3 },
	      { V_PUT_OFF, .05, .15 }, { V_DEAD, .03, .12 }, { V_QUIT, 0, .1 }, { V_DIALECT, 1, 4.99 }, { V_BAD_HELO, .8, 1 },
	      { V_HELO_NAMES, 1, 3 }, { V_RETRY, IS(0) }, { V_BODY, IS(0) }, { V_CONTENT, IS(2) }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "bot-slow", "spam_bot", "spam, 5 mails an hour in the clear",
	  DOES(DO_SPAM, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_WINDOWS_OLD),
	  SET({ V_MAILS_PER_H, 4, 7 }, { V_MX, 300, 2000 }, { V_TLS, IS(0) }, { V_REFUSED, .25, .45 }, { V_LISTED, .03, .2 },
	      { V_PUT_OFF, .05, .15 }, { V_DEAD, .03, .12 }, { V_QUIT, 0, .5 }, { V_DIALECT, 1, 4.99 }, { V_BAD_HELO, .5, 1 },
	      { V_HELO_NAMES, 1, 3 }, { V_RETRY, IS(0) }, { V_CONTENT, IS(2) }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "bot-clean-looking", "spam_bot", "spam, 5 mails an hour below TLS, speaks as a mail server does, returns after 4xx",
	  DOES(DO_SPAM, DO_BROWSE), STACK_OF(STACK_WINDOWS),
	  SET({ V_MAILS_PER_H, 4, 7 }, { V_MX, 300, 2000 }, { V_TLS, IS(1) }, { V_REFUSED, .25, .45 }, { V_LISTED, .03, .2 },
	      { V_PUT_OFF, .05, .15 }, { V_DEAD, .02, .08 }, { V_QUIT, IS(1) }, { V_DIALECT, IS(0) }, { V_BAD_HELO, IS(0) },
	      { V_RETRY, IS(1) }, { V_CONTENT, IS(2) }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "bot-clean-list", "spam_bot", "spam, 30 to 60 mails an hour to a list without dead addresses",
	  DOES(DO_SPAM, DO_BROWSE), STACK_OF(STACK_WINDOWS),
	  SET({ V_MAILS_PER_H, 30, 60 }, { V_MX, 400, 2000 }, { V_TLS, IS(0) }, { V_REFUSED, .02, .05 }, { V_LISTED, .02, .1 },
	      { V_PUT_OFF, .05, .15 }, { V_DEAD, .01, .04 }, { V_QUIT, 0, 1 }, { V_DIALECT, 1, 4.99 }, { V_BAD_HELO, .5, 1 },
	      { V_RETRY, IS(0) }, { V_CONTENT, IS(2) }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "bot-listed", "spam_bot", "spam, on block lists: most servers refuse it by name of a list",
	  DOES(DO_SPAM, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_WINDOWS_OLD),
	  SET({ V_MAILS_PER_H, 20, 100 }, { V_MX, 300, 2000 }, { V_TLS, IS(0) }, { V_REFUSED, .2, .4 }, { V_LISTED, .5, .9 },
	      { V_PUT_OFF, .02, .1 }, { V_DEAD, .03, .1 }, { V_QUIT, 0, .3 }, { V_DIALECT, 1, 4.99 }, { V_BAD_HELO, .5, 1 },
	      { V_RETRY, IS(0) }, { V_CONTENT, IS(2) }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "bot-extortion", "spam_bot", "extortion mails in the recipient's name, straight to their servers, 60 and more an hour",
	  DOES(DO_SPAM, DO_BROWSE), STACK_OF(STACK_WINDOWS),
	  SET({ V_MAILS_PER_H, 60, 200 }, { V_MX, 200, 1000 }, { V_TLS, IS(0) }, { V_REFUSED, .25, .45 }, { V_LISTED, .05, .2 },
	      { V_PUT_OFF, .05, .1 }, { V_DEAD, .02, .08 }, { V_QUIT, 0, .2 }, { V_DIALECT, IS(2) }, { V_BAD_HELO, .5, 1 },
	      { V_RETRY, IS(0) }, { V_CONTENT, IS(3) }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "bot-camelcase", "spam_bot", "spam, \"Mail From: <x>\"",
	  DOES(DO_SPAM, DO_BROWSE), STACK_OF(STACK_WINDOWS),
	  SET({ V_MAILS_PER_H, 10, 60 }, { V_MX, 300, 2000 }, { V_TLS, IS(0) }, { V_REFUSED, .25, .45 }, { V_LISTED, .03, .2 },
	      { V_PUT_OFF, .05, .15 }, { V_DEAD, .03, .1 }, { V_QUIT, 0, .2 }, { V_DIALECT, IS(2) }, { V_BAD_HELO, .5, 1 },
	      { V_RETRY, IS(0) }, { V_CONTENT, IS(2) }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "bot-many-names", "spam_bot", "spam, another name in each greeting",
	  DOES(DO_SPAM, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_LINUX_OLD),
	  SET({ V_MAILS_PER_H, 10, 60 }, { V_MX, 300, 2000 }, { V_TLS, 0, .3 }, { V_REFUSED, .25, .45 }, { V_LISTED, .03, .2 },
	      { V_PUT_OFF, .05, .15 }, { V_DEAD, .03, .1 }, { V_QUIT, .5, 1 }, { V_DIALECT, IS(1) }, { V_BAD_HELO, .1, .5 },
	      { V_HELO_NAMES, 8, 200 }, { V_RETRY, IS(0) }, { V_CONTENT, IS(2) }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "bot-put-off", "spam_bot", "spam that is only ever put off (4xx), and never returns",
	  DOES(DO_SPAM, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_WINDOWS_OLD),
	  SET({ V_MAILS_PER_H, 20, 100 }, { V_MX, 300, 2000 }, { V_TLS, IS(0) }, { V_REFUSED, IS(0) }, { V_LISTED, IS(0) },
	      { V_PUT_OFF, .9, 1 }, { V_DEAD, .03, .1 }, { V_QUIT, 0, .3 }, { V_DIALECT, 1, 4.99 }, { V_BAD_HELO, .5, 1 },
	      { V_RETRY, IS(0) }, { V_CONTENT, IS(2) }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "office-nat-bot", "spam_bot", "an office behind one address, with a mail server and one bot",
	  DOES(DO_SPAM, DO_MTA, DO_BROWSE, DO_RECEIVE), .stacks_mixed = true, STACK_OF(STACK_WINDOWS, STACK_LINUX, STACK_MACOS),
	  SET({ V_MAILS_PER_H, 20, 100 }, { V_MX, 300, 1000 }, { V_TLS, IS(0) }, { V_REFUSED, .25, .45 }, { V_LISTED, .03, .2 },
	      { V_PUT_OFF, .05, .15 }, { V_DEAD, .03, .1 }, { V_QUIT, 0, .3 }, { V_DIALECT, 1, 4.99 }, { V_BAD_HELO, .5, 1 },
	      { V_HELO_NAMES, 1, 2 }, { V_CONTENT, IS(2) }, { V_BEGIN_H, 0, .2 }, { V_CONTACTS_PER_DAY, 1000, 4000 }, { V_BURST, 8, 20 },
	      { V_FAIL, .02, .1 }, { V_CLEAR, .05, .15 }, { V_INBOUND_PER_H, 2, 10 }) },
	{ "bot-submission", "spam_bot", "spam through stolen accounts at submission ports; the providers' replies tell",
	  DOES(DO_SUBMIT, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_LINUX_OLD),
	  SET({ V_MAILS_PER_H, 20, 200 }, { V_TARGETS, 3, 20 }, { V_TLS, 0, .3 }, { V_REFUSED, .3, .7 }, { V_QUIT, .2, 1 }, { V_DIALECT, 1, 3.99 },
	      { V_BAD_HELO, .3, 1 }, { V_SERVICE, IS(587) }, { V_CONTENT, IS(2) }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },

	/* Scanners (detection.md, 2). */
	{ "scan-fast", "scanner", "sweeps watched ports, 50 addresses a second",
	  DOES(DO_SCAN, DO_BROWSE), STACK_OF(STACK_LINUX, STACK_WINDOWS),
	  SET({ V_RATE_PER_S, 30, 70 }, { V_PORT, IS(0) }, { V_FAIL, .8, .97 }, { V_ACTIVE_H, .1, .5 }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "scan-1-per-s", "scanner", "sweeps a service port, one address a second",
	  DOES(DO_SCAN, DO_BROWSE), STACK_OF(STACK_LINUX, STACK_CAMERA),
	  SET({ V_RATE_PER_S, .7, 1.5 }, { V_PORT, IS(23) }, { V_FAIL, .8, .97 }, { V_ACTIVE_H, .5, 6 }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "scan-1-per-min-95", "scanner", "sweeps port 445, one address a minute, 95 % fail",
	  DOES(DO_SCAN, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_WINDOWS_OLD),
	  SET({ V_RATE_PER_S, .012, .022 }, { V_PORT, IS(445) }, { V_FAIL, .93, .97 }, { V_ACTIVE_H, 24, 24 }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "scan-1-per-min-80", "scanner", "sweeps a watched port, one address a minute, 80 % fail",
	  DOES(DO_SCAN, DO_BROWSE), STACK_OF(STACK_LINUX),
	  SET({ V_RATE_PER_S, .012, .022 }, { V_PORT, IS(80) }, { V_FAIL, .78, .82 }, { V_ACTIVE_H, 24, 24 }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "scan-ssh", "scanner", "sweeps port 22, an address every few seconds",
	  DOES(DO_SCAN, DO_BROWSE), STACK_OF(STACK_LINUX),
	  SET({ V_RATE_PER_S, .1, 1 }, { V_PORT, IS(22) }, { V_FAIL, .85, .97 }, { V_ACTIVE_H, 1, 12 }, { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "scan-half-open", "scanner", "sweeps with packets of its own and resets each answer",
	  DOES(DO_SCAN, DO_BROWSE), STACK_OF(STACK_LINUX),
	  SET({ V_RATE_PER_S, 1, 20 }, { V_PORT, IS(0) }, { V_FAIL, .6, .9 }, { V_HALF_OPEN, IS(1) }, { V_TOOL, IS(1) }, { V_ACTIVE_H, .1, 1 },
	      { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "scan-vertical", "scanner", "asks all ports of a few addresses",
	  DOES(DO_SCAN, DO_BROWSE), STACK_OF(STACK_LINUX),
	  SET({ V_RATE_PER_S, 2, 30 }, { V_PORTS, 100, 1000 }, { V_TARGETS, 1, 4 }, { V_FAIL, .9, .99 }, { V_HALF_OPEN, 0, 1 }, { V_ACTIVE_H, .1, .5 },
	      { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "scan-zmap", "scanner", "ZMap: one SYN each, its identification",
	  DOES(DO_SCAN, DO_BROWSE), STACK_OF(STACK_LINUX),
	  SET({ V_RATE_PER_S, 20, 200 }, { V_PORT, IS(443) }, { V_FAIL, .9, .98 }, { V_HALF_OPEN, IS(1) }, { V_TOOL, IS(2) }, { V_ACTIVE_H, .1, .4 },
	      { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "scan-masscan", "scanner", "masscan: one SYN each, its identification",
	  DOES(DO_SCAN, DO_BROWSE), STACK_OF(STACK_LINUX),
	  SET({ V_RATE_PER_S, 20, 200 }, { V_PORT, IS(8080) }, { V_FAIL, .9, .98 }, { V_HALF_OPEN, IS(1) }, { V_TOOL, IS(3) }, { V_ACTIVE_H, .1, .4 },
	      { V_BEGIN_H, 0, .2 }, BROWSES_LESS) },
	{ "scan-mirai", "scanner", "Mirai: telnet, the address as sequence number",
	  DOES(DO_SCAN), STACK_OF(STACK_CAMERA, STACK_EMBEDDED),
	  SET({ V_RATE_PER_S, 5, 100 }, { V_PORT, IS(23) }, { V_FAIL, .92, .99 }, { V_HALF_OPEN, IS(1) }, { V_TOOL, IS(4) }, { V_ACTIVE_H, .2, 1 },
	      { V_BEGIN_H, 0, .2 }) },
	{ "scan-interleaved", "scanner", "a sweep with as many contacts to servers known to answer",
	  DOES(DO_SCAN, DO_BROWSE), STACK_OF(STACK_LINUX),
	  SET({ V_RATE_PER_S, .5, 5 }, { V_PORT, IS(0) }, { V_FAIL, .9, .97 }, { V_INTERLEAVE, .35, .5 }, { V_ACTIVE_H, 1, 6 }, { V_BEGIN_H, 0, .2 },
	      BROWSES_LESS) },
	{ "scan-ipv6", "scanner", "sweeps IPv6 from many addresses of its own network",
	  DOES(DO_SCAN), STACK_OF(STACK_LINUX),
	  SET({ V_RATE_PER_S, .5, 20 }, { V_PORT, IS(443) }, { V_FAIL, .9, .99 }, { V_IPV6, IS(1) }, { V_ADDRESSES, 1, 64 }, { V_ACTIVE_H, .3, 2 },
	      { V_BEGIN_H, 0, .2 }) },

	/* Brute forcers, HTTP bots, floods (detection.md, 4). */
	{ "force-pop3", "brute_forcer", "tries passwords at POP3",
	  DOES(DO_FORCE, DO_BROWSE), STACK_OF(STACK_LINUX, STACK_WINDOWS),
	  SET({ V_TRIES_PER_MIN, 10, 120 }, { V_TRIES_PER_FLOW, 1, 5 }, { V_TARGETS, 1, 8 }, { V_SERVICE, IS(110) }, { V_BEGIN_H, 0, .2 },
	      { V_ACTIVE_H, .5, 8 }, BROWSES_LESS) },
	{ "force-imap", "brute_forcer", "tries passwords at IMAP",
	  DOES(DO_FORCE, DO_BROWSE), STACK_OF(STACK_LINUX, STACK_WINDOWS),
	  SET({ V_TRIES_PER_MIN, 10, 120 }, { V_TRIES_PER_FLOW, 1, 5 }, { V_TARGETS, 1, 8 }, { V_SERVICE, IS(143) }, { V_BEGIN_H, 0, .2 },
	      { V_ACTIVE_H, .5, 8 }, BROWSES_LESS) },
	{ "force-imaps", "brute_forcer", "tries passwords at IMAP below TLS",
	  DOES(DO_FORCE, DO_BROWSE), STACK_OF(STACK_LINUX),
	  SET({ V_TRIES_PER_MIN, 10, 120 }, { V_TRIES_PER_FLOW, 1, 4 }, { V_TARGETS, 1, 8 }, { V_SERVICE, IS(993) }, { V_BEGIN_H, 0, .2 },
	      { V_ACTIVE_H, .5, 8 }, BROWSES_LESS) },
	{ "force-submission", "brute_forcer", "tries passwords at a submission port (AUTH, 535)",
	  DOES(DO_FORCE, DO_BROWSE), STACK_OF(STACK_LINUX, STACK_WINDOWS),
	  SET({ V_TRIES_PER_MIN, 10, 120 }, { V_TRIES_PER_FLOW, 1, 4 }, { V_TARGETS, 1, 12 }, { V_SERVICE, IS(587) }, { V_BEGIN_H, 0, .2 },
	      { V_ACTIVE_H, .5, 8 }, BROWSES_LESS) },
	{ "force-http", "brute_forcer", "tries passwords at web forms (POST, 401 or sent back)",
	  DOES(DO_FORCE, DO_BROWSE), STACK_OF(STACK_LINUX),
	  SET({ V_TRIES_PER_MIN, 20, 300 }, { V_TRIES_PER_FLOW, 1, 20 }, { V_TARGETS, 1, 20 }, { V_SERVICE, IS(80) }, { V_BEGIN_H, 0, .2 },
	      { V_ACTIVE_H, .5, 8 }, BROWSES_LESS) },
	{ "http-prober", "http_bot", "looks for holes in web servers: many paths, most of them not there",
	  DOES(DO_PROBE, DO_BROWSE), STACK_OF(STACK_LINUX, STACK_LINUX_OLD),
	  SET({ V_TRIES_PER_MIN, 20, 300 }, { V_TRIES_PER_FLOW, 4, 30 }, { V_TARGETS, 5, 60 }, { V_NOT_FOUND, .75, .95 }, { V_BEGIN_H, 0, .2 },
	      { V_ACTIVE_H, .5, 8 }, BROWSES_LESS) },
	{ "beacon", "http_bot", "asks its master every few minutes, below TLS",
	  DOES(DO_PERIODIC, DO_BROWSE), STACK_OF(STACK_WINDOWS),
	  SET({ V_INTERVAL_S, 60, 900 }, { V_JITTER, 0, .1 }, { V_TARGETS, IS(1) }, { V_ALIVE, IS(1) }, { V_PORT, IS(443) }, { V_BEGIN_H, 0, .2 },
	      BROWSES_LESS) },
	{ "ddos-source", "ddos_source", "floods one address with more than 1000 SYNs a second",
	  DOES(DO_FLOOD, DO_BROWSE), STACK_OF(STACK_CAMERA, STACK_LINUX_OLD),
	  SET({ V_RATE_PER_S, 1100, 2500 }, { V_MINUTES, .5, 2 }, { V_PORT, 80, 80 }, { V_BEGIN_H, 0, .5 }, BROWSES_LESS) },

	/* Clean hosts (detection.md, 6.2 and 6.5). */
	{ "household", "clean", "a home that browses: 300 first contacts a day in bursts, some of which fail",
	  DOES(DO_BROWSE), .stacks_mixed = true, STACK_OF(STACK_WINDOWS, STACK_IOS, STACK_ANDROID), SET(BROWSES) },
	{ "household-fail-20", "clean", "a home where a fifth of the first contacts fails",
	  DOES(DO_BROWSE), .stacks_mixed = true, STACK_OF(STACK_WINDOWS, STACK_IOS, STACK_ANDROID),
	  SET({ V_CONTACTS_PER_DAY, 200, 600 }, { V_BURST, 8, 20 }, { V_FAIL, .15, .22 }, { V_CLEAR, .05, .2 }) },
	{ "office", "clean", "an office: browsing, mail over submission",
	  DOES(DO_BROWSE, DO_SUBMIT, DO_POLL_MAIL), .stacks_mixed = true, STACK_OF(STACK_WINDOWS, STACK_MACOS, STACK_LINUX),
	  SET({ V_CONTACTS_PER_DAY, 1000, 4000 }, { V_BURST, 8, 20 }, { V_FAIL, .02, .08 }, { V_CLEAR, .03, .1 }, { V_MAILS_PER_H, 3, 30 },
	      { V_TARGETS, IS(1) }, { V_TLS, IS(1) }, { V_REFUSED, 0, .02 }, { V_SERVICE, IS(587) }, { V_INTERVAL_S, 60, 300 }) },
	{ "office-nat", "clean", "an office behind one address with its own mail server",
	  DOES(DO_BROWSE, DO_MTA, DO_RECEIVE), .stacks_mixed = true, STACK_OF(STACK_WINDOWS, STACK_LINUX, STACK_MACOS),
	  SET({ V_CONTACTS_PER_DAY, 1000, 4000 }, { V_BURST, 8, 20 }, { V_FAIL, .02, .08 }, { V_CLEAR, .03, .1 }, { V_MAILS_PER_H, 3, 20 },
	      { V_MX, 20, 60 }, { V_TLS, .85, .97 }, { V_REFUSED, .01, .04 }, { V_PUT_OFF, .02, .08 }, { V_RETRY, IS(1) }, { V_QUIT, IS(1) },
	      { V_INBOUND_PER_H, 5, 40 }) },
	{ "home-mta", "clean", "a mail server at home: listens on 25, delivers to 10 to 30 servers a day",
	  DOES(DO_MTA, DO_RECEIVE, DO_BROWSE), STACK_OF(STACK_LINUX, STACK_FREEBSD),
	  SET({ V_MAILS_PER_H, .5, 3 }, { V_MX, 10, 30 }, { V_TLS, .9, 1 }, { V_REFUSED, .01, .05 }, { V_PUT_OFF, .05, .15 }, { V_RETRY, IS(1) },
	      { V_QUIT, IS(1) }, { V_INBOUND_PER_H, 2, 20 }, { V_DEAD, 0, .02 }, BROWSES_LESS) },
	{ "home-mta-listed", "clean", "the same, on block lists of dynamic addresses and others",
	  DOES(DO_MTA, DO_RECEIVE, DO_BROWSE), STACK_OF(STACK_LINUX, STACK_FREEBSD),
	  SET({ V_MAILS_PER_H, .5, 3 }, { V_MX, 10, 30 }, { V_TLS, .9, 1 }, { V_REFUSED, .01, .05 }, { V_LISTED, .1, .35 }, { V_PUT_OFF, .05, .15 },
	      { V_RETRY, IS(1) }, { V_QUIT, IS(1) }, { V_INBOUND_PER_H, 2, 20 }, { V_DEAD, 0, .02 }, BROWSES_LESS) },
	{ "forwarder", "clean", "a business's mail server that forwards what comes, spam too, to a few large providers",
	  DOES(DO_MTA, DO_RECEIVE), STACK_OF(STACK_LINUX),
	  SET({ V_MAILS_PER_H, 20, 120 }, { V_MX, 3, 8 }, { V_TLS, .9, 1 }, { V_REFUSED, .1, .25 }, { V_PUT_OFF, .05, .15 }, { V_RETRY, IS(1) },
	      { V_QUIT, IS(1) }, { V_INBOUND_PER_H, 20, 150 }, { V_DEAD, 0, .01 }) },
	{ "esp", "clean", "a bulk mailer of static address without PTR: 5 to 12 % of its list bounce",
	  DOES(DO_MTA, DO_RECEIVE), STACK_OF(STACK_LINUX),
	  SET({ V_MAILS_PER_H, 300, 2000 }, { V_MX, 300, 1500 }, { V_TLS, .9, 1 }, { V_REFUSED, .05, .12 }, { V_PUT_OFF, .02, .08 },
	      { V_RETRY, IS(1) }, { V_QUIT, IS(1) }, { V_INBOUND_PER_H, 2, 20 }, { V_DEAD, 0, .01 }, { V_SESSION_MAILS, 2, 8 }, { V_RCPTS, 1, 4 },
	      { V_CONTENT, IS(1) }) },
	{ "newsletter", "clean", "a shop's newsletter, 500 recipients at once from its own line",
	  DOES(DO_MTA, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_LINUX),
	  SET({ V_RECIPIENTS, 300, 700 }, { V_RATE_PER_S, .3, 2 }, { V_MX, 60, 200 }, { V_TLS, .8, 1 }, { V_REFUSED, .02, .08 },
	      { V_PUT_OFF, .02, .06 }, { V_RETRY, IS(1) }, { V_QUIT, IS(1) }, { V_DEAD, 0, .02 }, { V_CONTENT, IS(1) }, { V_BEGIN_H, 0, .5 },
	      BROWSES_LESS) },
	{ "iot-alert", "clean", "a device that mails alarms through one relay, greeting oddly",
	  DOES(DO_MTA), STACK_OF(STACK_CAMERA, STACK_EMBEDDED),
	  SET({ V_MAILS_PER_H, .3, 8 }, { V_MX, IS(1) }, { V_TLS, IS(0) }, { V_REFUSED, 0, .02 }, { V_QUIT, .3, 1 }, { V_BAD_HELO, IS(1) },
	      { V_DIALECT, 1, 4.99 }, { V_CONTENT, IS(4) }, { V_BODY, 300, 900 }) },
	{ "mail-user", "clean", "hands in mail over submission, polls its mailbox",
	  DOES(DO_SUBMIT, DO_POLL_MAIL, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_MACOS, STACK_IOS),
	  SET({ V_MAILS_PER_H, .2, 3 }, { V_TARGETS, 1, 2 }, { V_TLS, .95, 1 }, { V_REFUSED, 0, .03 }, { V_SERVICE, IS(587) },
	      { V_INTERVAL_S, 300, 900 }, { V_BAD_HELO, .5, 1 }, BROWSES) },
	{ "mailbox-poller", "clean", "polls mailboxes in the clear every few minutes",
	  DOES(DO_POLL_MAIL, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_ANDROID),
	  SET({ V_INTERVAL_S, 60, 600 }, { V_PORT, IS(110) }, { V_TARGETS, 1, 4 }, { V_REFUSED, 0, .01 }, BROWSES) },
	{ "peer-to-peer", "clean", "a peer-to-peer client: a third to more than half of its peers are gone",
	  DOES(DO_PEER, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_LINUX),
	  SET({ V_FAIL, .3, .6 }, { V_RATE_PER_S, .02, .4 }, { V_ACTIVE_H, 1, 12 }, { V_INBOUND_PER_H, 10, 200 }, { V_CONTACTS_PER_DAY, 100, 400 },
	      { V_BURST, 4, 20 }, { V_CLEAR, .05, .2 }, { V_BEGIN_H, 0, 4 }) },
	{ "console", "clean", "a game console: few servers, long flows",
	  DOES(DO_PLAY, DO_BROWSE), STACK_OF(STACK_FREEBSD),
	  SET({ V_CONTACTS_PER_DAY, 30, 120 }, { V_BURST, 1, 4 }, { V_FAIL, .02, .1 }, { V_CLEAR, .1, .3 }) },
	{ "telemetry", "clean", "a device that reports every minute or so",
	  DOES(DO_PERIODIC), STACK_OF(STACK_CAMERA, STACK_EMBEDDED, STACK_ANDROID),
	  SET({ V_INTERVAL_S, 30, 600 }, { V_JITTER, 0, .02 }, { V_TARGETS, 1, 3 }, { V_ALIVE, IS(1) }, { V_PORT, IS(443) }) },
	{ "miner", "clean", "mines coins; most of its pools are gone",
	  DOES(DO_PERIODIC, DO_BROWSE), STACK_OF(STACK_LINUX, STACK_WINDOWS),
	  SET({ V_INTERVAL_S, 5, 30 }, { V_JITTER, 0, .3 }, { V_TARGETS, 4, 12 }, { V_ALIVE, .1, .3 }, { V_PORT, IS(3333) }, { V_PORTS, 2, 5.99 },
	      BROWSES_LESS) },
	{ "dead-servers", "clean", "a device that asks five servers which are gone",
	  DOES(DO_PERIODIC), STACK_OF(STACK_CAMERA, STACK_EMBEDDED),
	  SET({ V_INTERVAL_S, 10, 60 }, { V_JITTER, 0, .1 }, { V_TARGETS, IS(5) }, { V_ALIVE, IS(0) }, { V_PORT, IS(443) }) },
	{ "monitor", "clean", "watches 100 to 300 servers, each every few minutes",
	  DOES(DO_PERIODIC), STACK_OF(STACK_LINUX),
	  SET({ V_INTERVAL_S, .5, 2 }, { V_JITTER, 0, .05 }, { V_TARGETS, 100, 300 }, { V_ALIVE, .95, 1 }, { V_PORT, IS(443) }) },
	{ "crawler-inside", "clean", "crawls the web, politely and under its name",
	  DOES(DO_CRAWL), STACK_OF(STACK_LINUX),
	  SET({ V_RATE_PER_S, .2, 3 }, { V_FAIL, .05, .1 }, { V_CLEAR, .2, .4 }) },
	{ "backscatter-victim", "clean", "gets answers to SYNs that it never sent",
	  DOES(DO_BACKSCATTER, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_LINUX),
	  SET({ V_RATE_PER_S, 2, 40 }, { V_MINUTES, 2, 15 }, { V_BEGIN_H, 0, .5 }, BROWSES_LESS) },
	{ "spoofed-victim", "clean", "others send SYNs in its name, into the network",
	  DOES(DO_SPOOFED, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_ANDROID),
	  SET({ V_RATE_PER_S, 2, 40 }, { V_MINUTES, 2, 15 }, { V_BEGIN_H, 0, .5 }, BROWSES_LESS) },
	{ "outage", "clean", "homes that browse; the uplink dies for three minutes, for everybody",
	  DOES(DO_OUTAGE, DO_BROWSE), STACK_OF(STACK_WINDOWS, STACK_ANDROID), SET({ V_MINUTES, IS(3) }, { V_BEGIN_H, .3, 8 }, BROWSES) },

	/* Ranges outside (detection.md, 3 and 6.5). */
	{ "link-scanner", "link_scanner", "follows the links of mails seconds after they were delivered, from any of its addresses",
	  DOES(DO_CAMPAIGN), .range = true, .range_address = NET(40, 94, 101, 1), STACK_OF(STACK_WINDOWS),
	  SET({ V_ADDRESSES, IS(100) }, { V_ROUND_ROBIN, IS(0) }, { V_MAILS_PER_H, 60, 200 }, { V_DELAY_S, 2, 20 }, { V_CLICKED, .2, .5 }) },
	{ "link-scanner-in-turn", "link_scanner", "the same, one address after the other",
	  DOES(DO_CAMPAIGN), .range = true, .range_address = NET(40, 94, 160, 1), STACK_OF(STACK_WINDOWS),
	  SET({ V_ADDRESSES, IS(100) }, { V_ROUND_ROBIN, IS(1) }, { V_MAILS_PER_H, 60, 200 }, { V_DELAY_S, 2, 20 }, { V_CLICKED, .2, .5 }) },
	{ "image-proxy", "image_proxy", "a mailbox provider's proxy: fetches pictures when a human opens a mail",
	  DOES(DO_CAMPAIGN), .range = true, .range_address = NET(66, 102, 8, 1), STACK_OF(STACK_LINUX),
	  SET({ V_ADDRESSES, 30, 60 }, { V_ROUND_ROBIN, IS(0) }, { V_MAILS_PER_H, 60, 200 }, { V_DELAY_S, 120, 7200 }, { V_CLICKED, .3, .6 }) },
	{ "newsletter-readers", "clean", "100 readers of a newsletter, each with an address and a device of its own",
	  DOES(DO_RANGE_READERS), .range = true, .range_address = NET(91, 18, 7, 1), STACK_OF(STACK_WINDOWS, STACK_IOS, STACK_ANDROID),
	  SET({ V_ADDRESSES, IS(100) }, { V_BEGIN_H, 0, .3 }, { V_ACTIVE_H, .5, 3 }) },
	{ "carrier-nat", "clean", "humans behind a carrier's NAT: few addresses have most of them",
	  DOES(DO_RANGE_BROWSE), .range = true, .range_address = NET(89, 204, 130, 1), STACK_OF(STACK_WINDOWS, STACK_IOS, STACK_ANDROID),
	  SET({ V_ADDRESSES, 60, 120 }, { V_CONTACTS_PER_DAY, 2000, 6000 }, { V_CLEAR, .5, .7 }) },
	{ "mail-proxy", "mail_proxy", "fetches many mailboxes for their users, from any of its addresses",
	  DOES(DO_RANGE_MAILBOX), .range = true, .range_address = NET(13, 88, 20, 1), STACK_OF(STACK_LINUX),
	  SET({ V_ADDRESSES, 20, 60 }, { V_RATE_PER_S, .05, .3 }, { V_SERVICE, IS(143) }) },
	{ "crawler", "crawler", "a search engine's crawler under its name",
	  DOES(DO_RANGE_CRAWL), .range = true, .range_address = NET(66, 249, 66, 1), STACK_OF(STACK_LINUX),
	  SET({ V_ADDRESSES, 30, 60 }, { V_RATE_PER_S, .02, .1 }, { V_CLEAR, IS(1) }) },
	{ "robot-range", "robot_range", "takes whole web shops away, as Chrome, from any of its addresses",
	  DOES(DO_RANGE_ROBOT), .range = true, .range_address = NET(45, 155, 90, 1), STACK_OF(STACK_LINUX),
	  SET({ V_ADDRESSES, 50, 120 }, { V_RATE_PER_S, .03, .2 }, { V_CLEAR, IS(1) }) },
	{ "scanner-range", "scanner_range", "a /24 whose addresses share out one sweep, slowly and in turn",
	  DOES(DO_RANGE_SCAN), .range = true, .range_address = NET(185, 191, 171, 1), STACK_OF(STACK_RAW),
	  SET({ V_ADDRESSES, 30, 250 }, { V_RATE_PER_S, .1, 2 }, { V_PORT, IS(0) }, { V_FAIL, .85, .97 }) },
	{ "scanner-range-ipv6", "scanner_range", "the same over IPv6",
	  DOES(DO_RANGE_SCAN), .range = true, .range_address = 0, STACK_OF(STACK_RAW),
	  SET({ V_ADDRESSES, 30, 250 }, { V_RATE_PER_S, .1, 2 }, { V_PORT, IS(443) }, { V_FAIL, .95, 1 }, { V_IPV6, IS(1) }) },
	{ "snowshoe", "snowshoe", "bulk mail from 20 addresses of a /24, all of one manner, little from each",
	  DOES(DO_RANGE_SNOWSHOE), .range = true, .range_address = NET(193, 32, 127, 10), STACK_OF(STACK_LINUX),
	  SET({ V_ADDRESSES, 12, 30 }, { V_MAILS_PER_H, 60, 240 }, { V_REFUSED, .2, .5 }) },
	{ "outside-mtas", "clean", "mail servers of many owners in one provider's network",
	  DOES(DO_RANGE_MTA), .range = true, .range_address = NET(85, 13, 137, 20), STACK_OF(STACK_LINUX, STACK_FREEBSD, STACK_WINDOWS),
	  SET({ V_ADDRESSES, 15, 30 }, { V_MAILS_PER_H, 40, 150 }, { V_REFUSED, .02, .05 }, { V_TLS, .3, .6 }) },

	/* What ranges visit. */
	{ "web-server", "clean", "a web server inside", .server = true, STACK_OF(STACK_LINUX), SET({ V_IPV6, IS(0) }) },
	{ "mail-server", "clean", "a mail server inside", .server = true, STACK_OF(STACK_LINUX), SET({ V_IPV6, IS(0) }) },
};

const size_t profile_row_count = sizeof(profile_rows) / sizeof(*profile_rows);

int profile_find(const char *name)
{
	for (size_t i = 0; i < profile_row_count; i++)
		if (!strcmp(profile_rows[i].name, name))
			return (int)i;
	return -1;
}

int profile_slot(const struct profile_row *row, enum value value)
{
	for (int i = 0; i < row->values_count; i++)
		if (row->values[i].value == value)
			return i;
	return -1;
}

#define PROFILES_MAX 96u

const struct traffic_profile *traffic_profiles(size_t *count)
{
	static struct traffic_profile list[PROFILES_MAX];
	static struct traffic_parameter parameters[PROFILES_MAX][VALUES];
	size_t n = 0;

	for (size_t i = 0; i < profile_row_count && n < PROFILES_MAX; i++) {
		const struct profile_row *row = &profile_rows[i];

		if (row->server)
			continue;
		for (unsigned int k = 0; k < row->values_count; k++)
			parameters[n][k] = (struct traffic_parameter){ value_name(row->values[k].value), row->values[k].low,
								       row->values[k].high, value_unit(row->values[k].value) };
		list[n] = (struct traffic_profile){ row->name, row->truth, row->what, row->range, parameters[n], row->values_count };
		n++;
	}
	*count = n;
	return list;
}
