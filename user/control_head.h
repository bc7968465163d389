/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line that an answer begins with on the control socket: {"schema":"gatepost.answer/1","ok":true,...}. */
#ifndef GATEPOST_CONTROL_HEAD_H
#define GATEPOST_CONTROL_HEAD_H

#include "answer.h"

#define GP_CONTROL_HEAD_MAX 4096u /* bytes, the line's end among them */

struct gp_control_head {
	bool ok;
	int status;
	size_t length; /* of the body */
	char error[GP_QUERY_ERROR]; /* "" when ok; clean */
};

/* Writes the line for a settled answer. */
void gp_control_head_write(struct gp_answer *out, const struct gp_answer *body);

/**
 * gp_control_head_read() - what a line says that claims to be one.
 * @line: len bytes without the line's end; from whoever listens at the socket.
 *
 * Return: 0, or -EBADMSG: it is none, or promises more than GP_ANSWER_MAX.
 */
int gp_control_head_read(struct gp_control_head *out, const char *line, size_t len);

#endif
