/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a mail dialogue stands (RFC 5321, RFC 2920 pipelining, RFC 3207 STARTTLS, RFC 4954 AUTH, RFC 3030 BDAT).
 * Commands wait in a queue for their replies, so that a reply is counted by the stage that it answers. The body of
 * a mail is never read as commands: it begins behind DATA, and ends with the dot, or with a reply that is not 354. A
 * chunk of BDAT is as long as was announced.
 */
#ifndef GATEPOST_DIALOGUE_H
#define GATEPOST_DIALOGUE_H

#include <gatepost/abi.h>
#include <gatepost/scratch.h>
#include <gatepost/smtp.h>
#include <gatepost/types.h>

#define GP_PENDING_MAX 16
#define GP_CHUNK_SIZELESS 0x80000000u /* in body_left: more than nine digits can announce (gp_smtp_bdat_size()) */
#define GP_PENDING_BODY GP_SMTP_COMMANDS /* in the queue: the final dot, which is no command */
_Static_assert(GP_SMTP_COMMANDS < 16, "a pending command has 4 bits");

GP_INLINE void gp_pending_push(struct gp_flow *flow, __u32 command)
{
	if (flow->pending_count >= GP_PENDING_MAX)
		return;
	flow->pending |= (__u64)(command & 15) << (4 * (flow->pending_count & 15));
	flow->pending_count++;
}

/* The command that waits longest; GP_SMTP_NONE when none does. */
GP_INLINE __u32 gp_pending_pop(struct gp_flow *flow)
{
	__u32 command = flow->pending & 15;

	if (!flow->pending_count)
		return GP_SMTP_NONE;
	flow->pending >>= 4;
	flow->pending_count--;
	return command;
}

/* Replies are missing: in a dialogue without pipelining the next one answers the newest command. */
GP_INLINE void gp_pending_newest(struct gp_flow *flow)
{
	if (flow->pending_count < 2)
		return;
	flow->pending >>= 4 * ((flow->pending_count - 1) & 15);
	flow->pending_count = 1;
}

/* Within a body client_line.len is one of these. 0, that a gap in the stream leaves behind, is the first. */
enum gp_body_at {
	GP_BODY_LINE, /* at the beginning of a line */
	GP_BODY_DOT,  /* behind a dot there */
	GP_BODY_DOT_CR,
	GP_BODY_TEXT,
	GP_BODY_TEXT_CR,
	GP_BODY_OVER, /* behind the dot's CRLF (RFC 5321, 4.1.1.4) */
};

GP_INLINE __u8 gp_body_step(__u8 at, __u8 c)
{
	if (c == '\r')
		return at == GP_BODY_DOT ? GP_BODY_DOT_CR : GP_BODY_TEXT_CR;
	if (c == '\n' && at == GP_BODY_DOT_CR)
		return GP_BODY_OVER;
	if (c == '\n' && at == GP_BODY_TEXT_CR)
		return GP_BODY_LINE;
	return c == '.' && at == GP_BODY_LINE ? GP_BODY_DOT : GP_BODY_TEXT;
}

/* The client goes on with a body, or after one. */
GP_INLINE void gp_dialogue_turn(struct gp_flow *flow, __u8 phase, __u8 line_len)
{
	flow->phase = phase;
	flow->client_line.len = line_len;
	flow->client_line.head = 0;
}

/*
 * One command of the client. @unheard: it has acknowledged nothing that the server said. Return: 1 when what follows it
 * in the segment is no command.
 */
GP_INLINE int gp_dialogue_command(struct gp_flow *flow, struct gp_smtp_count *smtp, __u32 command, __u32 unheard)
{
	if (!command || command >= GP_SMTP_COMMANDS)
		return 0;
	GP_ADD(smtp->commands[command], 1);
	if (!(flow->flags & GP_FLOW_SPOKE)) {
		GP_ADD(smtp->dialogues, 1);
		if (unheard)
			GP_ADD(smtp->early_talk, 1);
	}
	flow->flags |= GP_FLOW_SPOKE;
	gp_pending_push(flow, command);
	switch (command) {
	case GP_SMTP_QUIT:
		flow->flags |= GP_FLOW_QUIT;
		return 0;
	case GP_SMTP_DATA:
		flow->phase = GP_PHASE_BODY;
		return 1;
	case GP_SMTP_AUTH:
		flow->phase = GP_PHASE_AUTH;
		return 1;
	case GP_SMTP_STARTTLS:
		return 1;
	default:
		return 0;
	}
}

