/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tag_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TO_MX TALK(0, ALICE, MX, 40000, 25)
#define TO_WEB TALK(0, ALICE, WEB, 40000, 80)
#define HELLO "\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03"
#define AFTER(packets, kind_, verdict_) { .after = (packets), .kind = GP_KIND_##kind_, .verdict = GP_VERDICT_##verdict_ }
#define FLAGS(...) .flags = { __VA_ARGS__ }

const struct tag_row tag_rows[] = {
	/* Stages: as the packet leaves its flow. */
	{ .name = "mail", .script = SCRIPT(TO_MX, OPEN, SRV("220 mx\r\n"), CLI("EHLO a\r\n"), ACK, SRV("250 mx\r\n"), CLI("MAIL FROM:<a@b>\r\n"),
			 SRV("250 ok\r\n"), CLI("RCPT TO:<c@d>\r\n"), SRV("250 ok\r\n"), CLI("DATA\r\n"), SRV("354 go\r\n"),
			 CLI("Subject: x\r\n\r\ny\r\n"), CLI("more\r\n.\r\n"), SRV("250 ok\r\n"), CLOSE),
	  .tags = "4>H 4<H 4>H 4<C 4>C 4>B 4<C 4>C 4<C 4>C 4<C 4>D 4<D 4>D 4>C 4<C 4>X 4<X 4>B" },
	{ .name = "mail that turns to TLS", .script = SCRIPT(TALK(0, ALICE, MX, 40000, 587), OPEN, SRV("220 mx\r\n"), CLI("EHLO a\r\n"),
					   SRV("250-mx\r\n250 STARTTLS\r\n"), CLI("STARTTLS\r\n"), SRV("220 go\r\n"),
					   CLI(HELLO), SRV("\x16\x03\x03\x00\x40\x02")),
	  .tags = "5>H 5<H 5>H 5<C 5>C 5<C 5>C 5<T 5>T 5<T" },
	{ .name = "mail in TLS from its first byte", .script = SCRIPT(TALK(0, ALICE, MX, 40000, 465), OPEN, CLI(HELLO), SRV("\x16\x03\x03\x00\x40\x02")),
	  .tags = "5>H 5<H 5>H 5>T 5<T" },
	{ .name = "web", .script = SCRIPT(TO_WEB, OPEN, CLI("GET / HTTP/1.1\r\n\r\n"), SRV("HTTP/1.1 200 OK\r\n\r\nabc"), SRV("defg"), ACK,
			CLI("GET /2 HTTP/1.1\r\n\r\n"), CLOSE),
	  .tags = "1>H 1<H 1>H 1>Q 1<R 1<B 1>B 1>Q 1>X 1<X 1>B" },
	{ .name = "TLS", .script = SCRIPT(TALK(0, ALICE, WEB, 40000, 443), OPEN, CLI(HELLO), SRV("\x16\x03\x03\x00\x40\x02"),
			SRV("\x17\x03\x03\x00\x40xyz"), CLI("\x17\x03\x03\x00\x40xyz"), RST_SRV),
	  .tags = "2>H 2<H 2>H 2>T 2<B 2<B 2>B 2<X" },
	{ .name = "QUIC", .script = SCRIPT(TALK(0, ALICE, WEB, 40000, 443), UDP_CLI("initial"), UDP_SRV("initial")), .tags = "3>B 3<B" },
	{ .name = "mailbox", .script = SCRIPT(TALK(0, ALICE, MX, 40000, 143), OPEN, SRV("* OK\r\n"), CLI("a1 NOOP\r\n")), .tags = "6>H 6<H 6>H 6<B 6>B" },
	{ .name = "a refused connection", .script = SCRIPT(TO_MX, SYN, RST_SRV), .tags = "4>H 4<X" },
	{ .name = "backscatter", .script = SCRIPT(TO_MX, SYN_ACK), .tags = "4<H" },
	{ .name = "met in mid-stream", .script = SCRIPT(TO_MX, CLI("MAIL FROM:<a@b>\r\n")), .tags = "4>C" },

	/* Services. */
	{ .name = "no service", .script = SCRIPT(TALK(0, ALICE, MX, 40000, 5000), OPEN, CLI("abcd"), UDP_CLI("x"), ECHO_CLI, ARP), .tags = "- - - - - - -" },
	{ .name = "web on another port: only what is read",
	  .script = SCRIPT(TALK(0, ALICE, WEB, 40000, 5000), OPEN, CLI("GET / HTTP/1.1\r\n\r\n"), SRV("HTTP/1.1 200 OK\r\n\r\n"),
		 SRV("body")),
	  .tags = "- - - 1>Q 1<R -" },

	/* Owners. */
	{ .name = "from outside", .script = SCRIPT(TALK(0, EVE, ALICE, 40000, 80), OPEN, CLI("GET / HTTP/1.1\r\n\r\n")), .tags = "1<H 1>H 1<H 1<Q" },
	{ .name = "both inside", .script = SCRIPT(TALK(0, ALICE, BOB, 40000, 80), OPEN), .tags = "1>H 1>H 1>H" },
	{ .name = "none inside", .script = SCRIPT(TALK(0, EVE, MX, 40000, 25), OPEN), .tags = "4>H 4>H 4>H" },

	/* Verdicts: on the owner, whichever way its packets go. */
	{ .name = "a verdict", .script = SCRIPT(TO_MX, OPEN, SRV("220 mx\r\n"), CLI("EHLO a\r\n"), ACK, TALK(1, ALICE, WEB, 40001, 443),
			      UDP_CLI("x"), UDP_SRV("y")),
	  .tags = "4>H 4<H2 4>H2 4<C2 4>C2 4>B2 3>B2 3<B2", FLAGS(AFTER(1, SPAM_BOT, CONFIRMED)) },
	{ .name = "classes", .script = SCRIPT(TO_MX, SYN, SYN_ACK, ACK), .tags = "4>H 4<H1 4>H4", FLAGS(AFTER(1, SPAM_BOT, SUSPECTED),
									  AFTER(2, SCANNER, CONFIRMED)) },
	{ .name = "a verdict that is taken back", .script = SCRIPT(TO_MX, SYN, SYN_ACK, ACK), .tags = "4>H 4<H3 4>H",
	  FLAGS(AFTER(1, SCANNER, SUSPECTED), AFTER(2, SCANNER, NONE)) },
	{ .name = "a verdict expires", .script = SCRIPT(TO_MX, OPEN, WAIT_S(29), SRV("220-a\r\n"), WAIT_S(1), SRV("220 b\r\n")),
	  .tags = "4>H 4<H2 4>H2 4<C2 4<C",
	  FLAGS(AFTER(1, SPAM_BOT, CONFIRMED)) },
	{ .name = "not on others", .script = SCRIPT(TO_MX, SYN, SYN_ACK, TALK(1, BOB, MX, 40000, 25), OPEN), .tags = "4>H 4<H2 4>H 4<H 4>H",
	  FLAGS(AFTER(1, SPAM_BOT, CONFIRMED)) },
};
const size_t tag_row_count = sizeof(tag_rows) / sizeof(tag_rows[0]);

