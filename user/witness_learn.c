// SPDX-License-Identifier: GPL-2.0-or-later
/* What is learnt of hosts: from what was said, from how they open connections, from records, and from the DNS. */
#include "witness_private.h"

#include <string.h>

#include <gatepost/inside.h>

#include "mail_facts.h"
#include "token_dialogue.h"

/* A subscriber whose host takes mail from others is a mail server, whatever else it is. */
static void learn_served(struct gp_witness *w, const struct gp_dialogue *d, __u64 time_ns)
{
	bool inside;
	struct gp_addr host = gp_witness_host(w, &d->stream->server, &inside);

	if (inside)
		gp_host_facts_served(w->facts, &host, time_ns, &d->stream->client);
}

/* Which end is watched: the inside one, where the other is outside. Return: false without. */
static bool watched_ends(const struct gp_witness *w, const struct gp_addr *a, const struct gp_addr *b,
			 struct gp_watch_flow *flow)
{
	struct gp_memory *m = (struct gp_memory *)w->options.memory; /* as in gp_witness_host() */
	bool a_inside, b_inside;
	struct gp_addr a_host = gp_witness_host(w, a, &a_inside), b_host = gp_witness_host(w, b, &b_inside);

	flow->host = a_inside ? a_host : b_host;
	flow->peer = a_inside ? *b : *a;
	if (a_inside == b_inside)
		return false;
	flow->host_bits = gp_mem_range(m, (__u32)gp_range_find(m, a_inside ? a : b))->subscriber_bits;
	return true;
}

void gp_witness_learn_flow(struct gp_witness *w, const struct gp_addr *a, const struct gp_addr *b, __u8 service, bool ended,
			   __u64 first_ns, __u64 last_ns)
{
	struct gp_watch_flow flow = { .service = service, .ended = ended, .first_ns = first_ns + (__u64)w->options.offset_ns,
				      .last_ns = last_ns + (__u64)w->options.offset_ns };

	if (w->watch && watched_ends(w, a, b, &flow))
		gp_watch_flow(w->watch, &flow);
}

/* Of a mail, whose mailboxes: domains alone. */
static void watch_domains(struct gp_witness *w, const struct gp_stream *stream, const struct gp_mail_facts *facts)
{
	struct gp_watch_flow flow;

	if (!w->watch || !watched_ends(w, &stream->client, &stream->server, &flow))
		return;
	for (__u8 i = 0; i < facts->recipients_count; i++)
		gp_watch_domain(w->watch, &flow.host, &flow.peer, facts->recipient_domains[i].data,
				facts->recipient_domains[i].len);
}

/* A name out of a packet as a string: one with a NUL in it is none. Return: @out, maybe empty. */
static const char *string_of(char out[GP_MESSAGE_ADDRESS + 1], const char *data, size_t len)
{
	out[0] = '\0';
	if (len <= GP_MESSAGE_ADDRESS && !memchr(data, '\0', len)) {
		memcpy(out, data, len);
		out[len] = '\0';
	}
	return out;
}

/* Mail between the networks, in the clear and without a log-in: whose name does it bear? */
static void offer_check(struct gp_witness *w, const struct gp_dialogue *d, const struct gp_mail_facts *facts,
			const struct gp_addr *host, bool inside, __u64 time_ns)
{
	char domain[GP_MESSAGE_ADDRESS + 1] = "", helo[GP_MESSAGE_ADDRESS + 1], from[GP_MESSAGE_ADDRESS + 1] = "";
	const struct gp_message *mail = d->smtp && d->smtp->messages_count ? d->smtp->messages[0] : NULL;
	struct gp_sender_case c = { .client = d->stream->client, .host = *host, .inside = inside,
				    .suspect = gp_witness_is_flagged(w, host), .time_ns = time_ns, .from = from };

	if (facts->auth_tried || (!facts->senders_count && !facts->null_sender))
		return;
	if (facts->senders_count)
		string_of(domain, facts->sender_domains[0].data, facts->sender_domains[0].len);
	if (facts->senders_count && !*domain)
		return;
	if (mail)
		string_of(from, mail->from_domain.data, mail->from_domain.len);
	c.domain = domain;
	c.helo = string_of(helo, facts->helo.data, facts->helo.len);
	gp_sender_check_offer(w->check, &c, w->now_ns);
}

static void learn_sender(struct gp_witness *w, const struct gp_dialogue *d, const struct gp_mail_facts *facts,
			 const struct gp_addr *host, bool inside)
{
	__u64 time_ns = d->stream->begin_ns + (__u64)w->options.offset_ns;
	bool server_inside;

	gp_witness_host(w, &d->stream->server, &server_inside);
	if (d->stream->service != GP_SERVICE_SMTP || inside == server_inside)
		return;
	if (!inside)
		gp_senders_mail(w->senders, d, facts, time_ns);
	if (!w->check)
		return;
	if (!inside && gp_senders_wants_ptr(w->senders, &d->stream->client, time_ns))
		gp_sender_check_ptr(w->check, &d->stream->client, w->now_ns);
	offer_check(w, d, facts, host, inside, time_ns);
}

