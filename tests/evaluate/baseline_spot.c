// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPOT: Wald's sequential probability ratio test over a host's outgoing mails (Duan, Chen, Sanchez, Dong, Stephenson,
 * Barker, INFOCOM 2009; IEEE TDSC 9(2), 2012). Theirs reads a content filter's label; here the server's verdict stands
 * in for it. At H0 it begins again.
 */
#include <math.h>
#include <string.h>

#include "baseline.h"
#include "table.h"

const struct spot_test spot_default = {0.9, 0.2, 0.01, 0.01};

double spot_step(const struct spot_test *t, bool spam)
{
	if (spam)
		return log(t->spam_of_zombie / t->spam_of_normal);
	return log((1 - t->spam_of_zombie) / (1 - t->spam_of_normal));
}

double spot_upper(const struct spot_test *t)
{
	return log((1 - t->false_negative) / t->false_positive);
}

double spot_lower(const struct spot_test *t)
{
	return log(t->false_negative / (1 - t->false_positive));
}

double spot_expected_zombie(const struct spot_test *t)
{
	double p = t->spam_of_zombie;

	return ((1 - t->false_negative) * spot_upper(t) + t->false_negative * spot_lower(t)) /
	       (p * spot_step(t, true) + (1 - p) * spot_step(t, false));
}

double spot_expected_normal(const struct spot_test *t)
{
	double p = t->spam_of_normal;

	return (t->false_positive * spot_upper(t) + (1 - t->false_positive) * spot_lower(t)) /
	       (p * spot_step(t, true) + (1 - p) * spot_step(t, false));
}

/* The walk of a host is kept as the bits of a double: 0.0 is what a new host has, and what H0 leaves behind. */
static void spot_mail(struct baseline *b, const struct mail *mail)
{
	const struct table_key key = {.a = mail->host};
	__u64 *kept = table_at(b->state, &key);
	double walk;

	memcpy(&walk, kept, sizeof(walk));
	walk += spot_step(&spot_default, mail->spam);
	if (walk >= spot_upper(&spot_default))
		b->alarm(b->context, b, &mail->host, mail->time_ns);
	if (walk <= spot_lower(&spot_default))
		walk = 0;
	memcpy(kept, &walk, sizeof(walk));
}

static void spot_close(struct baseline *b)
{
	table_free(b->state);
}

const struct baseline_ops baseline_spot = {
	.name = "spot",
	.source = "Duan et al., IEEE TDSC 2012: theta1 0.9, theta0 0.2, alpha = beta = 0.01; label: the server's verdict",
	.kinds = {[GP_KIND_SPAM_BOT] = true},
	.state_bytes = sizeof(struct table),
	.mail = spot_mail,
	.close = spot_close,
};
