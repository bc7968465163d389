/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was said on a flow: commands and replies of mail (RFC 5321), requests and responses of the web (RFC 9112), in the
 * order in which they passed, and what a client of TLS offers. Bodies are skipped, and what follows AUTH is not kept.
 * Everything kept is bounded per flow and in all, and may hold any bytes.
 */
#ifndef GATEPOST_DIALOGUE_USER_H
#define GATEPOST_DIALOGUE_USER_H

#include <stdbool.h>
#include <stddef.h>

#include "ja4.h"
#include "mail_tls.h"
#include "message.h"
#include "streams.h"

enum gp_dialogue_protocol {
	GP_DIALOGUE_UNKNOWN, /* nobody spoke, or nothing that is read */
	GP_DIALOGUE_SMTP,
	GP_DIALOGUE_HTTP,
	GP_DIALOGUE_TLS,
};

enum gp_said_kind {
	GP_SAID_COMMAND,
	GP_SAID_REPLY,
	GP_SAID_REQUEST,
	GP_SAID_RESPONSE,
	GP_SAID_GAP,
};

/* What a greeting names. */
enum gp_helo_form {
	GP_HELO_NONE,
	GP_HELO_EMPTY,
	GP_HELO_FQDN,
	GP_HELO_WORD, /* no dot */
	GP_HELO_LOCALHOST,
	GP_HELO_ADDRESS, /* without brackets */
	GP_HELO_LITERAL, /* RFC 5321, 4.1.3 */
	GP_HELO_OTHER,
};

/* Bytes of the dialogue's text. */
struct gp_words {
	__u32 at;
	__u16 len;
	bool cut; /* there was more */
};

enum gp_said_flag {
	GP_SAID_BARE_LF = 1,	 /* the line ended without CR */
	GP_SAID_EARLY = 2,	 /* before the server's greeting */
	GP_SAID_AHEAD = 4,	 /* while an earlier command waited for its reply (RFC 2920) */
	GP_SAID_AFTER_GAP = 8,	 /* bytes before it are missing */
	GP_SAID_COOKIE = 16,
	GP_SAID_REFERER = 32,
	GP_SAID_CUT = 64, /* a line or a head whose end did not come */
	GP_SAID_TO_LOGIN = 128, /* a response whose Location has a path that passwords are sent to (struct gp_web_shape) */
};

/* The scheme of a request's Authorization (RFC 9110, 11.4); what follows it is never kept. */
enum gp_authorization {
	GP_AUTHORIZATION_NONE,
	GP_AUTHORIZATION_BASIC, /* RFC 7617 */
	GP_AUTHORIZATION_DIGEST, /* RFC 7616 */
	GP_AUTHORIZATION_OTHER,
};

/* The Content-Type of a response (RFC 9110, 8.3). */
enum gp_media {
	GP_MEDIA_UNKNOWN, /* there was none */
	GP_MEDIA_HTML,
	GP_MEDIA_IMAGE,
	GP_MEDIA_ASSET, /* style sheets, scripts, fonts */
	GP_MEDIA_OTHER,
};

enum gp_said_words {
	GP_WORDS_VERB,	   /* of a command; the method of a request */
	GP_WORDS_ARGUMENT, /* of a command; the target of a request; the text of a reply */
	GP_WORDS_HOST,	   /* of a request; the address in MAIL and RCPT */
	GP_WORDS_AGENT,
	GP_WORDS,
};

#define GP_ANSWERS_NONE -1	/* nothing that was seen */
#define GP_ANSWERS_CONNECTION -2 /* the greeting */
#define GP_ANSWERS_BODY -3	/* the end of a mail */

/* One line, one message head, or one gap. */
struct gp_said {
	__u64 time_ns;
	struct gp_words words[GP_WORDS];
	__u64 path_hash;    /* of a request's target, or of a response's Location; 0 where there is no path */
	__u32 lines;	    /* of a reply; bytes of a gap */
	__s32 answers;	    /* index of what a reply or a response answers, or GP_ANSWERS_* */
	__u16 code;	    /* of a reply or a response */
	__u16 enhanced[3];  /* RFC 3463; the first is 0 without */
	__u8 kind;	    /* enum gp_said_kind */
	__u8 speaker;	    /* enum gp_speaker */
	__u8 flags;	    /* enum gp_said_flag */
	__u8 authorization; /* of a request, enum gp_authorization */
	__u8 media;	    /* of a response, enum gp_media */
};

struct gp_spoken_line {
	char *data;
	__u32 len, size;
	bool cut; /* longer than what is kept */
};

#define GP_TLS_HANDSHAKE 0x16 /* the type of a record (RFC 8446, 5.1), and no letter of mail or the web */

/* What all dialogues share. */
struct gp_dialogue_budget {
	__u64 used, max;	     /* bytes that they may hold together */
	__u64 refused;		     /* flows that were not read, for want of room */
	__u8 salt[GP_MESSAGE_SALT]; /* of the hashes of paths, and of links (gp_url_hash()) */
};

