/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where passwords are asked for, and what became of them: mailboxes in the clear (POP3: RFC 1939, RFC 5034; IMAP: RFC 9051), FTP
 * (RFC 959), and flows whose contents nobody can read (SSH, RDP), of which a failed log-in is a brief one.
 *
 * A command or reply is read where it begins its segment, as they do between clients that wait for each reply and
 * servers; one that was cut in two, or follows another in its segment, is not.
 */
#ifndef GATEPOST_LOGIN_H
#define GATEPOST_LOGIN_H

#include <gatepost/classify.h>
#include <gatepost/flow.h>
#include <gatepost/peek.h>

#define GP_PORT_FTP 21u
#define GP_LOGIN_BRIEF_NS (60 * GP_FLOW_SECOND_NS)
/*
 * What the client sent in a brief flow. Up to so much: labelled guessers sent 600 to 1,600 bytes per flow of SSH and RDP on
 * average, and 27 to 29 of FTP and VNC; the messages with which OpenSSH logs in by an Ed25519 key and runs a command add up
 * to about 2,750. From so much on: less is who asks only whether somebody
 * answers, an uptime monitor for instance, not who tries a password. SSH and RDP exchange keys first; VNC's client answers a
 * challenge of 16 bytes (RFC 6143, 7.2.2), telnet's sends a name and a password.
 */
#define GP_LOGIN_BRIEF_BYTES 2500u
#define GP_LOGIN_KEYS_BYTES 400u
#define GP_LOGIN_ANSWER_BYTES 16u
#define GP_LOGIN_TAG_BYTES 32u /* an IMAP tag, at most */

enum gp_login_outcome {
	GP_LOGIN_UNKNOWN,
	GP_LOGIN_ACCEPTED,
	GP_LOGIN_REFUSED,
};

/* Return: enum gp_login; GP_LOGINS: nothing that asks for a password. */
GP_INLINE __u32 gp_login_of(const struct gp_flow *flow)
{
	if (flow->service == GP_SERVICE_MAILBOX)
		return GP_LOGIN_MAILBOX;
	if (flow->service != GP_SERVICE_OTHER)
		return GP_LOGINS;
	if (flow->phase == GP_PHASE_SSH)
		return GP_LOGIN_SSH;
	switch (flow->server_port) {
	case GP_PORT_FTP:
		return GP_LOGIN_FTP;
	case 22:
		return GP_LOGIN_SSH;
	case 23:
		return GP_LOGIN_TELNET;
	case 3389:
		return GP_LOGIN_RDP;
	case 5900:
	case 5901:
		return GP_LOGIN_VNC;
	default:
		return GP_LOGINS;
	}
}

/* Does a payload begin as both ends of SSH do? */
GP_INLINE int gp_login_is_ssh(__u32 head)
{
	return head == GP_HEAD('S', 'S', 'H', '-');
}

/* 230: logged in; 530: not (RFC 959, 5.4). Return: enum gp_login_outcome. */
GP_INLINE __u32 gp_login_ftp_outcome(__u32 head)
{
	if (!gp_head_is_reply(head))
		return GP_LOGIN_UNKNOWN;
	switch (head & GP_HEAD(0xff, 0xff, 0xff, 0)) {
	case GP_HEAD('2', '3', '0', 0):
		return GP_LOGIN_ACCEPTED;
	case GP_HEAD('5', '3', '0', 0):
		return GP_LOGIN_REFUSED;
	default:
		return GP_LOGIN_UNKNOWN;
	}
}

/**
 * gp_login_head_is_known() - may this segment of a mailbox's flow begin a command or a reply, or a TLS hello?
 * @to_server: by its port.
 *
 * Text: three bytes that can be printed. Of what is encrypted one segment in twenty that does not begin a record looks
 * like this; the flow table then says that it is none.
 */
GP_INLINE int gp_login_head_is_known(__u32 head, int to_server)
{
	const __u32 three = GP_HEAD(0x40, 0x40, 0x40, 0);

	if (to_server && gp_head_is_tls(head))
		return 1;
	return !(head & (three << 1)) && ((head | head << 1) & three) == three;
}

enum gp_login_length {
	GP_LOGIN_NO_TRY, /* too little was sent for a log-in, or how much is not known */
	GP_LOGIN_BRIEF,
	GP_LOGIN_LASTING,
};

/* Bytes without which nobody has tried a password. */
GP_INLINE __u32 gp_login_least(__u32 login)
{
	if (login == GP_LOGIN_SSH || login == GP_LOGIN_RDP)
		return GP_LOGIN_KEYS_BYTES;
	return login == GP_LOGIN_TELNET || login == GP_LOGIN_VNC ? GP_LOGIN_ANSWER_BYTES : 0;
}

/**
 * gp_login_length() - how long a flow that asks for a password was.
 * @p: a FIN or RST of it.
 * @login: enum gp_login.
 *
 * Return: enum gp_login_length.
 */
