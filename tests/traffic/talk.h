/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said in a flow, message by message. */
#ifndef GATEPOST_TRAFFIC_TALK_H
#define GATEPOST_TRAFFIC_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct traffic;
struct flow;

#define TALK_ROOM 16384u /* the longest message */

enum turn_kind { TURN_SAY, TURN_FIN, TURN_RST, TURN_VANISH };

/* Who does what next. */
struct turn {
	__u8 kind; /* enum turn_kind */
	__u8 from; /* enum flow_end */
	__u32 think_us;
};

struct talk {
	const char *name;
	/* The handshake is complete. Sets f->next. */
	void (*begin)(struct traffic *t, struct flow *f);
	/* Writes f's message into @out, of TALK_ROOM bytes; the same one whenever it is asked. Return: its length. */
	size_t (*render)(const struct traffic *t, const struct flow *f, __u8 *out);
	/* The message has passed. Counts, and sets f->next. */
	void (*passed)(struct traffic *t, struct flow *f);
};

enum smtp_refusal {
	REFUSE_NOTHING,
	REFUSE_LISTED,	 /* the text names a block list and the client */
	REFUSE_POLICY,	 /* ... a list of dynamic addresses */
	REFUSE_UNKNOWN,	 /* no such user */
	REFUSE_CONTENT,
	REFUSE_SENDER,
	REFUSE_RELAY,
	REFUSE_LATER,	 /* 4xx */
	REFUSE_QUOTA,	 /* 5xx of a provider: too many, or not yours */
	REFUSE_LOGIN,
};

enum smtp_stage { AT_NOTHING, AT_CONNECT, AT_MAIL, AT_RCPT, AT_BODY, AT_LOGIN };

enum smtp_dialect {
	DIALECT_MTA,	  /* as mail servers speak: SIZE=, brackets, upper case */
	DIALECT_PLAIN,	  /* upper case, no parameters */
	DIALECT_CAMEL,	  /* "Mail From: <x>" */
	DIALECT_LOWER,
	DIALECT_SLOPPY,	  /* HELO, space behind the colon */
	DIALECT_BARE_LF,
};

enum smtp_helo { HELO_OWN_NAME, HELO_BARE_WORD, HELO_LITERAL, HELO_ADDRESS, HELO_LOCALHOST, HELO_STRANGE };

enum smtp_flag {
	SMTP_TLS = 1,	    /* STARTTLS, where it is offered */
	SMTP_IMPLICIT = 2,  /* TLS from the first byte */
	SMTP_LOGIN = 4,
	SMTP_NO_QUIT = 8,
	SMTP_RSET = 16,	    /* between mails */
	SMTP_RST = 32,	    /* ends by RST */
	SMTP_NO_OFFER = 64, /* the server has no STARTTLS */
	SMTP_EARLY = 128,   /* the client does not wait for the banner */
};

enum mail_body { BODY_TEXT, BODY_NEWSLETTER, BODY_SPAM, BODY_EXTORTION, BODY_ALERT, BODY_ONE_TIME };

struct smtp_talk {
	__u32 mx;	  /* number of the server's domain */
	__u32 helo;	  /* number of the client's name */
	__u32 refused;	  /* recipients that are refused, a bit each */
	__u32 body_bytes; /* 0: as long as it comes */
	__u64 token;	  /* of the first recipient's link; 0: none */
	__u32 errand;	  /* actor that is told of the delivery; HOST_NONE */
	__u16 mails, mail; /* how many, which one */
	__u8 rcpts, rcpt;
	__u8 flags, dialect, helo_form, body;
	__u8 stage, reason; /* enum smtp_stage at which, enum smtp_refusal why the first mail is refused */
	__u8 kind;	  /* enum outside: of whose domain the client's name is */
	__u8 server_kind; /* enum outside, of the server's name */
	__u8 phase, taken; /* recipients taken so far */
	__u8 hello;	  /* enum tls_client */
	bool in_tls;
};

enum web_path {
	PATH_PAGE,
	PATH_ASSET,
	PATH_IMAGE,
	PATH_TOKEN,
	PATH_PIXEL,
	PATH_PROBE,
	PATH_LOGIN,
	PATH_ROBOTS,
	PATH_STATUS,
};

enum web_flag {
	WEB_TLS = 1,
	WEB_COOKIE = 2,
	WEB_KEEP = 4,	 /* the server ends */
	WEB_ASSETS = 8,	 /* behind a page its assets */
	WEB_INSIDE = 16, /* the name is an inside server's */
	WEB_SILENT = 32, /* no answer to the request */
	WEB_ROBOTS = 64, /* robots.txt first */
};

struct web_talk {
	__u32 site;	   /* number of the server's name */
	__u32 answer_bytes;
	__u64 token;
	__u32 path;	   /* first one's number */
	__u16 requests, request;
	__u16 status;
	__u8 flags, agent, what, hello, kind, phase;
	__u8 not_found;	   /* so many of 255 requests are answered with 404 */
	bool robot;	   /* for totals: no human asked for it */
	__u32 gap_us;	   /* between requests */
};

enum line_kind { LINE_OVER, LINE_SAY, LINE_NOISE, LINE_HELLO, LINE_FLIGHT, LINE_FINISHED, LINE_RECORD, LINE_ROUND, LINE_FIN };

/* One message of a table, up to LINE_OVER. */
struct line {
	__u8 kind;
	__u8 from; /* enum flow_end */
	__u32 think_ms;
	const char *text; /* %n a user's name, %d the server's domain, %w a password, %r the round */
	const char *no;	  /* instead, when the answers say no; it is then counted */
	__u16 bytes;	  /* of noise and of records */
};

/* Lines as they stand in a table. */
struct lines_talk {
	const struct line *at;
	const struct line *first;
	__u32 number;	/* of the server's name */
	__u32 think_ms; /* between rounds; 0: as the table has it */
	__u16 rounds, round;
	__u8 kind, hello;
	bool fails; /* the answers say no */
};

union talk_state {
	struct smtp_talk smtp;
	struct web_talk web;
	struct lines_talk lines;
};

extern const struct talk talk_smtp, talk_web, talk_lines;

/* Tables of lines. */
extern const struct line lines_pop3[], lines_imap[], lines_submission[], lines_imaps[], lines_peer[], lines_game[], lines_beacon[],
	lines_push[], lines_miner[], lines_telnet[], lines_greeting[];

#endif