#define GP_DIALOGUE_SMALL 16384u  /* bytes; what is larger may grow until half of the budget is used */
#define GP_SAID_MAX 4096u	  /* per flow */
#define GP_SAID_TEXT_MAX 262144u  /* bytes per flow */
#define GP_LINE_MAX 8192u	  /* kept of a line: RFC 9112, 3; RFC 5321, 4.5.3.1 asks for less */
#define GP_WORDS_MAX 4096u	  /* kept of a word */
#define GP_SMTP_WORDS_MAX 512u	  /* kept of a command's argument and of a reply's text (RFC 5321, 4.5.3.1.4) */
#define GP_SMTP_WAITING 64u	  /* commands that wait for their replies */
#define GP_SMTP_MESSAGES 8u	  /* mails whose text is read, per flow */
#define GP_HTTP_WAITING 64u	  /* requests likewise */

enum gp_smtp_phase {
	GP_SMTP_PHASE_COMMAND,
	GP_SMTP_PHASE_DATA, /* behind DATA, before its reply */
	GP_SMTP_PHASE_BODY,
	GP_SMTP_PHASE_CHUNK,
	GP_SMTP_PHASE_AUTH,
	GP_SMTP_PHASE_TLS,
};

struct gp_smtp_dialogue {
	__u8 phase;
	__u8 body_at;	      /* where in the final CRLF.CRLF the body stands */
	bool body_doubtful;   /* a gap, or a dot between bare LFs: a reply ends the body */
	bool lmtp, auth, quit, greeted, early_talker, starttls_offered, starttls_used, pipelining_offered;
	bool unsure;	      /* behind a gap, until the server replies: this may be a body */
	bool chunk_last;
	bool reply_open;      /* behind "250-" */
	__u8 helo_form;	      /* enum gp_helo_form of the last HELO, EHLO or LHLO */
	__u32 redacted;	      /* lines of AUTH that were passed over */
	__u32 odd_lines;      /* of the server, that are no reply */
	__u32 accepted;	      /* recipients of this mail */
	__u64 chunk_left;     /* of BDAT */
	__u64 body_bytes;     /* of all mails, as they were seen */
	struct gp_said reply; /* that is not complete */
	struct {
		__s32 index;
		__u8 verb;
		bool last_chunk; /* BDAT with LAST */
	} waiting[GP_SMTP_WAITING];
	__u32 waiting_first, waiting_count;
	bool replies_lost;    /* a gap in what the server said, since the last reply */
	bool calm;	      /* nothing since the last reply */
	bool server_begun;
	bool waiting_lost;    /* more than fit, once */
	bool size_offered, eightbit_offered; /* SIZE (RFC 1870), 8BITMIME (RFC 6152) */
	bool trailing_blank;  /* behind a command */
	bool commands_lost;   /* a gap where commands may have stood */
	bool in_message;      /* bytes of a mail's text came, and not yet its end */
	bool message_torn;    /* its first bytes did not */
	__u8 messages_count;
	__u32 messages_more;  /* mails that were not read */
	__u8 messages_answered; /* as far as BDAT is concerned */
	struct gp_message *messages[GP_SMTP_MESSAGES];
	__u64 taken_ns[GP_SMTP_MESSAGES]; /* when the server took responsibility for it (RFC 5321, 4.2.5); 0: it did not */
	struct gp_message_reader *reader; /* of the last of them, while it passes */
	__u64 client_bytes;   /* told so far, gaps included */
	__u64 tls_begin;      /* of these, before the first TLS record */
	struct gp_mail_tls tls;
};

enum gp_http_phase {
	GP_HTTP_AT_START,
	GP_HTTP_AT_HEAD,
	GP_HTTP_AT_BODY,
	GP_HTTP_AT_CHUNK_SIZE,
	GP_HTTP_AT_CHUNK,
	GP_HTTP_AT_CHUNK_END,
	GP_HTTP_AT_TRAILER,
	GP_HTTP_AT_RESYNC, /* at a segment's beginning */
	GP_HTTP_AT_TUNNEL, /* behind CONNECT: the client's next byte tells whether that is TLS */
	GP_HTTP_AT_TLS,
	GP_HTTP_AT_OVER,	/* the rest is not read */
};

struct gp_http_side {
	__u8 phase;
	bool chunked, coded, after_gap, bad_length;
	bool has_length;
	__u64 left;
	__u32 head_bytes;
	struct gp_said said; /* the head that is being read */
};

struct gp_http_dialogue {
	struct gp_http_side sides[GP_SPEAKERS];
	struct {
		__s32 index;
		bool head, connect;
	} waiting[GP_HTTP_WAITING];
	__u32 waiting_first, waiting_count;
};

enum gp_tls_phase {
	GP_TLS_AT_HELLO,
	GP_TLS_OVER, /* the hello was read, or none came */
};

