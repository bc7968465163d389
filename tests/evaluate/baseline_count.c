// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Count threshold (CT): so many spams within a window (Duan et al., "Detecting Spam Zombies by Monitoring Outgoing
 * Messages", IEEE TDSC 9(2), 2012). 30 in an hour is an example value of theirs, from memory.
 */
#include "baseline_mail_window.h"

#define SPAMS 30u

static void count_mail(struct baseline *b, const struct mail *mail)
{
	if (mail_window_add(b->state, mail)->spam >= SPAMS)
		b->alarm(b->context, b, &mail->host, mail->time_ns);
}

static void count_close(struct baseline *b)
{
	mail_window_free(b->state);
}

const struct baseline_ops baseline_count = {
	.name = "count_threshold",
	.source = "CT of Duan et al., IEEE TDSC 2012: 30 refused mails in 1 h",
	.kinds = {[GP_KIND_SPAM_BOT] = true},
	.state_bytes = sizeof(struct mail_window),
	.mail = count_mail,
	.close = count_close,
};
