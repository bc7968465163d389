/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who guesses passwords: what is asked of the evidence, and what is remembered of a host. docs/detection.md, "Brute forcer". */
#ifndef GATEPOST_JUDGE_LOGIN_H
#define GATEPOST_JUDGE_LOGIN_H

#include <stdbool.h>

#include <linux/types.h>

#include "standing.h"

struct gp_login_limits {
	double allowed;	      /* refused log-ins per window that say nothing: a forgotten password */
	double refused;	      /* nats for each one beyond */
	double accepted;      /* nats that each log-in that was accepted takes off */
	double refused_share; /* of all outcomes, below which refusals do not count */
	double fast;	      /* refused per window: no hand types, and few devices retry, so fast */
	double very_fast;     /* refused per window, twice: to confirm */
	double brief_allowed; /* brief flows of SSH, RDP, telnet or VNC per window that say nothing */
	double brief;	      /* nats for each one beyond */
	double brief_share;   /* of all such flows, below which brief ones do not count */
	double per_server;    /* brief flows per server, at least */
	double hidden;	      /* brief flows to mailboxes within TLS, per window: more than any household's programs ask */
};

enum gp_login_family {
	GP_LOGIN_FAMILY_REFUSED, /* servers said no */
	GP_LOGIN_FAMILY_SPEED,	 /* faster than hands and most devices */
	GP_LOGIN_FAMILY_BRIEF,	 /* flows that end as failed log-ins do */
	GP_LOGIN_FAMILY_HIDDEN,	 /* the same to mailboxes, of which many are polls */
	GP_LOGIN_FAMILIES,
};

/* What the families are made of. Counters that wrap round. */
struct gp_login_news {
	__u32 mailbox_refused, mailbox_accepted; /* POP3 and IMAP in the clear */
	__u32 mail_refused, mail_accepted;	 /* AUTH to mail servers */
	__u32 ftp_refused, ftp_accepted;
	__u32 web_refused, web_accepted; /* heard: told when their flows end */
	__u32 requests;		/* of the web: counted as they pass */
	__u32 lasting, brief;	/* of SSH, RDP, telnet and VNC */
	__u32 mailbox_brief;
	__u32 contacts;		/* first contacts to ports of services */
	__u64 web_generation;
};

/* What a window brought, for the reasons. */
struct gp_login_window {
	double refused, accepted;
	double rate;	/* refused, as far as it can have been in this window */
	double lasting, brief;
	double hidden;	/* brief flows to mailboxes that said nothing in the clear */
	double guesses; /* of the brief ones: those that may be guesses; maybe of the window before, which is clear only now */
	double servers; /* new ones */
};

struct gp_login_state {
	struct gp_login_news seen;
	double weight[GP_LOGIN_FAMILIES];
	double refused, outcomes; /* faded, as the weights: the share of refusals */
	double ended, brief;	  /* likewise: of what ended, brief and lasting */
	double servers;		  /* the most new ones of a window, faded with an hour */
	double slow;		  /* brief flows of the last window, to one server and slowly */
	bool even;		  /* as many as in the one before */
	__u64 weighed_ns;
	__u32 windows; /* in a row, very fast */
	struct gp_standing standing;
	struct gp_login_window last;
	double shown[GP_LOGIN_FAMILIES]; /* when they spoke loudest, in this episode, and what they were made of */
	struct gp_login_window shown_window;
	__u64 guesses; /* refused and brief, in all */
};

struct gp_host;
struct gp_case;
struct gp_finding;

/* gp_login_concerns() - has a host done enough for a look? */
bool gp_login_concerns(const struct gp_host *host);

/* gp_login_weigh() - the end of a window; one with nothing new only fades. */
void gp_login_weigh(struct gp_login_state *state, const struct gp_case *c, __u64 now_ns);

/* What speaks for and against, verdict or not. */
void gp_login_opinion(struct gp_finding *out, const struct gp_login_state *state, const struct gp_case *c);

/* gp_login_finding() - the verdict, with its reasons. Return: false without one. */
bool gp_login_finding(struct gp_finding *out, const struct gp_login_state *state, const struct gp_case *c);

#endif
