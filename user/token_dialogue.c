// SPDX-License-Identifier: GPL-2.0-or-later
#include "token_dialogue.h"

#include "agent.h"
#include "web_request.h"

static void delivered(struct gp_tokens *tokens, const struct gp_message *message, __u64 time_ns)
{
	for (__u32 i = 0; i < message->n_links; i++) {
		const struct gp_message_link *link = &message->links[i];

		gp_tokens_delivered(tokens, link->url_hash, link->https, time_ns);
		if (link->https)
			gp_tokens_named(tokens, link->host, link->host_len, time_ns);
	}
}

static void mails(struct gp_tokens *tokens, const struct gp_dialogue *d, __s64 offset_ns)
{
	for (__u32 i = 0; i < d->smtp->messages_count; i++)
		if (d->smtp->taken_ns[i])
			delivered(tokens, d->smtp->messages[i], d->smtp->taken_ns[i] + (__u64)offset_ns);
}

static void fetches(struct gp_tokens *tokens, const struct gp_dialogue *d, const struct gp_addr *client, __s64 offset_ns)
{
	struct gp_web_request request = { .d = d };

	while (gp_web_request_next(&request)) {
		const struct gp_words *agent = &request.said->words[GP_WORDS_AGENT];
		const struct gp_token_fetch fetch = {
			.addr = *client,
			.time_ns = request.said->time_ns + (__u64)offset_ns,
			.user_agent = gp_agent(gp_web_text(d, agent), agent->len),
			.image = request.thing == GP_WEB_IMAGE,
		};
		__u64 hash = gp_dialogue_url_hash(d, request.said);

		if (hash)
			gp_tokens_fetched(tokens, hash, &fetch);
	}
}

static void visit(const struct gp_tokens *tokens, struct gp_web_facts *web, const struct gp_dialogue *d,
		  const struct gp_addr *client, __s64 offset_ns)
{
	const struct gp_words *sni = &d->tls->sni;
	__u64 delay_ns;

	if (sni->len && gp_tokens_visited(tokens, d->text + sni->at, sni->len, d->stream->begin_ns + (__u64)offset_ns, &delay_ns))
		gp_web_facts_named(web, client, delay_ns);
}

void gp_token_dialogue(struct gp_tokens *tokens, struct gp_web_facts *web, const struct gp_dialogue *d,
		       const struct gp_addr *client, __s64 offset_ns)
{
	if (d->protocol == GP_DIALOGUE_SMTP)
		mails(tokens, d, offset_ns);
	else if (d->protocol == GP_DIALOGUE_HTTP)
		fetches(tokens, d, client, offset_ns);
	else if (d->protocol == GP_DIALOGUE_TLS && d->stream->service == GP_SERVICE_TLS && d->tls->has_hello)
		visit(tokens, web, d, client, offset_ns);
}
