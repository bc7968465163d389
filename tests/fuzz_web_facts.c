// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as dialogues of the web and of mail, and what is remembered of their client. An input is as that of
 * fuzz_dialogue_http, cut into dialogues by pieces of length 0. No count exceeds what it is a part of, and memory is bounded.
 */
#include "fuzz_dialogue.h"
#include "token_dialogue.h"

static const __u64 secret[2] = { 1, 2 };

static void check(const struct gp_web_client *c)
{
	__u32 things = c->pages + c->images + c->assets + c->robots_txt;

	MUST(things <= c->requests && things + c->posts >= c->requests);
	MUST(c->bare_pages <= c->pages && c->posts <= c->requests && c->probes <= c->requests);
	MUST(c->login_tries <= c->requests && c->login_refused + c->login_accepted <= c->login_tries);
	MUST(c->declared_robot + c->image_proxy <= c->requests);
	MUST(c->with_cookie <= c->requests && c->with_referer <= c->requests);
	MUST(c->beacon.score >= 0 && c->beacon.score <= 1);
	MUST(c->first_ns <= c->last_ns);
}

static void end(struct gp_dialogue *d, struct gp_web_facts *facts, struct gp_tokens *tokens)
{
	gp_dialogue_finish(d);
	gp_web_facts_dialogue(facts, d, &d->stream->client, 0);
	gp_token_dialogue(tokens, facts, d, &d->stream->client, 0);
	gp_dialogue_close(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const __u8 services[] = { GP_SERVICE_HTTP, GP_SERVICE_TLS, GP_SERVICE_SMTP, GP_SERVICE_HTTP };
	struct gp_dialogue_budget budget = { .max = 1 << 18 };
	struct gp_stream stream = { .begin_ns = 1, .sides = { { .syn = true }, { .syn = true } } };
	struct gp_web_facts *facts;
	struct gp_tokens *tokens;
	struct gp_dialogue *d = NULL;

	MUST(!gp_web_facts_open(&facts, 2, secret) && !gp_tokens_open(&tokens, 2, secret));
	while (size > 2) {
		size_t n = data[1] < size - 2 ? data[1] : size - 2;

		if (!d) {
			stream.service = services[data[0] >> 5 & 3];
			stream.client.bytes[15] = data[0] & 3;
			stream.server.bytes[15] = data[0] >> 2 & 7;
			stream.begin_ns = stream.end_ns += 30000000000ull;
			d = gp_dialogue_open(&stream, &budget);
		}
		if (n && d)
			fuzz_piece(d, &stream, data[0], data + 2, n, true);
		else if (d)
			end(d, facts, tokens);
		d = n ? d : NULL;
		data += 2 + n;
		size -= 2 + n;
	}
	if (d)
		end(d, facts, tokens);
	gp_web_facts_settle(facts);
	MUST(gp_web_facts_count(facts) <= 2 && gp_tokens_count(tokens) <= 2);
	for (__u32 i = 0; i < gp_web_facts_count(facts); i++)
		check(gp_web_facts_at(facts, i));
	gp_web_facts_close(facts);
	gp_tokens_close(tokens);
	MUST(budget.used == 0);
	return 0;
}
