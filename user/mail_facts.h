/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a mail dialogue tells about its sender: how it speaks (its dialect, after Stringhini et al., B@bel, USENIX
 * Security 2012), and what the server thinks of it: replies, block lists, and where TLS hides the replies the size of
 * the flow (Schatzmann et al., PAM 2009). Names are a stranger's bytes: gp_sanitise() makes text of them.
 */
#ifndef GATEPOST_MAIL_FACTS_H
#define GATEPOST_MAIL_FACTS_H

#include <gatepost/abi.h>

#include "dialogue.h"

#define GP_MAIL_VERBS 16u    /* in the order of verbs */
#define GP_MAIL_REFUSALS 16u /* distinct ones */
#define GP_MAIL_DOMAINS 8u   /* distinct ones of recipients, and of senders */
#define GP_MAIL_NAME 255u    /* of a domain (RFC 1035, 2.3.4) */

/* These numbers are part of the dialect's hash: append, never change one. */
enum gp_mail_verb {
	GP_VERB_NONE = 0,
	GP_VERB_HELO = 1,
	GP_VERB_EHLO = 2,
	GP_VERB_LHLO = 3,
	GP_VERB_MAIL = 4,
	GP_VERB_RCPT = 5,
	GP_VERB_DATA = 6,
	GP_VERB_BDAT = 7,
	GP_VERB_RSET = 8,
	GP_VERB_QUIT = 9,
	GP_VERB_STARTTLS = 10,
	GP_VERB_AUTH = 11,
	GP_VERB_NOOP = 12,
	GP_VERB_VRFY = 13,
	GP_VERB_EXPN = 14,
	GP_VERB_HELP = 15,
	GP_VERB_ETRN = 16,
	GP_VERB_OTHER = 17, /* none of these */
	GP_VERBS,
};

/* d2: how it greeted. Part of the hash, as all enums up to enum gp_mail_parameter. */
enum gp_mail_greeting {
	GP_GREETED_HELO = 1,
	GP_GREETED_EHLO = 2,
	GP_GREETED_LHLO = 4,
};

/* d4: letters. */
enum gp_mail_case {
	GP_CASE_NONE = 0,
	GP_CASE_UPPER = 1,
	GP_CASE_LOWER = 2,
	GP_CASE_MIXED = 3,  /* both in one word: "Mail" */
	GP_CASE_VARIED = 4, /* words in upper, others in lower case */
};

/* d5 */
enum gp_mail_syntax {
	GP_SYNTAX_SPACE_AFTER_COLON = 1,
	GP_SYNTAX_NO_BRACKETS = 2, /* MAIL FROM:x@y */
	GP_SYNTAX_TRAILING_SPACE = 4,
	GP_SYNTAX_BARE_LF = 8,
};

/* d6: commands sent while others waited for their replies. */
enum gp_mail_pipelining {
	GP_PIPELINED_NOT = 0,
	GP_PIPELINED_OFFERED = 1,   /* the server had offered PIPELINING */
	GP_PIPELINED_UNOFFERED = 2, /* it had not, or not yet */
};

/* d7 */
enum gp_mail_habit {
	GP_HABIT_RSET = 1,
	GP_HABIT_NOOP = 2,
	GP_HABIT_VRFY = 4, /* or EXPN */
	GP_HABIT_OTHER = 8, /* HELP, ETRN, or no verb at all */
};

/* d8 */
enum gp_mail_ending {
	GP_ENDING_OPEN = 0,    /* not seen: time-out, end of the input */
	GP_ENDING_QUIT = 1,    /* QUIT, FIN */
	GP_ENDING_FIN = 2,     /* without QUIT */
	GP_ENDING_RST = 3,     /* without QUIT */
	GP_ENDING_ABANDON = 4, /* FIN or RST instead of QUIT, behind a refusal */
	GP_ENDING_QUIT_RST = 5,
	GP_ENDING_SERVER = 6,  /* the server's 421, or its refusal as a greeting: QUIT was not to be expected */
	GP_ENDING_HIDDEN = 7,  /* in TLS */
};

/* d9: parameters of MAIL, and whether the server had offered them. */
enum gp_mail_parameter {
	GP_PARAMETER_SIZE = 1,
	GP_PARAMETER_BODY = 2,
	GP_PARAMETER_OTHER = 4,
	GP_PARAMETER_SIZE_OFFERED = 8,
	GP_PARAMETER_BODY_OFFERED = 16,
};

/* d11 */
enum gp_mail_starttls {
	GP_STARTTLS_NONE,
	GP_STARTTLS_OFFERED, /* and no mail was sent */
	GP_STARTTLS_UNUSED,  /* offered, and mail went in the clear */
	GP_STARTTLS_REFUSED,
	GP_STARTTLS_USED,
};

/* What a text that names a block list and the client's own address says about that address; the strongest one counts. */
enum gp_mail_dnsbl {
	GP_DNSBL_NONE,
	GP_DNSBL_POLICY,   /* where it is: a dynamic pool, a neighbourhood. Nothing about what it does */
	GP_DNSBL_COMBINED, /* a list that holds both, and the text does not tell which */
	GP_DNSBL_LISTED,   /* what it did: spam traps, malware, reports */
};

enum gp_mail_outcome {
	GP_OUTCOME_UNKNOWN,
	GP_OUTCOME_FAILED,   /* nothing was tried, or nothing that a server judged */
	GP_OUTCOME_REJECTED, /* refused before any mail was taken, permanently or for now */
	GP_OUTCOME_ACCEPTED, /* at least one mail was taken */
};

