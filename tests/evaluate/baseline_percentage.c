// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Percentage threshold (PT): so many mails within a window, and such a share of them spam (Duan et al., IEEE TDSC 9(2),
 * 2012). 6 mails and 50 % in an hour are example values of theirs, from memory.
 */
#include "baseline_mail_window.h"

#define MAILS 6u

static void percentage_mail(struct baseline *b, const struct mail *mail)
{
	const struct mail_window_host *h = mail_window_add(b->state, mail);

	if (h->count >= MAILS && 2 * h->spam >= h->count)
		b->alarm(b->context, b, &mail->host, mail->time_ns);
}

static void percentage_close(struct baseline *b)
{
	mail_window_free(b->state);
}

const struct baseline_ops baseline_percentage = {
	.name = "percentage_threshold",
	.source = "PT of Duan et al., IEEE TDSC 2012: 6 mails in 1 h, half of them refused",
	.kinds = {[GP_KIND_SPAM_BOT] = true},
	.state_bytes = sizeof(struct mail_window),
	.mail = percentage_mail,
	.close = percentage_close,
};
