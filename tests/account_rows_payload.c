/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which bytes are new, which service they belong to, and what mail, web and TLS dialogues say. */
#include "account_rows.h"

#define TO_MX TALK(0, ALICE, MX, 40000, 25)
#define TO_SUBMISSION TALK(0, ALICE, MX, 40000, 587)
#define TO_WEB TALK(0, ALICE, WEB, 40000, 80)
#define TO_TLS TALK(0, ALICE, WEB, 40000, 443)
#define TO_PORT(port) TALK(0, ALICE, WEB, 40000, port)

/* Counters of one of the two mail records of Alice; whatever else stands in it is 0. */
#define COMMAND_AT(i, command, n) HOST(ALICE, smtp[i].commands[GP_SMTP_##command], n)
#define REPLY_AT(i, stage, class, n) HOST(ALICE, smtp[i].replies[GP_STAGE_##stage][GP_REPLY_##class], n)
#define COMMAND(command, n) COMMAND_AT(0, command, n)
#define REPLY(stage, class, n) REPLY_AT(0, stage, class, n)
#define MAIL_COUNT(field, n) HOST(ALICE, smtp[0].field, n)
#define NOTHING_ELSE REST(ALICE, smtp)
#define BY_QUIT MAIL_COUNT(dialogues, 1), MAIL_COUNT(ended_by_quit, 1)
#define WITHOUT_QUIT MAIL_COUNT(dialogues, 1), MAIL_COUNT(ended_without_quit, 1)
#define WEB_COUNT(field, n) HOST(ALICE, http.field, n)
#define REQUESTS(method, n) WEB_COUNT(requests[GP_HTTP_##method], n)
#define TRAFFIC(service, n) HOST(ALICE, services[GP_SERVICE_##service].traffic.packets, n)

/* A mail of one recipient, and what it is counted as. */
#define GREETING SRV("220 mx.example ESMTP\r\n")
#define A_HELLO CLI("EHLO alice.example\r\n"), SRV("250-mx.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
#define A_MAIL CLI("MAIL FROM:<a@alice.example>\r\n"), SRV("250 2.1.0 Ok\r\n")
#define A_RCPT CLI("RCPT TO:<b@mx.example>\r\n"), SRV("250 2.1.5 Ok\r\n")
#define A_DATA CLI("DATA\r\n"), SRV("354 End data with <CR><LF>.<CR><LF>\r\n")
#define A_BODY CLI("Subject: x\r\n\r\nMAIL FROM:<x>\r\nQUIT\r\nRCPT TO:<y>\r\n..\r\nSTARTTLS\r\n")
#define QUEUED SRV("250 2.0.0 Ok: queued\r\n")
#define A_QUIT CLI("QUIT\r\n"), SRV("221 2.0.0 Bye\r\n")
#define TO_DATA GREETING, A_HELLO, A_MAIL, A_RCPT, A_DATA
#define HELLO_COUNTS REPLY(CONNECT, 2XX, 1), COMMAND(EHLO, 1), REPLY(HELO, 2XX, 1)
#define ENVELOPE_COUNTS                                                                                                \
	HELLO_COUNTS, COMMAND(MAIL, 1), REPLY(MAIL, 2XX, 1), COMMAND(RCPT, 1), REPLY(RCPT, 2XX, 1), COMMAND(DATA, 1),  \
		REPLY(DATA, 3XX, 1)
#define SENT_COUNTS ENVELOPE_COUNTS, REPLY(BODY, 2XX, 1)
#define QUIT_COUNTS COMMAND(QUIT, 1), REPLY(QUIT, 2XX, 1), BY_QUIT
#define WHOLE_COUNTS SENT_COUNTS, QUIT_COUNTS, NOTHING_ELSE

#define LINE_40 "0123456789012345678901234567890123456\r\n"
#define LINES_200 LINE_40 LINE_40 LINE_40 LINE_40 LINE_40
#define LINES_600 LINES_200 LINES_200 LINES_200
#define NOOPS_4 "NOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\n"
#define OKS_4 "250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n"
#define RCPTS_4 "RCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nRCPT TO:<g@h>\r\n"
#define RCPTS_20 RCPTS_4 RCPTS_4 RCPTS_4 RCPTS_4 RCPTS_4

/* ClientHellos of TLS 1.2 with one cipher: 50 bytes without extensions, 70 with server_name "a.example". */
#define RANDOM_32 "0123456789abcdef0123456789ABCDEF"
#define HELLO_PLAIN "\x16\x03\x01\0\x2d\x01\0\0\x29\x03\x03" RANDOM_32 "\0\0\x02\x13\x01\x01\0"
#define HELLO_SNI                                                                                                      \
	"\x16\x03\x01\0\x41\x01\0\0\x3d\x03\x03" RANDOM_32 "\0\0\x02\x13\x01\x01\0\0\x12\0\0\0\x0e\0\x0c\0\0\x09"      \
	"a.example"