/*
 * Outcome by size: bytes Q of the client, without H up to and with its TLS Finished, r recipients as far as they are
 * visible, else 1: below FAILED nothing was said behind the handshake; below REJECTED + PER_RECIPIENT (r - 1) no mail
 * was sent. Measured with one client (Python's smtplib, OpenSSL 3.0, TLS 1.3): 110 bytes for a refused recipient, 29 for
 * each further one, 521 for a mail of 400 bytes; within TLS about 210 and 670.
 */
#define GP_MAIL_SIZE_FAILED 60u
#define GP_MAIL_SIZE_REJECTED 300u
#define GP_MAIL_SIZE_PER_RECIPIENT 30u

/* A reply of 400 and above, to what it was. */
struct gp_mail_refusal {
	__u8 stage; /* enum gp_smtp_stage up to GP_STAGE_BODY */
	__u16 code;
	__u16 enhanced[3]; /* RFC 3463; the first is 0 without */
	__u32 count;
};

struct gp_mail_name {
	__u8 len;
	char data[GP_MAIL_NAME];
};

struct gp_mail_facts {
	/* The dialect; d12 and d13 are the host's, over time, and need helo and put_off. */
	bool early_talker;   /* d1: spoke before the server's greeting, and then mail */
	__u8 greeting;	     /* d2, enum gp_mail_greeting */
	__u8 helo_form;	     /* d3, enum gp_helo_form, of the last greeting */
	bool helo_is_source; /* it names the client's own address, in brackets or not */
	__u8 verb_case, keyword_case; /* d4, enum gp_mail_case: of verbs, and of FROM and TO behind them */
	__u8 syntax;	     /* d5, enum gp_mail_syntax */
	__u8 pipelining;     /* d6 */
	__u8 habits;	     /* d7, enum gp_mail_habit */
	__u8 ending;	     /* d8 */
	__u8 parameters;     /* d9, enum gp_mail_parameter */
	bool sender_is_recipient; /* d10: MAIL and RCPT give the same address */
	bool null_sender, null_sender_many; /* d10: MAIL FROM:<>, and with more than one recipient */
	bool callout;	     /* asked for recipients as the null sender, and never began a mail: it verifies a sender */
	__u8 starttls;	     /* d11, enum gp_mail_starttls */
	bool auth_tried, auth_on_smtp; /* d11: at all; to a port of service smtp */
	__u8 verbs_count;
	__u8 verbs[GP_MAIL_VERBS]; /* enum gp_mail_verb in their order, of the same in a row one */
	__u32 dialect_id;    /* 0: no mail was spoken, or commands or replies may be missing */
	struct gp_mail_name helo; /* of the last greeting, as given */
	bool put_off;	     /* ended with a refusal for now (4yz) and without one mail taken: a mail server comes back */

	/* What the server thinks. */
	__u32 recipients, recipients_accepted, recipients_4xx, recipients_5xx; /* the rest of the first: no reply was seen */
	__u32 accepted_messages;
	__u32 auth_refused;
	__u32 refused;	     /* replies of 500 and above to the connection, MAIL, RCPT, DATA and the mail */
	__u32 refused_policy; /* of these: gp_mail_is_policy() */
	__u8 dnsbl;	     /* enum gp_mail_dnsbl */
	__u8 refusals_count;
	__u32 refusals_more; /* replies that did not fit */
	struct gp_mail_refusal refusals[GP_MAIL_REFUSALS];
	__u8 outcome;	     /* enum gp_mail_outcome: by replies in the clear where they tell, else by size */
	__u8 by_size;	     /* enum gp_mail_outcome, by size alone */

	/* The envelope: domains in lower case, without what stands before the "@". */
	__u8 senders_count, recipients_count;
	__u32 senders_more, recipients_more; /* envelope addresses whose domains did not fit */
	struct gp_mail_name sender_domains[GP_MAIL_DOMAINS], recipient_domains[GP_MAIL_DOMAINS];

	bool complete; /* from the first byte of both sides to the end, or to TLS, without gaps */
};

/**
 * gp_mail_facts() - what a finished dialogue tells.
 * @out:    filled in; points to nothing.
 * @d:      of protocol GP_DIALOGUE_SMTP, its stream and what it counted included.
 * @end:    how its flow ended.
 * @record: what the data plane counted of the same flow, or NULL. Its byte counts are whole even where @d has gaps.
 *
 * Depends on its arguments alone. dialect_id is FNV-1a of 32 bits (offset basis 0x811c9dc5, prime 0x01000193) over these
 * bytes: 1 (the version of this list), greeting, helo_form, verb_case, keyword_case, syntax, pipelining, habits, ending,
 * parameters, and each verb of the dialogue's first GP_MAIL_VERBS distinct ones in the order in which they first occur
 * (enum gp_mail_verb). Verbs within TLS are not seen and not part of it. Equal on all machines and in all versions that
 * begin with 1; it says how somebody speaks, not to whom: no name and no address is part of it.
 */
void gp_mail_facts(struct gp_mail_facts *out, const struct gp_dialogue *d, enum gp_stream_end end,
		   const struct gp_flow_record *record);

/**
 * gp_mail_dnsbl() - what the text of a refusal says about an address (enum gp_mail_dnsbl).
 *
 * Counts only when the address is quoted: IPv4 in dotted form, IPv6 in any spelling of RFC 4291, 2.2. Lists are known by
 * their domains; words like "dynamic" make it policy, also without a list.
 */
__u8 gp_mail_dnsbl(const char *text, size_t len, const struct gp_addr *address);

/**
 * gp_mail_is_policy() - does a refusal tell only of where its client is, or that it may not relay here?
 * @enhanced: its code by RFC 3463.
 *
 * Dynamic space, no PTR record, relaying denied: whatever it had brought would have been refused. A text that names a list
 * of offenders is none, whatever else it says.
 */
bool gp_mail_is_policy(const char *text, size_t len, const __u16 enhanced[3]);

#endif