GP_INLINE __u32 gp_login_length(const struct gp_flow *flow, const struct gp_packet *p, __u32 login, __u32 from_client,
				__u64 now_ns)
{
	__u32 sent;

	if (!from_client && !(p->tcp_flags & GP_TCP_ACK)) /* it does not say how much it got */
		return GP_LOGIN_NO_TRY;
	sent = (from_client ? p->seq + p->payload_len : p->ack) - (flow->client_isn + 1);
	if (sent > GP_LOGIN_BRIEF_BYTES || now_ns - flow->first_ns > GP_LOGIN_BRIEF_NS)
		return GP_LOGIN_LASTING;
	return sent >= gp_login_least(login) ? GP_LOGIN_BRIEF : GP_LOGIN_NO_TRY;
}

/* Where what follows an IMAP tag begins (RFC 9051, 2.2.1). @start: of the line. Return: 0: there is no tag. */
GP_INLINE __u32 gp_login_behind_tag(const struct gp_window *w, __u32 start)
{
	__u32 end = gp_peek_end(w);

	for (__u32 i = 0; i < GP_LOGIN_TAG_BYTES; i++) {
		__u8 c;

		if (start + i >= end)
			return 0;
		c = gp_peek_u8(w, start + i);
		if (c == ' ')
			return i ? start + i + 1 : 0;
		if (c < ' ' || c > '~' || c == '*' || c == '+')
			return 0;
	}
	return 0;
}

/**
 * gp_login_asks() - does a client's segment to a mailbox begin with a command that logs in?
 *
 * POP3: PASS, AUTH, APOP; IMAP: LOGIN, AUTHENTICATE behind a tag. Return: 1 or 0.
 */
GP_GLOBAL int gp_login_asks(const struct gp_window *w)
{
	__u32 end, at;
	__u64 word;

	if (!w)
		return 0;
	end = gp_peek_end(w);
	word = gp_peek_upper(gp_peek_word(w, 0, end)) & gp_peek_mask(5);
	if (word == GP_WORD8('P', 'A', 'S', 'S', ' ', 0, 0, 0) || word == GP_WORD8('A', 'U', 'T', 'H', ' ', 0, 0, 0) ||
	    word == GP_WORD8('A', 'P', 'O', 'P', ' ', 0, 0, 0))
		return 1;
	at = gp_login_behind_tag(w, 0);
	if (!at || at > end)
		return 0;
	word = gp_peek_upper(gp_peek_word(w, at, end));
	return (word & gp_peek_mask(6)) == GP_WORD8('L', 'O', 'G', 'I', 'N', ' ', 0, 0) ||
	       word == GP_WORD8('A', 'U', 'T', 'H', 'E', 'N', 'T', 'I');
}

/* A line of a reply of a mailbox's server. Return: enum gp_login_outcome. */
GP_INLINE __u32 gp_login_line_says(const struct gp_window *w, __u32 start, __u32 end)
{
	__u64 word = gp_peek_upper(gp_peek_word(w, start, end));
	__u32 at;

	if ((word & gp_peek_mask(3)) == GP_WORD8('+', 'O', 'K', 0, 0, 0, 0, 0))
		return GP_LOGIN_ACCEPTED;
	if ((word & gp_peek_mask(4)) == GP_WORD8('-', 'E', 'R', 'R', 0, 0, 0, 0))
		return GP_LOGIN_REFUSED;
	at = gp_login_behind_tag(w, start);
	if (!at || at > end)
		return GP_LOGIN_UNKNOWN;
	word = gp_peek_upper(gp_peek_word(w, at, end));
	if ((word & gp_peek_mask(3)) == GP_WORD8('O', 'K', ' ', 0, 0, 0, 0, 0))
		return GP_LOGIN_ACCEPTED;
	if ((word & gp_peek_mask(3)) == GP_WORD8('N', 'O', ' ', 0, 0, 0, 0, 0) ||
	    (word & gp_peek_mask(4)) == GP_WORD8('B', 'A', 'D', ' ', 0, 0, 0, 0))
		return GP_LOGIN_REFUSED;
	return GP_LOGIN_UNKNOWN;
}

/*
 * The line that begins at an offset, when none before it said anything. It stands apart, and what it found lies in memory,
 * so that the verifier walks it once, not once for each byte of the window.
 */
GP_GLOBAL int gp_login_line(const struct gp_window *w, struct gp_login_reply *reply, __u32 start)
{
	__u32 end;

	if (!w || !reply || reply->outcome)
		return 0;
	end = gp_peek_end(w);
	if (start >= end)
		return 0;
	reply->outcome = gp_login_line_says(w, start, end);
	return 0;
}

/**
 * gp_login_outcome() - what a mailbox's server says to a log-in.
 * @reply: out.
 *
 * POP3's first line, or the first tagged one of IMAP's; untagged lines and challenges ("+ ") say nothing yet. Return: 0.
 */
GP_GLOBAL int gp_login_outcome(const struct gp_window *w, struct gp_login_reply *reply)
{
	__u32 base, at;

	if (!w || !reply)
		return 0;
	reply->outcome = GP_LOGIN_UNKNOWN;
	gp_login_line(w, reply, 0);
	for (base = 0; base < GP_WINDOW_BYTES; base += 8) {
		if (base >= w->len)
			break;
		if (!gp_peek_has_lf(w, base))
			continue;
		for (at = base; at < base + 8; at++)
			if (w->data[at] == '\n')
				gp_login_line(w, reply, at + 1);
	}
	return 0;
}

#endif
