/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verdict on spam bots is made of: its families of evidence and what each observation weighs. */
#ifndef GATEPOST_JUDGE_SPAM_H
#define GATEPOST_JUDGE_SPAM_H

/* docs/detection.md, 9. */
enum gp_family {
	GP_FAMILY_PLACEMENT,
	GP_FAMILY_FANOUT,
	GP_FAMILY_REFUSED,
	GP_FAMILY_DIALECT,
	GP_FAMILY_TLS,
	GP_FAMILY_RETRY,
	GP_FAMILY_TCP,
	GP_FAMILY_STACK,
	GP_FAMILY_SPF,
	GP_FAMILY_KNOWN_BAD,
	GP_FAMILY_SUBMISSION,
	GP_FAMILIES,
};

/* Nats. Both 0: the family is switched off. */
struct gp_family_bounds {
	double floor, cap;
};

/* Nats for one observation, unless it says otherwise. The defaults: user/limits.c. */
struct gp_spam_limits {
	struct gp_family_bounds bounds[GP_FAMILIES];
	double placement; /* a subscriber's line with a proved flow to port 25 */
	double serves;	  /* it takes mail for others: a mail server, declared or not */
	double serves_networks; /* so many networks must have sent it mail */
	double grown, grown_ratio; /* a business line: so many times its own fan-out of the last 14 days */
	double refused, accepted; /* a recipient, or a mail */
	double listed, listed_again; /* a list of offenders names it: the first mail network, and each further one */
	double early;	  /* spoke before the greeting */
	double helo_bad, helo_good;
	double odd;	  /* letters and syntax of no mail program */
	double no_quit, quit;
	double names, names_per_day; /* at least so much, with so many greeting names in a day */
	double tls_unused, tls_used;
	double gave_up, came_back; /* after it was put off */
	double unanswered, answered; /* connection attempts */
	double client_stack, server_stack; /* what kind of machine its SYNs come from */
	double spf_fail, spf_pass;
	double known_bad;
	double handed_refused, handed_accepted; /* recipients of mail that it handed in at a submission port */
	double handed_spam; /* a mail that was refused there for what it holds */
};

#endif
