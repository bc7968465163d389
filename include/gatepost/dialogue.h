/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a mail dialogue stands (RFC 5321, RFC 2920 pipelining, RFC 3207 STARTTLS, RFC 4954 AUTH, RFC 3030 BDAT).
 * Commands wait in a queue for their replies, so that a reply is counted by the stage that it answers. The body of
 * a mail is never read as commands: it begins with the reply 354, and ends with the dot or with the next reply.
 */
#ifndef GATEPOST_DIALOGUE_H
#define GATEPOST_DIALOGUE_H

#include <gatepost/abi.h>
#include <gatepost/smtp.h>
#include <gatepost/types.h>

#define GP_PENDING_MAX 16
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

GP_INLINE void gp_dialogue_body_ended(struct gp_flow *flow)
{
	flow->phase = GP_PHASE_COMMAND;
	flow->client_line.len = 0;
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
		/* Nobody answers that we can see: the client goes on regardless, with the body. */
		if (!(flow->flags & GP_FLOW_SERVER_DATA))
			flow->phase = GP_PHASE_BODY;
		return 1;
	case GP_SMTP_BDAT:
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

/**
 * gp_dialogue_client() - the lines of one client segment.
 * @unheard: 1 when the segment acknowledges nothing that the server said. Otherwise the greeting came, whether or not it
 *           was captured, and whether or not it was captured in time.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_dialogue_client(struct gp_flow *flow, struct gp_smtp_count *smtp, const struct gp_smtp_lines *lines,
				 __u32 unheard)
{
	if (!flow || !smtp || !lines)
		return 0;
	if (!unheard)
		flow->flags |= GP_FLOW_GREETED;
	for (__u32 i = 0; i < GP_SMTP_LINES; i++) {
		if (i >= lines->count || gp_dialogue_command(flow, smtp, lines->value[i], unheard))
			break;
	}
	if (lines->skipped)
		GP_ADD(smtp->lines_skipped, lines->skipped);
	return 0;
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
	command = flow->pending_count ? gp_pending_pop(flow) :
		  flow->phase == GP_PHASE_BODY ? GP_PENDING_BODY :
		  flow->phase == GP_PHASE_AUTH ? GP_SMTP_AUTH : GP_SMTP_NONE;
	stage = command == GP_PENDING_BODY ? GP_STAGE_BODY : gp_smtp_stage_of((__u8)command);
	/* What nobody asked for is no second greeting: a time-out, LMTP's further replies, an answer to a lost command. */
	if (command == GP_SMTP_NONE || stage >= GP_SMTP_STAGES)
		stage = GP_STAGE_OTHER;
	GP_ADD(smtp->replies[stage][class & 3], 1);
	if (code == 354)
		flow->phase = GP_PHASE_BODY;
	else if (command == GP_PENDING_BODY || command == GP_SMTP_DATA || command == GP_SMTP_BDAT ||
		 command == GP_SMTP_AUTH)
		gp_dialogue_body_ended(flow);
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
		if (i >= lines->count)
			break;
		gp_dialogue_reply(flow, smtp, lines->value[i]);
	}
	if (lines->skipped)
		GP_ADD(smtp->lines_skipped, lines->skipped);
	return 0;
}

/**
 * gp_dialogue_body() - a client segment within a mail body.
 * @ending: gp_smtp_body_ends() of its last bytes.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_dialogue_body(struct gp_flow *flow, struct gp_smtp_count *smtp, __u32 ending)
{
	if (!flow || !smtp || !ending)
		return 0;
	gp_dialogue_body_ended(flow);
	gp_pending_push(flow, GP_PENDING_BODY);
	if (ending > 1)
		gp_dialogue_command(flow, smtp, GP_SMTP_QUIT, 0);
	return 0;
}

/*
 * The flow has come to its end; whose segment said so? A server that closes first leaves no time for QUIT. @missing: the
 * client's last bytes have not been seen, so that QUIT may yet come.
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