/* A BDAT line that came in two segments: its size is gone, so that its chunk lasts until the reply. */
GP_INLINE void gp_dialogue_sizeless(struct gp_flow *flow, struct gp_smtp_lines *lines)
{
	lines->count = 1;
	flow->body_left = GP_CHUNK_SIZELESS;
	flow->client_line.len = 0;
	flow->client_line.head = 0;
}

/**
 * gp_dialogue_client() - the lines of one client segment.
 * @unheard: 1 when the segment acknowledges nothing that the server said. Otherwise the greeting came, whether it was
 *           captured or not, in time or not.
 *
 * Return: 1 when a body has begun within the segment, else 0.
 */
GP_GLOBAL int gp_dialogue_client(struct gp_flow *flow, struct gp_smtp_count *smtp, const struct gp_smtp_lines *lines,
				 __u32 unheard)
{
	__u32 i, behind;

	if (!flow || !smtp || !lines)
		return 0;
	if (!unheard)
		flow->flags |= GP_FLOW_GREETED;
	for (i = 0; i < GP_SMTP_LINES; i++) {
		if (i >= lines->count || gp_dialogue_command(flow, smtp, lines->value[i], unheard))
			break;
	}
	if (lines->skipped)
		GP_ADD(smtp->lines_skipped, lines->skipped);
	if (flow->phase != GP_PHASE_BODY)
		return 0;
	behind = i + 1 < lines->count || lines->skipped || flow->client_line.len;
	gp_dialogue_turn(flow, GP_PHASE_BODY, behind ? GP_BODY_TEXT : GP_BODY_LINE);
	return behind;
}

/*
 * Is this reply the greeting? 220 greets, however late it was captured, unless it answers STARTTLS; a first reply that
 * refuses does, too (RFC 5321, 4.3.2).
 */
GP_INLINE int gp_dialogue_greets(const struct gp_flow *flow, __u32 code)
{
	if (code == 220)
		return !flow->pending_count || (flow->pending & 15) != GP_SMTP_STARTTLS;
	return !(flow->flags & GP_FLOW_GREETED) && code >= 400;
}

/* What the next reply answers; a body whose end has not been seen ends with it. */
GP_INLINE __u32 gp_dialogue_answered(struct gp_flow *flow)
{
	if (flow->pending_count)
		return gp_pending_pop(flow);
	if (flow->phase == GP_PHASE_AUTH)
		return GP_SMTP_AUTH;
	if (flow->phase != GP_PHASE_BODY)
		return GP_SMTP_NONE;
	gp_dialogue_turn(flow, GP_PHASE_COMMAND, 0);
	return GP_PENDING_BODY;
}

/* One final reply of the server. */
GP_INLINE void gp_dialogue_reply(struct gp_flow *flow, struct gp_smtp_count *smtp, __u32 code)
{
	int class = gp_reply_class((__u16)code);
	__u32 stage, command;

	if (class < 0)
		return;
	if (gp_dialogue_greets(flow, code)) {
		flow->flags |= GP_FLOW_GREETED;
		GP_ADD(smtp->replies[GP_STAGE_CONNECT][class & 3], 1);
		return;
	}
	flow->flags |= GP_FLOW_GREETED;
	if (code == 334 && flow->phase == GP_PHASE_AUTH) /* a challenge: AUTH goes on (RFC 4954, 4) */
		return;
	command = gp_dialogue_answered(flow);
	stage = command == GP_PENDING_BODY ? GP_STAGE_BODY : gp_smtp_stage_of((__u8)command);
	/* What nobody asked for is no second greeting: a time-out, LMTP's further replies, answers to lost commands. */
	if (command == GP_SMTP_NONE || stage >= GP_SMTP_STAGES)
		stage = GP_STAGE_OTHER;
	GP_ADD(smtp->replies[stage][class & 3], 1);
	/* After DATA the client is in the body already, or even behind it. */
	if (code == 354 && command != GP_SMTP_DATA)
		gp_dialogue_turn(flow, GP_PHASE_BODY, GP_BODY_LINE);
	else if (code != 354 && (command == GP_SMTP_DATA || command == GP_SMTP_AUTH))
		gp_dialogue_turn(flow, GP_PHASE_COMMAND, 0);
	/* A server that does not know the command reads no chunk, however long the client said that it would be. */
	if (command == GP_SMTP_BDAT && (flow->body_left > GP_CHUNK_SIZELESS / 2 || (code >= 500 && code <= 502)))
		flow->body_left = 0;
	if (command == GP_SMTP_STARTTLS && class == GP_REPLY_2XX)
		flow->phase = GP_PHASE_TLS;
}

