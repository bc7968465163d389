/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as the window of payload that a recogniser reads. */
#ifndef GATEPOST_TESTS_FUZZ_WINDOW_H
#define GATEPOST_TESTS_FUZZ_WINDOW_H

#include <string.h>

#include <gatepost/abi.h>

#include "fuzz.h"

/* In memory of its own, so that a byte that is read beyond it is noticed. To be freed. */
static inline struct gp_window *fuzz_window_new(void)
{
	struct gp_window *w = malloc(sizeof(*w));

	MUST(w);
	return w;
}

/* As much of a payload as a window takes. @behind: what lies behind its end; a recogniser must not see that. */
static inline void fuzz_window_fill(struct gp_window *w, const uint8_t *payload, size_t len, int behind)
{
	w->len = len < GP_WINDOW_BYTES ? (__u32)len : GP_WINDOW_BYTES;
	w->payload_len = (__u32)len;
	memset(w->data, behind, sizeof(w->data));
	if (w->len)
		memcpy(w->data, payload, w->len);
}

#endif