#define SERVER_HELLO "\x16\x03\x03\0\x2a\x02\0\0\x26\x03\x03" RANDOM_32 "\0\x13\x01\0"
#define HELLOS(n, unknown, absent, present)                                                                            \
	HOST(ALICE, tls.hellos, n), HOST(ALICE, tls.sni[GP_SNI_UNKNOWN], unknown),                                     \
		HOST(ALICE, tls.sni[GP_SNI_ABSENT], absent), HOST(ALICE, tls.sni[GP_SNI_PRESENT], present)

const struct account_row account_rows_payload[] = {
	/* Mail, as clients send it (RFC 5321). */
	{ "mail: one message", ROW_SPLIT, SCRIPT(TO_MX, OPEN, TO_DATA, A_BODY, CLI(".\r\n"), QUEUED, A_QUIT, CLOSE),
	  EXPECT(WHOLE_COUNTS, HOST(ALICE, proved_flows, 1)) },
	{ "mail: all packets are the service's", 0, SCRIPT(TO_MX, OPEN, TO_DATA, A_BODY, CLI(".\r\n"), QUEUED, A_QUIT,
		 CLOSE),
	  EXPECT(TRAFFIC(SMTP, 20)) },
	{ "mail: to a submission port, in a record of its own", 0,
	  SCRIPT(TO_SUBMISSION, OPEN, TO_DATA, A_BODY, CLI(".\r\n"), QUEUED, A_QUIT, CLOSE),
	  EXPECT(REST(ALICE, smtp[0]), COMMAND_AT(1, EHLO, 1), COMMAND_AT(1, RCPT, 1), REPLY_AT(1, BODY, 2XX, 1),
		 HOST(ALICE, smtp[1].ended_by_quit, 1)) },
	{ "mail: the dot ends the body's last segment", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, TO_DATA, CLI("Subject: x\r\n\r\nMAIL FROM:<x>\r\n.\r\n"), QUEUED, A_QUIT, CLOSE),
	  EXPECT(WHOLE_COUNTS) },
	{ "mail: the dot's CRLF comes alone", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, TO_DATA, A_BODY, CLI("."), CLI("\r\n"), QUEUED, A_QUIT, CLOSE), EXPECT(WHOLE_COUNTS) },
	{ "mail: an empty body", ROW_SPLIT, SCRIPT(TO_MX, OPEN, TO_DATA, CLI(".\r\n"), QUEUED, A_QUIT, CLOSE),
	  EXPECT(WHOLE_COUNTS) },
	{ "mail: a dot between bare line feeds ends nothing (RFC 5321, 4.1.1.4)", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, TO_DATA, CLI("x\n.\nMAIL FROM:<x>\n.\r\nRCPT TO:<x>\r\n"), CLI("RSET\r\n"), CLI(".\r\n"),
		 QUEUED, A_QUIT, CLOSE),
	  EXPECT(WHOLE_COUNTS) },
	{ "mail: a body of many segments", 0,
	  SCRIPT(TO_MX, OPEN, TO_DATA, CLI(LINES_600 LINES_600), CLI("QUIT\r\n" LINES_600),
		 CLI("MAIL FROM:<x>\r\n" LINES_600 ".\r\n"),
		 QUEUED, A_QUIT, CLOSE),
	  EXPECT(WHOLE_COUNTS) },
	{ "mail: two messages", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, TO_DATA, A_BODY, CLI(".\r\n"), QUEUED, A_MAIL, A_RCPT, A_DATA, A_BODY, CLI(".\r\n"),
		 QUEUED, A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(MAIL, 2), REPLY(MAIL, 2XX, 2), COMMAND(RCPT, 2), REPLY(RCPT, 2XX, 2),
		 COMMAND(DATA, 2),
		 REPLY(DATA, 3XX, 2), REPLY(BODY, 2XX, 2), QUIT_COUNTS, NOTHING_ELSE) },
	{ "mail: the message is refused", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, TO_DATA, A_BODY, CLI(".\r\n"), SRV("554-5.7.1 no\r\n554 5.7.1 spam\r\n"), A_QUIT, CLOSE),
	  EXPECT(ENVELOPE_COUNTS, REPLY(BODY, 5XX, 1), QUIT_COUNTS, NOTHING_ELSE) },
	{ "mail: recipients are refused", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, A_MAIL, CLI("RCPT TO:<a@mx>\r\n"), SRV("550 5.1.1 unknown\r\n"),
		 CLI("RCPT TO:<b@mx>\r\n"), SRV("450 4.2.0 later\r\n"), CLI("RSET\r\n"), SRV("250 ok\r\n"), A_QUIT,
		 CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(MAIL, 1), REPLY(MAIL, 2XX, 1), COMMAND(RCPT, 2), REPLY(RCPT, 5XX, 1),
		 REPLY(RCPT, 4XX, 1), COMMAND(RSET, 1), REPLY(OTHER, 2XX, 1), QUIT_COUNTS, NOTHING_ELSE) },
	{ "mail: DATA is refused, and commands go on", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, A_MAIL, CLI("DATA\r\n"), SRV("503 no recipients\r\n"), A_RCPT, A_DATA,
		 A_BODY,
		 CLI(".\r\n"), QUEUED, A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(MAIL, 1), REPLY(MAIL, 2XX, 1), COMMAND(RCPT, 1), REPLY(RCPT, 2XX, 1),
		 COMMAND(DATA, 2),
		 REPLY(DATA, 5XX, 1), REPLY(DATA, 3XX, 1), REPLY(BODY, 2XX, 1), QUIT_COUNTS, NOTHING_ELSE) },
	{ "mail: pipelined (RFC 2920)", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, CLI("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n"),
		 SRV("250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n"), A_BODY, CLI(".\r\n"), QUEUED, A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(MAIL, 1), REPLY(MAIL, 2XX, 1), COMMAND(RCPT, 2), REPLY(RCPT, 2XX, 1),
		 REPLY(RCPT, 5XX, 1), COMMAND(DATA, 1), REPLY(DATA, 3XX, 1), REPLY(BODY, 2XX, 1), QUIT_COUNTS,
		 NOTHING_ELSE) },
	{ "mail: replies in segments of their own", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, CLI("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"), SRV("250 ok\r\n"),
		 SRV("550 no\r\n"), SRV("554 no\r\n"), A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(MAIL, 1), REPLY(MAIL, 2XX, 1), COMMAND(RCPT, 1), REPLY(RCPT, 5XX, 1),
		 COMMAND(DATA, 1),
		 REPLY(DATA, 5XX, 1), QUIT_COUNTS, NOTHING_ELSE) },
	{ "mail: more lines than a segment is read for", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, CLI(NOOPS_4 NOOPS_4 NOOPS_4 NOOPS_4 NOOPS_4),
		 SRV(OKS_4 OKS_4 OKS_4 OKS_4), SRV(OKS_4), A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(NOOP, 16), REPLY(OTHER, 2XX, 20), MAIL_COUNT(lines_skipped, 4), QUIT_COUNTS,
		 NOTHING_ELSE) },
	{ "mail: more replies than a segment is read for", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, CLI(NOOPS_4 NOOPS_4), CLI(NOOPS_4 NOOPS_4),
		 SRV(OKS_4 OKS_4 OKS_4 OKS_4 OKS_4)),
	  EXPECT(HELLO_COUNTS, COMMAND(NOOP, 16), REPLY(OTHER, 2XX, 16), MAIL_COUNT(lines_skipped, 4),
		 MAIL_COUNT(dialogues, 1), NOTHING_ELSE) },
	{ "mail: likewise when they come one segment each", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, A_MAIL, CLI(RCPTS_4 RCPTS_4), CLI(RCPTS_4 RCPTS_4), CLI(RCPTS_4),
		 CLI("DATA\r\n"),
		 SRV(OKS_4 OKS_4), SRV(OKS_4 OKS_4), SRV(OKS_4), SRV("354 go\r\n"), A_BODY, A_BODY, CLI(".\r\n"),
		 QUEUED, A_QUIT, CLOSE),
	  EXPECT(COMMAND(MAIL, 1), COMMAND(RCPT, 20), COMMAND(DATA, 1), COMMAND(STARTTLS, 0), COMMAND(OTHER, 0),
		 COMMAND(QUIT, 1), REPLY(CONNECT, 2XX, 1), MAIL_COUNT(lines_skipped, 0), MAIL_COUNT(ended_by_quit,
		 1)) },
	{ "mail: LMTP replies once for each recipient (RFC 2033, 4.2)", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, SRV("220 lmtp\r\n"), CLI("LHLO a\r\n"), SRV("250 hi\r\n"), A_MAIL, A_RCPT, A_RCPT,
		 A_DATA, A_BODY, CLI(".\r\n"),
		 SRV("250 ok\r\n"), SRV("452 full\r\n"), A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(MAIL, 1), REPLY(MAIL, 2XX, 1), COMMAND(RCPT, 2), REPLY(RCPT, 2XX, 2),
		 COMMAND(DATA, 1),
		 REPLY(DATA, 3XX, 1), REPLY(BODY, 2XX, 1), REPLY(OTHER, 4XX, 1), QUIT_COUNTS, NOTHING_ELSE) },
	{ "mail: any case, bare line feeds, an unknown verb", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, GREETING, CLI("helo a\n"), SRV("250 hi\n"), CLI("vrfy b\r\n"), SRV("252 maybe\r\n"),
		 CLI("XYZZY\r\n"),
		 SRV("500 what\r\n"), CLI("qUiT\r\n"), SRV("221\r\n"), CLOSE),
	  EXPECT(REPLY(CONNECT, 2XX, 1), COMMAND(HELO, 1), REPLY(HELO, 2XX, 1), COMMAND(VRFY, 1), REPLY(OTHER, 2XX, 1),
		 COMMAND(OTHER, 1), REPLY(OTHER, 5XX, 1), QUIT_COUNTS, NOTHING_ELSE) },

	/* How dialogues begin and end. */
	{ "greeting: 421", ROW_SPLIT, SCRIPT(TO_MX, OPEN, SRV("421 4.7.0 too many\r\n"), FIN_SRV, FIN_CLI, ACK),
	  EXPECT(REPLY(CONNECT, 4XX, 1), NOTHING_ELSE) },
	{ "greeting: 554, and the client takes its leave", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, SRV("554-go\r\n554 away\r\n"), A_QUIT, CLOSE),
	  EXPECT(REPLY(CONNECT, 5XX, 1), QUIT_COUNTS, NOTHING_ELSE) },
	{ "greeting: of several lines", ROW_SPLIT, SCRIPT(TO_MX, OPEN, SRV("220-mx\r\n220-rules\r\n220 ready\r\n"),
		 A_HELLO, A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, QUIT_COUNTS, NOTHING_ELSE) },
	{ "greeting: not awaited", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, CLI("EHLO a\r\n"), GREETING, SRV("250 hi\r\n"), A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, MAIL_COUNT(early_talk, 1), QUIT_COUNTS, NOTHING_ELSE) },
	{ "greeting: lost to the capture, the client did not speak early", 0,
	  SCRIPT(TO_MX, OPEN, LOST_SRV("220 mx\r\n"), A_HELLO, A_MAIL, CLI("RCPT TO:<x>\r\n"), SRV("550 no\r\n"),
		 A_QUIT, CLOSE),
	  EXPECT(MAIL_COUNT(early_talk, 0), REPLY(CONNECT, 2XX, 0), REPLY(MAIL, 2XX, 1), REPLY(RCPT, 5XX, 1),
		 QUIT_COUNTS) },
	{ "greeting: captured after the client's hello that it answers", 0,
	  SCRIPT(TO_MX, OPEN, LOST_SRV("220 mx\r\n"), CLI("EHLO a\r\n"), OLD_SRV(8, "220 mx\r\n"), SRV("250 hi\r\n"),
		 A_MAIL, A_QUIT, CLOSE),
	  EXPECT(MAIL_COUNT(early_talk, 0), HELLO_COUNTS, COMMAND(MAIL, 1), REPLY(MAIL, 2XX, 1), QUIT_COUNTS,
		 NOTHING_ELSE) },
	{ "greeting: on its way, when a client spoke that had not heard it", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, LOST_CLI("EHLO a\r\n"), SEGMENT(CLIENT, GP_TCP_ACK, -8, -22, "EHLO a\r\n"),
		 SRV("250 hi\r\n"), A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, MAIL_COUNT(early_talk, 1), QUIT_COUNTS, NOTHING_ELSE) },
	{ "greeting: of a server that closes an idle dialogue it is none", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, WAIT_S(300), SRV("421 timeout\r\n"), FIN_SRV, FIN_CLI, ACK),
	  EXPECT(HELLO_COUNTS, REPLY(OTHER, 4XX, 1), MAIL_COUNT(dialogues, 1), NOTHING_ELSE) },
	{ "end: without QUIT, by FIN", ROW_SPLIT, SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, CLOSE),
	  EXPECT(HELLO_COUNTS, WITHOUT_QUIT, NOTHING_ELSE) },
	{ "end: without QUIT, by RST, once", 0, SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, RST_CLI, RST_CLI, FIN_CLI),
	  EXPECT(HELLO_COUNTS, WITHOUT_QUIT, NOTHING_ELSE) },
	{ "end: the server closes first, and leaves no time for QUIT", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, FIN_SRV, FIN_CLI, ACK), EXPECT(HELLO_COUNTS, MAIL_COUNT(dialogues, 1),
		 NOTHING_ELSE) },
	{ "end: QUIT and FIN in one segment", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, SEGMENT(CLIENT, GP_TCP_ACK | GP_TCP_FIN, 0, 0, "QUIT\r\n"),
		 SRV("221 bye\r\n"), FIN_SRV),
	  EXPECT(HELLO_COUNTS, QUIT_COUNTS, NOTHING_ELSE) },
	{ "end: nothing was said", 0, SCRIPT(TO_MX, OPEN, GREETING, CLOSE), EXPECT(REPLY(CONNECT, 2XX, 1),
		 NOTHING_ELSE) },

	/* STARTTLS, AUTH, BDAT. */
	{ "STARTTLS: nothing is read any more (RFC 3207)", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, CLI("STARTTLS\r\n"), SRV("220 go\r\n"), CLI(HELLO_SNI),
		 SRV(SERVER_HELLO),
		 CLI("QUIT\r\n"), SRV("550 no\r\n"), CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(STARTTLS, 1), REPLY(STARTTLS, 2XX, 1), MAIL_COUNT(dialogues, 1), NOTHING_ELSE) },
	{ "STARTTLS: refused, and the dialogue goes on", ROW_SPLIT,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, CLI("STARTTLS\r\n"), SRV("454 not now\r\n"), A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(STARTTLS, 1), REPLY(STARTTLS, 4XX, 1), QUIT_COUNTS, NOTHING_ELSE) },
	{ "STARTTLS: what is smuggled in with the reply is not read", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, CLI("STARTTLS\r\nRSET\r\nQUIT\r\n"), SRV("220 go\r\n"),
		 CLI(HELLO_SNI), CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(STARTTLS, 1), REPLY(STARTTLS, 2XX, 1), MAIL_COUNT(dialogues, 1), NOTHING_ELSE) },
	{ "AUTH: LOGIN's lines are no commands (RFC 4954)", ROW_SPLIT,
	  SCRIPT(TO_SUBMISSION, OPEN, GREETING, A_HELLO, CLI("AUTH LOGIN\r\n"), SRV("334 VXNlcm5hbWU6\r\n"),
		 CLI("QUIT\r\n"),
		 SRV("334 UGFzc3dvcmQ6\r\n"), CLI("MAIL\r\n"), SRV("235 ok\r\n"), A_MAIL, A_QUIT, CLOSE),
	  EXPECT(COMMAND_AT(1, EHLO, 1), COMMAND_AT(1, AUTH, 1), COMMAND_AT(1, MAIL, 1), COMMAND_AT(1, QUIT, 1),
		 COMMAND_AT(1, OTHER, 0), REPLY_AT(1, AUTH, 2XX, 1), REPLY_AT(1, MAIL, 2XX, 1), REPLY_AT(1, QUIT, 2XX,
		 1),
		 HOST(ALICE, smtp[1].ended_by_quit, 1)) },
	{ "AUTH: PLAIN with its initial response, refused", ROW_SPLIT,
	  SCRIPT(TO_SUBMISSION, OPEN, GREETING, A_HELLO, CLI("AUTH PLAIN AGEAYg==\r\n"), SRV("535 no\r\n"), A_QUIT,
		 CLOSE),
	  EXPECT(COMMAND_AT(1, AUTH, 1), REPLY_AT(1, AUTH, 5XX, 1), COMMAND_AT(1, QUIT, 1), COMMAND_AT(1, OTHER, 0)) },

	/* Which bytes are new (RFC 9293, 3.4). */
	{ "stream: sequence numbers wrap within the dialogue", ROW_SPLIT,
	  SCRIPT(TO_MX, ISN(0xffffffd0, 0xffffffe0), OPEN, TO_DATA, A_BODY, CLI(".\r\n"), QUEUED, A_QUIT, CLOSE),
		 EXPECT(WHOLE_COUNTS) },
	{ "stream: retransmitted segments say nothing new", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, OLD_SRV(22, "220 mx.example ESMTP\r\n"), A_HELLO, OLD_CLI(20,
		 "EHLO alice.example\r\n"), A_MAIL,
		 OLD_SRV(14, "250 2.1.0 Ok\r\n"), OLD_SRV(14, "250 2.1.0 Ok\r\n"), A_QUIT, OLD_CLI(6, "QUIT\r\n"),
		 CLOSE,
		 OLD_CLI(7, "QUIT\r\n")),
	  EXPECT(HELLO_COUNTS, COMMAND(MAIL, 1), REPLY(MAIL, 2XX, 1), QUIT_COUNTS, NOTHING_ELSE) },
	{ "stream: a retransmission that goes on with new bytes", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, CLI("EHLO al"), LOST_CLI("ice\r\n"), OLD_CLI(12, "EHLO alice\r\n"),
		 SRV("250 hi\r\n"),
		 OLD_SRV(8, "250 hi\r\n"), A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, QUIT_COUNTS, NOTHING_ELSE) },
	{ "stream: keep-alives carry a byte of no meaning (RFC 9293, 3.8.4)", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, CLI("EH"), OLD_CLI(1, "x"), OLD_CLI(1, ""), CLI("LO a\r\n"), OLD_SRV(1, "x"),
		 SRV("250 hi\r\n"), A_QUIT,
		 CLOSE),
	  EXPECT(HELLO_COUNTS, QUIT_COUNTS, NOTHING_ELSE) },
	{ "stream: a window probe carries the next byte, which comes again", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, LOST_CLI("E"), OLD_CLI(1, "E"), OLD_CLI(1, "E"), LOST_CLI("HLO a\r\n"),
		 OLD_CLI(8, "EHLO a\r\n"),
		 SRV("250 hi\r\n"), A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, QUIT_COUNTS, NOTHING_ELSE) },
	{ "stream: a lost command is not guessed, and those after it are read", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, LOST_CLI("MAIL FROM:<a@b>\r\n"), SRV("250 ok\r\n"), A_RCPT, A_QUIT,
		 CLOSE),
	  EXPECT(HELLO_COUNTS, REPLY(OTHER, 2XX, 1), COMMAND(RCPT, 1), REPLY(RCPT, 2XX, 1), QUIT_COUNTS,
		 NOTHING_ELSE) },
	{ "stream: half a command before a gap is forgotten", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, CLI("MAIL FR"), LOST_CLI("OM:<a@b>\r\n"), CLI("RSET\r\n"),
		 SRV("250 ok\r\n250 ok\r\n"), A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(RSET, 1), REPLY(OTHER, 2XX, 2), QUIT_COUNTS, NOTHING_ELSE) },
	{ "stream: a lost reply does not shift those after it to other stages", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, CLI("MAIL FROM:<a@b>\r\n"), LOST_SRV("250 ok\r\n"),
		 CLI("RCPT TO:<c>\r\n"),
		 SRV("250 ok\r\n"), CLI("RCPT TO:<d>\r\n"), SRV("550 no\r\n"), A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(MAIL, 1), COMMAND(RCPT, 2), REPLY(RCPT, 2XX, 1), REPLY(RCPT, 5XX, 1),
		 QUIT_COUNTS,
		 NOTHING_ELSE) },
	{ "stream: nor does one before STARTTLS", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, CLI("EHLO a\r\n"), LOST_SRV("250 hi\r\n"), CLI("STARTTLS\r\n"),
		 SRV("220 go\r\n"), CLI(HELLO_SNI), CLI("QUIT\r\n"), CLOSE),
	  EXPECT(REPLY(CONNECT, 2XX, 1), COMMAND(EHLO, 1), COMMAND(STARTTLS, 1), REPLY(STARTTLS, 2XX, 1),
		 MAIL_COUNT(dialogues, 1), NOTHING_ELSE) },
	{ "stream: nor do those within AUTH", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, CLI("AUTH LOGIN\r\n"), LOST_SRV("334 x\r\n"), CLI("QUIT\r\n"),
		 LOST_SRV("334 y\r\n"), CLI("MAIL\r\n"), SRV("235 ok\r\n"), A_MAIL, A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, COMMAND(AUTH, 1), REPLY(AUTH, 2XX, 1), COMMAND(MAIL, 1), REPLY(MAIL, 2XX, 1),
		 QUIT_COUNTS, NOTHING_ELSE) },
	{ "stream: reordered segments are read at most once", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, LOST_CLI("MAIL FROM:<a@b>\r\n"), CLI("RCPT TO:<c>\r\n"),
		 OLD_CLI(30, "MAIL FROM:<a@b>\r\n"), SRV("250 ok\r\n250 ok\r\n"), A_QUIT, CLOSE),
	  EXPECT(HOST_WITHIN(ALICE, smtp[0].commands[GP_SMTP_MAIL], 0, 1), COMMAND(RCPT, 1), COMMAND(OTHER, 0),
		 QUIT_COUNTS) },
	{ "stream: bytes far from the window are not of this connection", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, SEGMENT(CLIENT, GP_TCP_ACK, 0x40000000, 0, "STARTTLS\r\n"),
		 SEGMENT(CLIENT, GP_TCP_ACK, -0x40000000, 0, "STARTTLS\r\n"), SEGMENT(SERVER, GP_TCP_ACK, 0x40000000,
		 0, "550 no\r\n"), A_HELLO,
		 A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, QUIT_COUNTS, NOTHING_ELSE) },
	{ "stream: nor half of the sequence space away", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, SEGMENT(CLIENT, GP_TCP_ACK, 0x80000000, 0, "STARTTLS\r\n"),
		 SEGMENT(SERVER, GP_TCP_ACK, 0x80000000, 0, "550 no\r\n"), A_HELLO, A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, QUIT_COUNTS, NOTHING_ELSE) },
	{ "stream: payloads cut by the snaplen are counted as unread", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, CUT(4), CLI("EHLO alice.example\r\n"), CUT(-1), SRV("250 hi\r\n"),
		 CLI("RSET\r\n"), SRV("250 ok\r\n"), A_QUIT, CLOSE),
	  EXPECT(MAIL_COUNT(lines_skipped, 1), COMMAND(EHLO, 0), COMMAND(RSET, 1), QUIT_COUNTS) },
	{ "stream: lengths come from the IP header, not from what was captured", 0,
	  SCRIPT(TO_MX, OPEN, GREETING, A_HELLO, A_MAIL, A_RCPT, A_DATA, CUT(0), CLI(LINES_600), CLI(LINES_600),
		 CUT(-1), CLI("x\r\n.\r\n"), QUEUED, A_QUIT, CLOSE),
	  EXPECT(WHOLE_COUNTS) },

	/* Services: by port, and by payload where the port says nothing. */
	{ "service: mail on 2526", 0, SCRIPT(TO_PORT(2526), OPEN, GREETING, A_HELLO, A_QUIT, CLOSE),
	  EXPECT(HELLO_COUNTS, QUIT_COUNTS, NOTHING_ELSE) },
	{ "service: its packets are mail's from the hello on", 0, SCRIPT(TO_PORT(2526), OPEN, GREETING, A_HELLO,
		 A_QUIT),
	  EXPECT(HOST_WITHIN(ALICE, services[GP_SERVICE_SMTP].traffic.packets, 4, 5), HOST(ALICE,
		 services[GP_SERVICE_OTHER].attempts, 1)) },
	{ "service: mail on 2526, where the client speaks first", 0,
	  SCRIPT(TO_PORT(2526), OPEN, CLI("HELO a\r\n"), GREETING, SRV("250 hi\r\n"), A_QUIT, CLOSE),
	  EXPECT(REPLY(CONNECT, 2XX, 1), COMMAND(HELO, 1), REPLY(HELO, 2XX, 1), MAIL_COUNT(early_talk, 1), QUIT_COUNTS,
		 NOTHING_ELSE) },
	{ "service: HTTP on 8081", 0, SCRIPT(TO_PORT(8081), OPEN, CLI("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
		 SRV("HTTP/1.1 200 OK\r\n\r\n"), CLOSE),
	  EXPECT(REQUESTS(GET, 1), WEB_COUNT(responses[2], 1), HOST(ALICE, services[GP_SERVICE_OTHER].attempts, 1),
		 TRAFFIC(OTHER, 3)) },
	{ "service: TLS on 4433", 0, SCRIPT(TO_PORT(4433), OPEN, CLI(HELLO_SNI), SRV(SERVER_HELLO), CLOSE),
	  EXPECT(HELLOS(1, 0, 0, 1), TRAFFIC(OTHER, 3), TRAFFIC(TLS, 5)) },
	{ "service: nothing is guessed from what comes later", 0,
	  SCRIPT(TO_PORT(5000), OPEN, CLI("hello\r\n"), CLI("GET / HTTP/1.1\r\n\r\n"), CLI("EHLO a\r\n"),
		 CLI(HELLO_SNI)),
	  EXPECT(REST(ALICE, smtp), REST(ALICE, http), HELLOS(0, 0, 0, 0), TRAFFIC(OTHER, 7)) },
	{ "service: mailboxes are not read", 0,
	  SCRIPT(TO_PORT(143), OPEN, SRV("* OK ready\r\n"), CLI("a1 LOGIN a b\r\n"), TALK(1, ALICE, WEB, 40001, 110),
		 OPEN,
		 SRV("+OK ready\r\n"), CLI("QUIT\r\n")),
	  EXPECT(TRAFFIC(MAILBOX, 10), REST(ALICE, smtp)) },

	/* HTTP (RFC 9112). */
	{ "HTTP: requests on one connection", 0,
	  SCRIPT(TO_WEB, OPEN, CLI("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"),
		 SRV("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
		 CLI("HEAD /2 HTTP/1.1\r\nHost: a\r\nCookie: c=1\r\n\r\n"), SRV("HTTP/1.1 404 Not Found\r\n\r\n"),
		 CLI("POST /3 HTTP/1.1\r\nHost: a\r\nReferer: http://a/\r\nCookie: c\r\n\r\nGET"),
		 SRV("HTTP/1.1 503 No\r\n\r\n"),
		 CLI("PUT /4 HTTP/1.0\r\n\r\n"), SRV("HTTP/1.0 301 There\r\n\r\n"), CLOSE),
	  EXPECT(REQUESTS(GET, 1), REQUESTS(HEAD, 1), REQUESTS(POST, 1), REQUESTS(OTHER_METHOD, 1),
		 WEB_COUNT(responses[2], 1),
		 WEB_COUNT(responses[3], 1), WEB_COUNT(responses[4], 1), WEB_COUNT(responses[5], 1),
		 WEB_COUNT(without_cookie, 2),
		 WEB_COUNT(without_referrer, 3), REST(ALICE, http)) },
	{ "HTTP: a retransmitted request is the same one", 0,
	  SCRIPT(TO_WEB, OPEN, CLI("GET / HTTP/1.1\r\n\r\n"), OLD_CLI(18, "GET / HTTP/1.1\r\n\r\n"),
		 SRV("HTTP/1.1 200 OK\r\n\r\n"),
		 OLD_SRV(19, "HTTP/1.1 200 OK\r\n\r\n")),
	  EXPECT(REQUESTS(GET, 1), WEB_COUNT(responses[2], 1)) },
	{ "HTTP: a code of no class", 0,
	  SCRIPT(TO_WEB, OPEN, CLI("GET / HTTP/1.1\r\n\r\n"), SRV("HTTP/1.1 999 Denied\r\n\r\n"),
		 SRV("HTTP/1.1 000 x\r\n\r\n")),
	  EXPECT(HOST_WITHIN(ALICE, http.responses[0], 1, 2), WEB_COUNT(responses[1], 0), WEB_COUNT(responses[5], 0)) },
	{ "HTTP: what a server sends is no request, what a client sends no response", 0,
	  SCRIPT(TO_WEB, OPEN, CLI("HTTP/1.1 200 OK\r\n\r\n"), SRV("GET / HTTP/1.1\r\n\r\n")), EXPECT(REST(ALICE,
		 http)) },
	{ "HTTP: the visitor's, not the subscriber's who serves", 0,
	  SCRIPT(TALK(0, EVE, ALICE, 40000, 80), OPEN, CLI("GET / HTTP/1.1\r\n\r\n"), SRV("HTTP/1.1 404 No\r\n\r\n")),
	  EXPECT(REST(ALICE, http), HOST(EVE, http.requests[GP_HTTP_GET], 1), HOST(EVE, http.responses[4], 1)) },
	{ "HTTP: met in mid-stream", 0, SCRIPT(TO_WEB, SRV("HTTP/1.1 200 OK\r\n\r\n"), CLI("GET /2 HTTP/1.1\r\n\r\n")),
	  EXPECT(REQUESTS(GET, 1), WEB_COUNT(responses[2], 1)) },
	{ "HTTP: a body behind its head, bulk data", 0,
	  SCRIPT(TO_WEB, OPEN, CLI("GET / HTTP/1.1\r\n\r\n"), SRV("HTTP/1.1 200 OK\r\n\r\n" LINES_600), SRV(LINES_600),
		 SRV(LINES_600)),
	  EXPECT(REQUESTS(GET, 1), WEB_COUNT(responses[2], 1), WEB_COUNT(responses[0], 0)) },

	/* TLS (RFC 8446). */
	{ "TLS: a hello that names its server", 0, SCRIPT(TO_TLS, OPEN, CLI(HELLO_SNI), SRV(SERVER_HELLO), CLI("x"),
		 CLOSE),
	  EXPECT(HELLOS(1, 0, 0, 1), TRAFFIC(TLS, 9)) },
	{ "TLS: one that does not", 0, SCRIPT(TO_TLS, OPEN, CLI(HELLO_PLAIN)), EXPECT(HELLOS(1, 0, 1, 0)) },
	{ "TLS: one that was cut before it could", 0, SCRIPT(TO_TLS, OPEN, CUT(50), CLI(HELLO_SNI)), EXPECT(HELLOS(1,
		 1, 0, 0)) },
	{ "TLS: the first payload only, once", 0, SCRIPT(TO_TLS, OPEN, CLI(HELLO_SNI), OLD_CLI(70, HELLO_SNI),
		 CLI(HELLO_PLAIN)),
	  EXPECT(HELLOS(1, 0, 0, 1)) },
	{ "TLS: a server's hello is none of the client's", 0, SCRIPT(TO_TLS, OPEN, SRV(HELLO_SNI), CLI("x")),
		 EXPECT(HELLOS(0, 0, 0, 0)) },
	{ "TLS: from the first byte of a submission (RFC 8314)", 0,
	  SCRIPT(TALK(0, ALICE, MX, 40000, 465), OPEN, CLI(HELLO_SNI), SRV("220 not readable\r\n"), CLI("EHLO a\r\n"),
		 CLI("QUIT\r\n"), CLOSE),
	  EXPECT(HELLOS(1, 0, 0, 1), REST(ALICE, smtp), TRAFFIC(SUBMISSION, 10)) },
	{ "TLS: to an HTTP port it is neither", 0, SCRIPT(TO_WEB, OPEN, CLI(HELLO_SNI)), EXPECT(REST(ALICE, http)) },
};
const size_t account_row_payload_count = sizeof(account_rows_payload) / sizeof(*account_rows_payload);