/**
 * gp_dialogue_server() - the final replies of one server segment.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_dialogue_server(struct gp_flow *flow, struct gp_smtp_count *smtp, const struct gp_smtp_lines *lines)
{
	if (!flow || !smtp || !lines)
		return 0;
	for (__u32 i = 0; i < GP_SMTP_LINES; i++) {
		if (i >= lines->count || flow->phase == GP_PHASE_TLS)
			break;
		gp_dialogue_reply(flow, smtp, lines->value[i]);
	}
	if (lines->skipped)
		GP_ADD(smtp->lines_skipped, lines->skipped);
	return 0;
}

/**
 * gp_dialogue_body() - a client segment within a mail body.
 * @tail: its end. Before that, a client that ends the body has nothing to say: it waits for the reply (RFC 2920, 3.1).
 *
 * Return: how many bytes of the tail belong to the body, the dot and its CRLF among them; 0 when it goes on.
 */
GP_GLOBAL int gp_dialogue_body(struct gp_flow *flow, const struct gp_tail *tail)
{
	__u8 at;

	if (!flow || !tail)
		return 0;
	if (!tail->len) {
		flow->client_line.len = GP_BODY_LINE;
		return 0;
	}
	at = tail->whole ? flow->client_line.len : GP_BODY_TEXT;
	for (__u32 i = 0; i < GP_TAIL_BYTES; i++) {
		if (i >= tail->len)
			break;
		at = gp_body_step(at, tail->data[i]);
		if (at != GP_BODY_OVER)
			continue;
		gp_dialogue_turn(flow, GP_PHASE_COMMAND, 0);
		gp_pending_push(flow, GP_PENDING_BODY);
		return (int)i + 1;
	}
	flow->client_line.len = at;
	return 0;
}

/* Does a segment of more lines than were read end with DATA? Then a body follows all the same. */
GP_INLINE int gp_dialogue_ends_with_data(const struct gp_tail *tail)
{
	__u64 end = 0;

	for (__u32 i = 0; i < GP_TAIL_BYTES; i++) {
		if (i < tail->len)
			end = end << 8 | tail->data[i];
	}
	/* The last seven bytes, in upper case but for the line feeds. */
	return (end & 0xffdfdfdfdfffffull) == 0x0a444154410d0aull;
}

/*
 * The flow has come to its end; whose segment said so? A server that closes first leaves no time for QUIT. @missing:
 * the client's last bytes have not been seen, so that QUIT may yet come.
 */
GP_INLINE void gp_dialogue_end(struct gp_flow *flow, struct gp_smtp_count *smtp, int by_client, int missing)
{
	if ((flow->flags & GP_FLOW_ENDED) || !(flow->flags & GP_FLOW_SPOKE) || flow->phase == GP_PHASE_TLS)
		return;
	if (by_client && missing && !(flow->flags & GP_FLOW_QUIT))
		return;
	flow->flags |= GP_FLOW_ENDED;
	if (flow->flags & GP_FLOW_QUIT)
		GP_ADD(smtp->ended_by_quit, 1);
	else if (by_client && !(flow->flags & GP_FLOW_SERVER_FIN))
		GP_ADD(smtp->ended_without_quit, 1);
}

#endif
