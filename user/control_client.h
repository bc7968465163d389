/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking a running agent over its control socket. */
#ifndef GATEPOST_CONTROL_CLIENT_H
#define GATEPOST_CONTROL_CLIENT_H

#include "answer.h"

#define GP_CONTROL_WAIT_S 60 /* for the whole answer; a reload may read large lists */

/**
 * gp_control_ask() - one question, one answer.
 * @line: of JSON, without its end.
 * @wait_s: give up after; 0: GP_CONTROL_WAIT_S.
 * @out: zeroed; the caller frees it. Its status is the agent's; 200 comes with a text, another with an error that is clean.
 *
 * Return: 0 when there was an answer; -errno of connect(2) when nobody listens, -ETIMEDOUT, -ECONNRESET when the agent went
 * away, -EBADMSG when whoever listens does not answer as an agent does, -ENOMEM. Nothing is logged.
 */
int gp_control_ask(const char *path, const char *line, unsigned wait_s, struct gp_answer *out);

#endif
