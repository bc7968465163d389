/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mails of each host in the last hour, for thresholds over a window. */
#ifndef GATEPOST_TESTS_BASELINE_MAIL_WINDOW_H
#define GATEPOST_TESTS_BASELINE_MAIL_WINDOW_H

#include "baseline.h"
#include "table.h"

#define MAIL_WINDOW_NS (3600ull * 1000000000ull)

struct mail_window_host {
	__u64 *times; /* bit 0: spam */
	size_t first, count, room;
	size_t spam; /* of them */
};

struct mail_window {
	struct table index; /* host -> place in hosts + 1 */
	struct mail_window_host *hosts;
	size_t count, room;
};

/* The host's window with this mail in it. Valid until the next call. */
const struct mail_window_host *mail_window_add(struct mail_window *w, const struct mail *mail);
void mail_window_free(struct mail_window *w);

#endif
