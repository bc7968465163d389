/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a segment of POP3, IMAP and FTP, against readers that take one byte at a time: equal answers, whatever lies
 * behind the segment's end. The first bytes say how much a flow sent in which time, wherever its sequence numbers begin.
 */
#include <string.h>
#include <strings.h>

#include <gatepost/login.h>

#include "fuzz_window.h"

#define NUMBERS_BYTES 13u

static int begins(const uint8_t *text, size_t len, const char *word)
{
	return len >= strlen(word) && !strncasecmp((const char *)text, word, strlen(word));
}

/* What follows an IMAP tag; 0 without one. */
static size_t behind_tag(const uint8_t *text, size_t len)
{
	size_t i = 0;

	while (i < len && i < GP_LOGIN_TAG_BYTES && text[i] > ' ' && text[i] < 0x7f && text[i] != '*' && text[i] != '+')
		i++;
	return i && i < len && i < GP_LOGIN_TAG_BYTES && text[i] == ' ' ? i + 1 : 0;
}

static int asks(const uint8_t *text, size_t len)
{
	size_t at = behind_tag(text, len);

	if (begins(text, len, "pass ") || begins(text, len, "auth ") || begins(text, len, "apop "))
		return 1;
	return at && (begins(text + at, len - at, "login ") || begins(text + at, len - at, "authenti"));
}

static __u32 line_says(const uint8_t *text, size_t len)
{
	size_t at = behind_tag(text, len);

	if (begins(text, len, "+ok"))
		return GP_LOGIN_ACCEPTED;
	if (begins(text, len, "-err"))
		return GP_LOGIN_REFUSED;
	if (!at)
		return GP_LOGIN_UNKNOWN;
	if (begins(text + at, len - at, "ok "))
		return GP_LOGIN_ACCEPTED;
	return begins(text + at, len - at, "no ") || begins(text + at, len - at, "bad ") ? GP_LOGIN_REFUSED : GP_LOGIN_UNKNOWN;
}

static __u32 outcome(const uint8_t *text, size_t len)
{
	__u32 said = GP_LOGIN_UNKNOWN;

	for (size_t at = 0; at < len && !said; at++)
		if (!at || text[at - 1] == '\n')
			said = line_says(text + at, len - at);
	return said;
}

static void check_text(const uint8_t *text, size_t len)
{
	size_t seen = len < GP_WINDOW_BYTES ? len : GP_WINDOW_BYTES;
	struct gp_login_reply reply = { .outcome = GP_LOGIN_REFUSED };
	struct gp_window *w = fuzz_window_new();

	for (int i = 0; i < 2; i++) {
		fuzz_window_fill(w, text, len, i ? '\n' : 'A');
		MUST(gp_login_asks(w) == asks(text, seen));
		gp_login_outcome(w, &reply);
		MUST(reply.outcome == outcome(text, seen));
	}
	free(w);
}

/* By the first four bytes alone; what a log-in begins with must be among what is read. */
static void check_head(const uint8_t *text, size_t len)
{
	uint8_t four[4] = { 0 };
	int printable = 1, reply;
	__u32 head;

	if (len)
		memcpy(four, text, len < 4 ? len : 4);
	head = GP_HEAD(four[0], four[1], four[2], four[3]);
	for (int i = 0; i < 3; i++)
		printable &= four[i] >= ' ' && four[i] < 0x80;
	reply = four[3] == ' ' || four[3] == '-';
	MUST(gp_login_head_is_known(head, 0) == printable);
	MUST(gp_login_head_is_known(head, 1) == (printable || (four[0] == 0x16 && four[1] == 3)));
	MUST(printable || (!asks(text, len) && !line_says(text, len)));
	MUST(gp_login_is_ssh(head) == !memcmp(four, "SSH-", 4));
	MUST((gp_login_ftp_outcome(head) == GP_LOGIN_ACCEPTED) == (reply && !memcmp(four, "230", 3)));
	MUST((gp_login_ftp_outcome(head) == GP_LOGIN_REFUSED) == (reply && !memcmp(four, "530", 3)));
}

static __u32 number(const uint8_t *bytes)
{
	__u32 out;

	memcpy(&out, bytes, sizeof(out));
	return out;
}

/* Both ends tell the same of a flow, and it does not matter where its sequence numbers begin. */
static void check_length(const uint8_t *numbers)
{
	const __u32 isn = number(numbers), sent = number(numbers + 4), login = numbers[12] % (GP_LOGINS + 1);
	const __u64 lasted_ns = (__u64)number(numbers + 8) << 6, first_ns = number(numbers + 6);
	const __u32 payload = sent % 1461;
	struct gp_flow flow = { .first_ns = first_ns, .client_isn = isn };
	struct gp_packet client = { .tcp_flags = GP_TCP_FIN, .seq = isn + 1 + sent - payload, .payload_len = payload };
	struct gp_packet server = { .tcp_flags = GP_TCP_FIN | GP_TCP_ACK, .ack = isn + 1 + sent };
	__u32 want = sent >= gp_login_least(login) ? GP_LOGIN_BRIEF : GP_LOGIN_NO_TRY;

	if (sent > GP_LOGIN_BRIEF_BYTES || lasted_ns > GP_LOGIN_BRIEF_NS)
		want = GP_LOGIN_LASTING;
	MUST(gp_login_length(&flow, &client, login, 1, first_ns + lasted_ns) == want);
	MUST(gp_login_length(&flow, &server, login, 0, first_ns + lasted_ns) == want);
	server.tcp_flags = GP_TCP_RST;
	MUST(gp_login_length(&flow, &server, login, 0, first_ns + lasted_ns) == GP_LOGIN_NO_TRY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < NUMBERS_BYTES)
		return 0;
	check_length(data);
	check_text(data + NUMBERS_BYTES, size - NUMBERS_BYTES);
	check_head(data + NUMBERS_BYTES, size - NUMBERS_BYTES);
	return 0;
}