void gp_witness_learn_opinion(void *context, const struct gp_sender_opinion *o)
{
	struct gp_witness *w = context;

	gp_host_facts_spf(w->facts, &o->host, o->time_ns, o->spf, o->policy, o->domain);
	if (!o->inside)
		gp_senders_spf(w->senders, &o->client, o->spf, o->policy);
}

void gp_witness_learn_ptr(void *context, const struct gp_addr *client, enum gp_sender_ptr ptr, const char *name)
{
	struct gp_witness *w = context;

	gp_senders_ptr(w->senders, client, ptr, name);
}

static void learn_mail(struct gp_witness *w, const struct gp_dialogue *d, enum gp_stream_end end,
		       const struct gp_addr *host, bool inside)
{
	__u64 begin_ns = d->stream->begin_ns + (__u64)w->options.offset_ns, end_ns = d->stream->end_ns + (__u64)w->options.offset_ns;
	struct gp_mail_facts facts;

	gp_mail_facts(&facts, d, end, d->stream->record);
	watch_domains(w, d->stream, &facts);
	gp_host_facts_contact(w->facts, host, begin_ns, &d->stream->server);
	if (facts.helo.len)
		gp_host_facts_helo(w->facts, host, begin_ns, facts.helo.data, facts.helo.len);
	if (facts.dialect_id)
		gp_host_facts_dialect(w->facts, host, begin_ns, facts.dialect_id);
	/* A callout is made again when the next mail of that sender comes, and by nobody before. */
	if (facts.put_off && !facts.callout)
		gp_host_facts_put_off(w->facts, host, end_ns, &d->stream->server);
	if (d->stream->service == GP_SERVICE_SMTP)
		gp_host_facts_mail(w->facts, host, end_ns, &facts, &d->stream->server);
	if (d->stream->service == GP_SERVICE_SMTP && facts.accepted_messages)
		learn_served(w, d, end_ns);
	learn_sender(w, d, &facts, host, inside);
}

static void learn_web(struct gp_witness *w, const struct gp_dialogue *d, const struct gp_addr *host)
{
	for (__u32 i = 0; i < d->said_count; i++) {
		const struct gp_said *said = &d->said[i];
		const struct gp_words *agent = &said->words[GP_WORDS_AGENT];

		if (said->kind == GP_SAID_REQUEST && agent->len)
			gp_host_facts_user_agent(w->facts, host, said->time_ns + (__u64)w->options.offset_ns, d->text + agent->at,
						 agent->len);
	}
}

/* Nobody can put words into a host's mouth by forging its address. */
void gp_witness_learn_dialogue(struct gp_witness *w, const struct gp_dialogue *d, enum gp_stream_end end)
{
	bool inside;
	struct gp_addr host = gp_witness_host(w, &d->stream->client, &inside);

	if (!d->stream->proved && !(inside && w->options.trust_inside))
		return;
	gp_witness_learn_flow(w, &d->stream->client, &d->stream->server, d->stream->service, !d->stream->record,
			      d->stream->begin_ns, d->stream->end_ns);
	if (d->protocol == GP_DIALOGUE_SMTP)
		learn_mail(w, d, end, &host, inside);
	else if (d->protocol == GP_DIALOGUE_HTTP)
		learn_web(w, d, &host);
	gp_web_facts_dialogue(w->web, d, &host, w->options.offset_ns);
	gp_token_dialogue(w->tokens, w->web, d, &host, w->options.offset_ns);
	if (d->tls && d->tls->has_hello)
		gp_host_facts_ja4(w->facts, &host, d->stream->begin_ns + (__u64)w->options.offset_ns, d->tls->ja4);
}

void gp_witness_learn_stack(struct gp_witness *w, const struct gp_segment *segment)
{
	bool inside;
	struct gp_addr host = gp_witness_host(w, &segment->src, &inside);
	struct gp_host_facts *facts = inside || gp_host_facts_get(w->facts, &host) ? w->facts : w->strangers;
	struct gp_tcp_signature signature;

	if (gp_tcp_signature(&signature, segment))
		gp_host_facts_signature(facts, &host, segment->time_ns + (__u64)w->options.offset_ns, &signature);
}

void gp_witness_learn_record(struct gp_witness *w, const struct gp_flow_record *record)
{
	bool inside;
	struct gp_addr host = gp_witness_host(w, &record->client, &inside);

	if (!(record->flags & GP_FLOW_PROVED))
		return;
	if (inside && record->service == GP_SERVICE_SMTP)
		gp_host_facts_network(w->facts, &host, record->first_ns + (__u64)w->options.offset_ns, &record->server);
	gp_witness_learn_flow(w, &record->client, &record->server, record->service, true, record->first_ns, record->last_ns);
}