static int flag(struct tag_play *play, const struct tag_flag *flag, __u64 now_ns)
{
	const struct gp_finding finding = { .id = 0, .kind = flag->kind, .verdict = flag->verdict };

	return gp_tag_verdicts_write(play->verdicts, &finding, flag->verdict != GP_VERDICT_NONE, now_ns);
}

int tag_play_note(struct tag_play *play, const struct gp_tag *tag, __u64 now_ns)
{
	static const char stages[] = "BHCDTQRX";
	size_t len = strlen(play->got);
	char *at = play->got + len;
	int err = 0;

	if (!tag)
		snprintf(at, sizeof(play->got) - len, "%s-", len ? " " : "");
	else if (tag->version != GP_TAG_VERSION || tag->direction > 1 || tag->stage >= GP_TAG_STAGES ||
		 tag->pad[0] | tag->pad[1] | tag->pad[2])
		snprintf(at, sizeof(play->got) - len, "%s?", len ? " " : "");
	else
		snprintf(at, sizeof(play->got) - len, "%s%u%c%c%.*s", len ? " " : "", tag->service,
			 tag->direction == GP_FROM_OWNER ? '>' : '<', stages[tag->stage], tag->verdict ? 1 : 0,
			 &"012345678"[tag->verdict % 9]);
	play->packets++;
	for (int i = 0; i < 2 && !err; i++)
		if (play->row->flags[i].after == play->packets)
			err = flag(play, &play->row->flags[i], now_ns);
	account_drain(&play->on);
	return err;
}

static int touch(void *context, const struct player *player, const struct step *step)
{
	struct tag_play *play = context;

	return account_touch(&play->on, player, step);
}

void tag_rows_check(struct gp_engine *engine,
		    int (*feed)(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare))
{
	for (size_t i = 0; i < tag_row_count * 2 * LINKS; i++) {
		struct tag_play play = { .row = &tag_rows[i / (2 * LINKS)] };
		struct player player = { .feed = feed, .touch = touch, .context = &play };

		player.variant.ipv6 = i & 1;
		player.variant.link = (enum conversation_link)(i / 2 % LINKS);
		assert_int_equal(account_begin(&play.on, engine), 0);
		assert_int_equal(gp_tag_verdicts_open(&play.verdicts, play.on.world, TAG_EXPIRY_S), 0);
		assert_int_equal(player_play(&player, play.row->script), 0);
		gp_tag_verdicts_close(play.verdicts);
		account_end(&play.on);
		if (strcmp(play.got, play.row->tags))
			fail_msg("%s (%s): tags are\n  %s, expected\n  %s", play.row->name,
				 account_variant_name(&player.variant), play.got, play.row->tags);
	}
}
