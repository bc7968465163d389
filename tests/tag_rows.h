/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each packet of a conversation is tagged as: one table for the native core and for the XDP program. */
#ifndef GATEPOST_TESTS_TAG_ROWS_H
#define GATEPOST_TESTS_TAG_ROWS_H

#include "account_rows.h"
#include "tag.h"

#define TAG_EXPIRY_S 30

/* How a verdict gets to the first host that has a record. */
struct tag_flag {
	int after; /* packets; 0: never */
	enum gp_kind kind;
	enum gp_verdict verdict; /* GP_VERDICT_NONE: it is taken back */
};

/*
 * @tags: for each packet service, direction and stage, parted by blanks: "4>H" is SMTP, sent by the owner, handshake; a
 * verdict follows ("4>H2"); "-" is no tag. Directions: > sent by the owner, < sent to it. Stages: Bulk, Handshake,
 * Command, boDy, Tls, reQuest, Response, closing (X).
 */
struct tag_row {
	const char *name;
	const struct step *script;
	const char *tags;
	struct tag_flag flags[2];
};

extern const struct tag_row tag_rows[];
extern const size_t tag_row_count;

/* While a row is played. */
struct tag_play {
	const struct tag_row *row;
	struct account_play on;
	struct gp_tag_verdicts *verdicts;
	int packets;
	char got[512];
};

/**
 * tag_rows_check() - play all rows over IPv4, IPv6 and every link layer, and compare.
 * @engine: what is played on; account_begin() clears it.
 * @feed: as of struct player; the context is a struct tag_play, to which tag_play_note() tells each packet's tag.
 *
 * Fails the test on the first row that differs, naming it.
 */
void tag_rows_check(struct gp_engine *engine,
		    int (*feed)(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare));

/* A packet has been fed. @tag: NULL: it bears none. Return: 0, or -errno. */
int tag_play_note(struct tag_play *play, const struct gp_tag *tag, __u64 now_ns);

#endif