struct gp_tls_dialogue {
	__u8 phase;
	bool has_hello;		     /* what follows is from it */
	bool malformed;		     /* struct gp_hello */
	__u16 version;		     /* the greatest that is offered: of supported_versions, else legacy_version */
	struct gp_words sni;	     /* empty without one */
	struct gp_words protocols;   /* ALPN: each behind a byte with its length */
	char ja4[GP_JA4_TEXT];
	struct gp_spoken_line bytes; /* of a hello that is not whole */
};

struct gp_dialogue {
	const struct gp_stream *stream; /* borrowed until close */
	struct gp_dialogue_budget *budget;
	enum gp_dialogue_protocol protocol;
	struct gp_said *said;
	char *text;
	__u32 said_count, said_size, text_len, text_size;
	__u32 dropped; /* entries that did not fit */
	__u32 bytes;   /* all the memory that this dialogue holds, its share of the budget */
	struct gp_spoken_line lines[GP_SPEAKERS];
	bool spoken[GP_SPEAKERS]; /* bytes or gaps were told */
	bool decided;		  /* how the flow is read */
	struct gp_tls_dialogue *tls; /* NULL without TLS; with mail, after STARTTLS; with the web, after CONNECT */
	union {
		struct gp_smtp_dialogue *smtp;
		struct gp_http_dialogue *http;
		void *state;
	};
};

/**
 * gp_dialogue_open() - the reader of a flow's bytes.
 * @stream: its service decides how it is read, and its first bytes. Borrowed until close.
 * @budget: shared, borrowed until close. Of all dialogues together, nothing beyond its `max` is ever allocated: of
 *          the flows that come then, those that end early give room to others, and `refused` counts the rest. The
 *          longest dialogue holds 700 kB, so that a few could fill it: from half of it on, only what is smaller than
 *          GP_DIALOGUE_SMALL grows.
 *
 * Return: NULL when out of memory or of budget, or when the service is none that is read.
 */
struct gp_dialogue *gp_dialogue_open(const struct gp_stream *stream, struct gp_dialogue_budget *budget);

/* Bytes in order, or with data NULL a gap; as struct gp_stream_reader wants it. */
void gp_dialogue_bytes(void *dialogue, enum gp_speaker speaker, __u64 time_ns, const __u8 *data, __u32 len);

/* The flow is over: what is unfinished is told as such. */
void gp_dialogue_finish(struct gp_dialogue *dialogue);

void gp_dialogue_close(struct gp_dialogue *dialogue);

/**
 * gp_dialogue_url_hash() - the name of the URL that a request in the clear is for, as a link to it in a mail has it.
 * @said: a request of this dialogue.
 *
 * Return: gp_url_hash() of its Host and target; 0 without a Host, of other targets than paths, and where either was cut.
 */
__u64 gp_dialogue_url_hash(const struct gp_dialogue *d, const struct gp_said *said);

/*
 * What the readers of protocols share.
 */

/* Memory filled with zeros, until close. Return: NULL when there is none, or none is left of the budget. */
void *gp_dialogue_alloc(struct gp_dialogue *d, size_t size);

/* A copy of bytes in the dialogue's text, bounded. */
struct gp_words gp_dialogue_words(struct gp_dialogue *d, const char *from, size_t len, size_t max);

/* Return: index of the new entry, or GP_ANSWERS_NONE when it did not fit, which is counted. */
__s32 gp_dialogue_say(struct gp_dialogue *d, const struct gp_said *said);

/**
 * gp_line_take() - a line's bytes.
 * @used: out; how many of them belong to it.
 *
 * Return: true when the line is complete, LF included; until gp_line_next() it is in line->data.
 */
bool gp_line_take(struct gp_dialogue *d, struct gp_spoken_line *line, const __u8 *data, __u32 len, __u32 *used);
void gp_line_next(struct gp_spoken_line *line);

/* More bytes, up to max in all. Return: false when there was no memory for them. */
bool gp_line_append(struct gp_dialogue *d, struct gp_spoken_line *line, const __u8 *data, __u32 len, __u32 max);

/* Overwrites what a line holds, and frees it. */
void gp_line_release(struct gp_dialogue *d, struct gp_spoken_line *line);

/* Without its LF or CRLF. Return: true when there was no CR. */
bool gp_line_trim(struct gp_spoken_line *line);

/* The readers. open: 0 or -ENOMEM. */
int gp_dialogue_smtp_open(struct gp_dialogue *d);
void gp_dialogue_smtp_bytes(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, const __u8 *data, __u32 len);
void gp_dialogue_smtp_gap(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, __u32 len);
void gp_dialogue_smtp_close(struct gp_dialogue *d);
int gp_dialogue_http_open(struct gp_dialogue *d);
void gp_dialogue_http_bytes(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, const __u8 *data, __u32 len);
void gp_dialogue_http_finish(struct gp_dialogue *d);
void gp_dialogue_http_gap(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, __u32 len);

/* The client's bytes from the first of TLS on; what comes before open() and behind the hello is ignored. */
int gp_dialogue_tls_open(struct gp_dialogue *d);
void gp_dialogue_tls_bytes(struct gp_dialogue *d, const __u8 *data, __u32 len);
void gp_dialogue_tls_gap(struct gp_dialogue *d);

#endif
