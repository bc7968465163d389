/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One TCP packet: handshake, proof of the source, the end of the flow, and payload handed to the recognisers. */
#ifndef GATEPOST_STREAM_H
#define GATEPOST_STREAM_H

#include <gatepost/classify.h>
#include <gatepost/dialogue.h>
#include <gatepost/flow.h>
#include <gatepost/inside.h>
#include <gatepost/login.h>
#include <gatepost/outside.h>
#include <gatepost/proof.h>
#include <gatepost/sampling.h>
#include <gatepost/scan.h>
#include <gatepost/tag.h>

/* Whose record may be made where there is none. */
enum gp_make {
	GP_MAKE_NONE = 0,
	GP_MAKE_INSIDE = 1,  /* an inside host's */
	GP_MAKE_OUTSIDE = 2, /* an outside address's, since it has earned one (include/gatepost/outside.h) */
	GP_MAKE_BOTH = 3,
};

/**
 * gp_stream_record() - the record of one end of a packet.
 * @make: enum gp_make.
 *
 * No room is counted as a lost observation, unless the packet itself is overflow already. Return: record or -1.
 */
GP_GLOBAL int gp_stream_record(struct gp_memory *m, const struct gp_end *end, __u32 make, __u64 now_ns)
{
	struct gp_totals *totals = gp_mem_totals(m);
	int record = -1;

	if (!totals || !end)
		return -1;
	if (end->slot >= 0)
		record = gp_inside_record(m, &end->addr, (__u32)end->slot, make & GP_MAKE_INSIDE, now_ns);
	else if (end->slot == GP_NO_SLOT)
		return gp_outside_record(m, &end->addr, make & GP_MAKE_OUTSIDE ? GP_EARNED_PROOF : GP_EARNED_NOTHING, now_ns);
	if (record < 0 && (make & GP_MAKE_INSIDE) && (end->slot >= 0 || !end->owner))
		GP_ADD(totals->observations_lost, 1);
	return record;
}

/* The same as a pointer; 0 without one. */
GP_INLINE struct gp_host *gp_stream_host(struct gp_memory *m, const struct gp_end *end, __u32 make, __u64 now_ns)
{
	int record = gp_stream_record(m, end, make, now_ns);

	return record < 0 ? 0 : gp_mem_host(m, (__u32)record);
}

/* Segments sent, for the sender's record where there is one. Return: 0. */
GP_GLOBAL int gp_stream_flags(struct gp_memory *m, const struct gp_end *src, __u32 tcp_flags, __u64 now_ns)
{
	struct gp_totals *totals = gp_mem_totals(m);
	struct gp_host *host;

	if (!totals || !src)
		return 0;
	if ((tcp_flags & (GP_TCP_SYN | GP_TCP_ACK)) == GP_TCP_SYN)
		GP_ADD(totals->syns, 1);
	host = gp_stream_host(m, src, GP_MAKE_NONE, now_ns);
	if (!host)
		return 0;
	if ((tcp_flags & (GP_TCP_SYN | GP_TCP_ACK)) == GP_TCP_SYN)
		GP_ADD(host->syn, 1);
	else if (tcp_flags & GP_TCP_SYN)
		GP_ADD(host->syn_ack, 1);
	if (tcp_flags & GP_TCP_FIN)
		GP_ADD(host->fin, 1);
	if (tcp_flags & GP_TCP_RST)
		GP_ADD(host->rst, 1);
	host->last_seen_ns = now_ns;
	return 0;
}

/* The host's record for the flow's service. */
GP_INLINE struct gp_service_count *gp_stream_service(struct gp_host *host, const struct gp_flow *flow)
{
	return &host->services[gp_service_bounded(flow->service)];
}

/* The first flow of a kind leaves its addresses as a sample for the report. */
GP_INLINE void gp_stream_sample(struct gp_sample *sample, const struct gp_packet *p)
{
	if (sample->dport)
		return;
	sample->dst = p->dst;
	sample->sport = p->sport;
	sample->dport = p->dport;
}

/* Whose flow it is; @from_client: whether its packet comes from the client. */
GP_INLINE void gp_stream_ends(struct gp_flow *flow, const struct gp_packet *p, int from_client)
{
	flow->client = from_client ? p->src : p->dst;
	flow->server = from_client ? p->dst : p->src;
	flow->client_port = from_client ? p->sport : p->dport;
	flow->server_port = from_client ? p->dport : p->sport;
	if (gp_flow_src_is_low(p) == from_client)
		flow->flags |= GP_FLOW_CLIENT_IS_LOW;
}

/* A flow begins with its client's SYN; the numbers of both ends are those of the client's side. */
GP_INLINE void gp_stream_begin(struct gp_memory *m, struct gp_flow *flow, __u32 flow_slot, const struct gp_packet *p,
			       int from_client, __u32 client_isn, __u64 now_ns)
{
	if (!gp_flow_is_over(flow)) /* a new slot holds no mail flow yet */
		gp_flow_tell(m, flow_slot,
			     gp_flow_has_expired(flow, now_ns) ? GP_FLOW_END_EXPIRED : GP_FLOW_END_EVICTED);
	gp_flow_reset(flow, now_ns);
	gp_stream_ends(flow, p, from_client);
	flow->flags |= GP_FLOW_SYN | GP_FLOW_CLIENT_SEQ;
	flow->client_isn = client_isn;
	flow->client_next = client_isn + 1;
	flow->service = gp_port_service(m, flow->server_port, GP_IP_TCP);
}

/*
 * A SYN within a live connection is stray or forged: the server challenges it and goes on (RFC 5961, 4.2). It wipes
 * nothing; only a SYN-ACK that answers it shows a new connection on the same ports.
 */
GP_INLINE int gp_stream_syn_is_stray(struct gp_flow *flow, const struct gp_packet *p, __u64 now_ns)
{
	if (!(flow->flags & GP_FLOW_PROVED) || gp_flow_is_over(flow) || gp_flow_has_expired(flow, now_ns) ||
	    !gp_flow_from_client(flow, p))
		return 0;
	flow->client_isn = p->seq;
	return 1;
}

/* The bare SYN of an outside address without a record: its prefix answers for it. Return: 1 when that
 * is crowded and the address has got one. */
GP_GLOBAL int gp_stream_cell_syn(struct gp_memory *m, struct gp_scratch *s, __u32 service, __u64 now_ns)
{
	struct gp_totals *totals = gp_mem_totals(m);
	struct gp_cell *cell;
	int number;

	if (!totals || !s || service >= GP_SERVICES)
		return 0;
	number = gp_cell_of(m, &s->src.addr, s->packet.ip_version == 4, now_ns);
	cell = number < 0 ? 0 : gp_mem_cell(m, (__u32)number);
	/* Again: it was spilled meanwhile, and Linux 6.1 forgets the bounds of a spilled 32-bit word. */
	GP_OPAQUE(service);
	if (service >= GP_SERVICES)
		return 0;
	if (!cell) {
		GP_ADD(totals->overflow[service].flows, 1);
		GP_ADD(totals->overflow[service].attempts, 1);
		return 0;
	}
	if (!s->src.owner) /* whose packet is counted here as well, below */
		GP_ADD(cell->touched, 1);
	if (gp_cell_contact(m, (__u32)number, &s->packet, now_ns) &&
	    gp_outside_record(m, &s->src.addr, GP_EARNED_CROWD, now_ns) >= 0)
		return 1;
	GP_ADD(cell->services[service].flows, 1);
	GP_ADD(cell->services[service].attempts, 1);
	return 0;
}

/* SYN without ACK: a new flow, unless it is the same SYN again. Return: 0. */
GP_GLOBAL int gp_stream_syn(struct gp_memory *m, struct gp_scratch *s, __u32 flow_slot, __u64 now_ns)
{
	struct gp_flow *flow = gp_mem_flow(m, flow_slot);
	struct gp_packet *p;
	struct gp_host *host;

	if (!flow || !s)
		return 0;
	p = &s->packet;
	if ((flow->flags & GP_FLOW_SYN) && flow->client_isn == p->seq && gp_flow_from_client(flow, p))
		return 0;
	if (gp_stream_syn_is_stray(flow, p, now_ns))
		return 0;
	gp_stream_begin(m, flow, flow_slot, p, 1, p->seq, now_ns);
	gp_flow_publish(flow);
	host = gp_stream_host(m, &s->src, GP_MAKE_INSIDE, now_ns);
	if (!host && s->src.slot == GP_NO_SLOT && gp_stream_cell_syn(m, s, gp_service_bounded(flow->service), now_ns))
		host = gp_stream_host(m, &s->src, GP_MAKE_NONE, now_ns);
	if (!host)
		return 0;
	GP_ADD(gp_stream_service(host, flow)->flows, 1);
	GP_ADD(gp_stream_service(host, flow)->attempts, 1);
	gp_stream_sample(&host->samples[GP_SAMPLE_CONTACT], p);
	gp_scan_attempt(m, p, host, now_ns);
	return 0;
}

/* An answer to an outside address without a record. */
GP_INLINE void gp_stream_cell_answer(struct gp_memory *m, struct gp_scratch *s, __u32 service, __u64 now_ns)
{
	int number = gp_cell_of(m, &s->dst.addr, s->packet.ip_version == 4, now_ns);
	struct gp_cell *cell = number < 0 ? 0 : gp_mem_cell(m, (__u32)number);

	if (!cell)
		return;
	GP_ADD(cell->touched, 1);
	GP_ADD(cell->answered, 1);
	GP_ADD(cell->services[gp_service_bounded(service)].answered, 1);
}

/* SYN-ACK: the answer to a SYN of the flow, or backscatter to whoever is addressed. Return: 0. */
GP_GLOBAL int gp_stream_syn_ack(struct gp_memory *m, struct gp_scratch *s, __u32 flow_slot, __u32 known, __u64 now_ns)
{
	struct gp_flow *flow = known ? gp_mem_flow(m, flow_slot) : 0;
	struct gp_packet *p;
	struct gp_host *host;
	int is_answer, again;

	if (!s)
		return 0;
	p = &s->packet;
	is_answer = flow && (flow->flags & GP_FLOW_SYN) && !gp_flow_from_client(flow, p) &&
		    p->ack == flow->client_isn + 1;
	host = gp_stream_host(m, &s->dst, is_answer ? GP_MAKE_INSIDE : GP_MAKE_NONE, now_ns);
	if (!is_answer) {
		if (host)
			GP_ADD(host->backscatter, 1);
		return 0;
	}
	if ((flow->flags & GP_FLOW_PROVED) && p->seq != flow->server_isn) {
		gp_stream_begin(m, flow, flow_slot, p, 0, p->ack - 1, now_ns);
		if (host) {
			GP_ADD(gp_stream_service(host, flow)->flows, 1);
			GP_ADD(gp_stream_service(host, flow)->attempts, 1);
		}
	}
	again = flow->flags & GP_FLOW_SYN_ACK;
	/* A stateless server answers a SYN that comes again with another ISN; the client may have got only that one. */
	if (!again || !(flow->flags & (GP_FLOW_PROVED | GP_FLOW_SERVER_DATA))) {
		flow->server_isn = p->seq;
		flow->server_next = p->seq + 1;
		gp_proof_expect(m, p);
	}
	flow->flags |= GP_FLOW_SYN_ACK | GP_FLOW_SERVER_SEQ;
	if (again)
		return 0;
	if (!host) {
		if (s->dst.slot == GP_NO_SLOT)
			gp_stream_cell_answer(m, s, flow->service, now_ns);
		return 0;
	}
	GP_ADD(gp_stream_service(host, flow)->answered, 1);
	gp_scan_answer(m, p, host, now_ns);
	return 0;
}

/* The /24 or /48 of a mail server, hashed. */
GP_INLINE __u64 gp_stream_network_hash(__u64 secret, const struct gp_packet *p)
{
	struct gp_addr network = p->dst;

	gp_addr_mask(&network, p->ip_version == 4 ? 96 + 24 : 48);
	return gp_hash_addr(secret, &network);
}

/* A proved flow that asks for a password. Return: 0. */
GP_GLOBAL int gp_stream_login_flow(struct gp_host *host, const struct gp_packet *p, __u32 login)
{
	if (!host || !p)
		return 0;
	GP_OPAQUE(login);
	if (login >= GP_LOGINS)
		return 0;
	GP_ADD(host->logins[login].flows, 1);
	gp_stream_sample(&host->samples[GP_SAMPLE_LOGIN], p);
	return 0;
}

/* The client acknowledged exactly the server's initial sequence number + 1: nobody can do that blindly. Return: 0. */
GP_GLOBAL int gp_stream_proved(struct gp_memory *m, struct gp_scratch *s, __u32 flow_slot, __u64 now_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_flow *flow = gp_mem_flow(m, flow_slot);
	struct gp_host *host;

	if (!settings || !flow || !s)
		return 0;
	flow->flags |= GP_FLOW_PROVED;
	host = gp_stream_host(m, &s->src, GP_MAKE_BOTH, now_ns);
	if (!host)
		return 0;
	GP_ADD(gp_stream_service(host, flow)->confirmed, 1);
	GP_ADD(host->proved_flows, 1);
	if (flow->service == GP_SERVICE_OTHER || flow->service == GP_SERVICE_MAILBOX)
		gp_stream_login_flow(host, &s->packet, gp_login_of(flow));
	if (flow->service != GP_SERVICE_SMTP)
		return 0;
	gp_stream_sample(&host->samples[GP_SAMPLE_SMTP], &s->packet);
	gp_hll_add(&host->mx, gp_stream_network_hash(settings->secret[0], &s->packet));
	return 0;
}

/* How a flow that asks for a password went. Return: 0. */
GP_GLOBAL int gp_stream_login_end(struct gp_flow *flow, struct gp_host *host, const struct gp_packet *p,
				  __u32 from_client, __u64 now_ns)
{
	__u32 login, length;

	if (!flow || !host || !p || (flow->flags & (GP_FLOW_PROVED | GP_FLOW_ENDED)) != GP_FLOW_PROVED)
		return 0;
	login = gp_login_of(flow);
	GP_OPAQUE(login);
	if (login >= GP_LOGINS)
		return 0;
	flow->flags |= GP_FLOW_ENDED;
	length = gp_login_length(flow, p, login, from_client, now_ns);
	if (length == GP_LOGIN_BRIEF)
		GP_ADD(host->logins[login].brief, 1);
	else if (length == GP_LOGIN_LASTING)
		GP_ADD(host->logins[login].lasting, 1);
	return 0;
}

/* FIN and RST: the end of a dialogue, and a SYN-ACK that was refused. Return: 0. */
GP_GLOBAL int gp_stream_end(struct gp_memory *m, struct gp_scratch *s, __u32 flow_slot, __u32 from_client,
			    __u64 now_ns)
{
	struct gp_flow *flow = gp_mem_flow(m, flow_slot);
	struct gp_host *host;
	__u32 reset, was_over;

	if (!flow || !s)
		return 0;
	reset = s->packet.tcp_flags & GP_TCP_RST;
	was_over = gp_flow_is_over(flow);
	host = gp_stream_host(m, from_client ? &s->src : &s->dst, GP_MAKE_NONE, now_ns);
	if (host) {
		/* Also after the server's own reset, which a guessed ACK calls forth (RFC 9293, 3.10.7.4). */
		if (reset && from_client && (flow->flags & GP_FLOW_SYN_ACK) &&
		    !(flow->flags & (GP_FLOW_ENDED | GP_FLOW_PROVED))) {
			flow->flags |= GP_FLOW_ENDED;
			GP_ADD(host->half_open, 1);
		}
		gp_dialogue_end(flow, &host->smtp[flow->service == GP_SERVICE_SUBMISSION], (int)from_client,
				s->packet.seq + s->packet.payload_len != flow->client_next);
		gp_stream_login_end(flow, host, &s->packet, from_client, now_ns);
	}
	if (reset)
		flow->flags |= GP_FLOW_RESET;
	else
		flow->flags |= from_client ? GP_FLOW_CLIENT_FIN : GP_FLOW_SERVER_FIN;
	if (!was_over && gp_flow_is_over(flow))
		gp_flow_tell(m, flow_slot, reset ? GP_FLOW_END_RESET : GP_FLOW_END_CLOSED);
	return 0;
}

/* The client's TLS hello. Return: 0. */
GP_GLOBAL int gp_stream_hello(struct gp_host *host, struct gp_scratch *s)
{
	if (!host || !s)
		return 0;
	gp_tls_client_hello(&s->window, &s->hello);
	if (s->hello.match != GP_MATCH_YES)
		return 0;
	GP_ADD(host->tls.hellos, 1);
	if (s->hello.sni <= GP_SNI_PRESENT)
		GP_ADD(host->tls.sni[s->hello.sni], 1);
	return 0;
}

/* A segment of a web flow. Return: 0. */
GP_GLOBAL int gp_stream_http(struct gp_host *host, struct gp_scratch *s, __u32 from_client)
{
	__u32 first_digit;
	int code;

	if (!host || !s)
		return 0;
	if (!from_client) {
		code = gp_http_status(&s->window);
		first_digit = code > 0 ? (__u32)code / 100 : 0;
		GP_OPAQUE(first_digit);
		if (code > 0)
			GP_ADD(host->http.responses[first_digit < 6 ? first_digit : 0], 1);
		return 0;
	}
	gp_http_request(&s->window, &s->request);
	if (s->request.match != GP_MATCH_YES)
		return 0;
	GP_ADD(host->http.requests[s->request.method & 3], 1);
	if (!s->request.complete) /* what is not there may still come */
		return 0;
	if (!s->request.has_cookie)
		GP_ADD(host->http.without_cookie, 1);
	if (!s->request.has_referrer)
		GP_ADD(host->http.without_referrer, 1);
	return 0;
}

/* What lies behind a body in the tail, its first `at` bytes, becomes the window. */
GP_INLINE void gp_stream_behind_body(struct gp_scratch *s, __u32 at)
{
	__u32 len = s->tail.len - at;

	GP_OPAQUE(len);
	if (len > GP_TAIL_BYTES)
		len = 0;
	for (__u32 i = 0; i < GP_TAIL_BYTES; i++)
		s->window.data[i] = s->tail.data[(at + i) & (GP_TAIL_BYTES - 1)];
	s->window.len = len;
	s->window.payload_len = len;
}

/* The client's commands in the window. Return: as gp_dialogue_client(). */
GP_GLOBAL int gp_stream_commands(struct gp_flow *flow, struct gp_smtp_count *smtp, struct gp_scratch *s)
{
	__u8 begun;

	if (!flow || !smtp || !s)
		return 0;
	begun = flow->client_line.len;
	gp_smtp_commands_from(&s->window, &flow->client_line, &s->lines, flow->body_left);
	flow->body_left = s->lines.chunk_left;
	if (begun && s->lines.count && s->lines.value[0] == GP_SMTP_BDAT)
		gp_dialogue_sizeless(flow, &s->lines);
	return gp_dialogue_client(flow, smtp, &s->lines, s->packet.ack == flow->server_isn + 1);
}

/* The client's part of a mail dialogue: commands, a body, and commands behind it. Return: 0. */
GP_GLOBAL int gp_stream_client(struct gp_flow *flow, struct gp_smtp_count *smtp, struct gp_scratch *s)
{
	int at = 0;

	if (!flow || !smtp || !s)
		return 0;
	if (flow->phase == GP_PHASE_COMMAND) {
		int begun = gp_stream_commands(flow, smtp, s);

		if (s->lines.skipped && flow->phase == GP_PHASE_COMMAND && gp_dialogue_ends_with_data(&s->tail)) {
			gp_dialogue_command(flow, smtp, GP_SMTP_DATA, 0);
			gp_dialogue_turn(flow, GP_PHASE_BODY, GP_BODY_LINE);
		}
		if (!begun)
			return 0;
	}
	if (flow->phase == GP_PHASE_BODY)
		at = gp_dialogue_body(flow, &s->tail);
	if (at > 0) {
		gp_stream_behind_body(s, (__u32)at);
		gp_stream_commands(flow, smtp, s);
	}
	return 0;
}

/* A segment of a mail flow whose client has proved itself. Return: 0. */
GP_INLINE int gp_stream_mail(struct gp_flow *flow, struct gp_host *host, struct gp_scratch *s, __u32 from_client)
{
	struct gp_smtp_count *smtp;

	if (!flow || !host || !s)
		return 0;
	smtp = &host->smtp[flow->service == GP_SERVICE_SUBMISSION];
	if (!from_client) {
		gp_smtp_replies(&s->window, &flow->server_line, &s->lines);
		return gp_dialogue_server(flow, smtp, &s->lines);
	}
	return gp_stream_client(flow, smtp, s);
}

/* A segment of a mailbox's dialogue whose client has proved itself. Return: 0. */
GP_GLOBAL int gp_stream_mailbox(struct gp_flow *flow, struct gp_host *host, struct gp_scratch *s, __u32 from_client)
{
	__u32 outcome;

	if (!flow || !host || !s)
		return 0;
	if (from_client) {
		if (flow->phase == GP_PHASE_COMMAND && gp_login_asks(&s->window))
			flow->phase = GP_PHASE_AUTH;
		return 0;
	}
	if (flow->phase != GP_PHASE_AUTH)
		return 0;
	gp_login_outcome(&s->window, &s->login);
	outcome = s->login.outcome;
	if (outcome == GP_LOGIN_REFUSED) {
		flow->phase = GP_PHASE_COMMAND;
		GP_ADD(host->logins[GP_LOGIN_MAILBOX].refused, 1);
	} else if (outcome == GP_LOGIN_ACCEPTED) {
		flow->phase = GP_PHASE_TLS;
		GP_ADD(host->logins[GP_LOGIN_MAILBOX].accepted, 1);
	}
	return 0;
}

/* A reply on FTP's port (RFC 959, 5.4). Return: 0. */
GP_GLOBAL int gp_stream_ftp(struct gp_memory *m, struct gp_scratch *s, __u32 outcome, __u64 now_ns)
{
	struct gp_host *host;

	if (!s)
		return 0;
	host = gp_stream_host(m, &s->dst, GP_MAKE_BOTH, now_ns);
	if (!host)
		return 0;
	if (outcome == GP_LOGIN_ACCEPTED)
		GP_ADD(host->logins[GP_LOGIN_FTP].accepted, 1);
	else
		GP_ADD(host->logins[GP_LOGIN_FTP].refused, 1);
	return 0;
}

/*
 * The first payload of a direction on an unlisted port. FTP greets with 220, too (RFC 959, 5.4): whether that was mail
 * is for the client's hello to say.
 */
GP_INLINE void gp_stream_classify(struct gp_flow *flow, struct gp_host *host, struct gp_scratch *s, __u32 from_client)
{
	__u8 service = gp_classify_payload(&s->window, (int)from_client, &s->request);

	if (gp_login_is_ssh(s->packet.head) && gp_login_of(flow) == GP_LOGINS) {
		flow->phase = GP_PHASE_SSH;
		if (flow->flags & GP_FLOW_PROVED)
			gp_stream_login_flow(host, &s->packet, GP_LOGIN_SSH);
		return;
	}
	if (service == GP_SERVICE_SMTP && !from_client) {
		flow->flags |= GP_FLOW_GREETED;
		return;
	}
	flow->service = service;
	if (service == GP_SERVICE_SMTP && (flow->flags & GP_FLOW_GREETED) && (flow->flags & GP_FLOW_PROVED))
		GP_ADD(host->smtp[0].replies[GP_STAGE_CONNECT][GP_REPLY_2XX], 1);
}

/* What the new payload of a segment is counted as; the window is filled. Return: 0. */
GP_GLOBAL int gp_stream_recognise(struct gp_memory *m, struct gp_scratch *s, __u32 flow_slot, __u32 from_client,
				  __u64 now_ns)
{
	struct gp_flow *flow = gp_mem_flow(m, flow_slot);
	struct gp_host *host;
	__u32 first;

	if (!flow || !s)
		return 0;
	host = gp_stream_host(m, from_client ? &s->src : &s->dst,
			      flow->flags & GP_FLOW_PROVED			    ? GP_MAKE_BOTH :
			      from_client || flow->flags & GP_FLOW_SYN ? GP_MAKE_INSIDE :
									  GP_MAKE_NONE,
			      now_ns);
	if (!host)
		return 0;
	first = !(flow->flags & (from_client ? GP_FLOW_CLIENT_DATA : GP_FLOW_SERVER_DATA));
	if (first && flow->service == GP_SERVICE_OTHER)
		gp_stream_classify(flow, host, s, from_client);
	if (first && from_client && flow->service != GP_SERVICE_HTTP && gp_is_tls_handshake(&s->window)) {
		flow->flags |= GP_FLOW_TLS;
		flow->phase = GP_PHASE_TLS;
		gp_stream_hello(host, s);
	}
	if (flow->service == GP_SERVICE_HTTP)
		gp_stream_http(host, s, from_client);
	else if ((flow->service == GP_SERVICE_SMTP || flow->service == GP_SERVICE_SUBMISSION) &&
		 flow->phase != GP_PHASE_TLS && (flow->flags & GP_FLOW_PROVED))
		gp_stream_mail(flow, host, s, from_client);
	else if (flow->service == GP_SERVICE_MAILBOX && flow->phase != GP_PHASE_TLS && (flow->flags & GP_FLOW_PROVED))
		gp_stream_mailbox(flow, host, s, from_client);
	flow->flags |= from_client ? GP_FLOW_CLIENT_DATA : GP_FLOW_SERVER_DATA;
	return 0;
}

/* Does anybody want to read this direction's payload? */
GP_INLINE int gp_stream_is_read(const struct gp_flow *flow, __u32 from_client)
{
	if (!(flow->flags & (from_client ? GP_FLOW_CLIENT_DATA : GP_FLOW_SERVER_DATA)))
		return 1;
	return flow->phase != GP_PHASE_TLS && (flow->service == GP_SERVICE_SMTP ||
					       flow->service == GP_SERVICE_SUBMISSION ||
					       flow->service == GP_SERVICE_MAILBOX ||
					       flow->service == GP_SERVICE_HTTP);
}

/* Copies the new payload's first bytes to the window and, for mail, its last ones to the tail. */
GP_INLINE void gp_stream_fill(struct gp_memory *m, gp_ctx *ctx, struct gp_scratch *s, const struct gp_flow *flow,
			      __u32 frame_bytes, __u32 skip, __u32 from_client)
{
	__u32 begin = s->packet.payload_offset + skip, bytes = s->packet.payload_len - skip, tail;

	s->window.len = 0;
	s->window.payload_len = bytes;
	s->tail.len = 0;
	s->tail.whole = 0;
	/* A jumbogram may state 4 GB: what is old may end far behind the frame, and the sum wrap round. */
	if (skip >= frame_bytes || begin >= frame_bytes)
		return;
	if (bytes > frame_bytes - begin)
		bytes = frame_bytes - begin;
	s->window.len = gp_mem_load(m, ctx, begin, s->window.data, bytes, GP_WINDOW_BYTES);
	if (!from_client || flow->service == GP_SERVICE_HTTP || s->window.payload_len != bytes)
		return;
	tail = bytes < GP_TAIL_BYTES ? bytes : GP_TAIL_BYTES;
	s->tail.len = gp_mem_load(m, ctx, begin + bytes - tail, s->tail.data, tail, GP_TAIL_BYTES);
	s->tail.whole = tail == bytes;
}

/* Payload: what of it is new goes to the recognisers. */
GP_INLINE void gp_stream_payload(struct gp_memory *m, gp_ctx *ctx, struct gp_scratch *s, struct gp_flow *flow,
				 __u32 flow_slot, __u32 from_client, __u32 frame_bytes, __u64 now_ns)
{
	__u32 skip, gap, bytes;

	if (from_client)
		bytes = gp_flow_new_bytes(flow, &s->packet, GP_FLOW_CLIENT_SEQ, &flow->client_next, &skip, &gap);
	else
		bytes = gp_flow_new_bytes(flow, &s->packet, GP_FLOW_SERVER_SEQ, &flow->server_next, &skip, &gap);
	if (!bytes)
		return;
	if (from_client)
		flow->client_bytes += bytes;
	else
		flow->server_bytes += bytes;
	if (gap) {
		struct gp_line *line = from_client ? &flow->client_line : &flow->server_line;

		line->len = 0;
		line->head = 0;
		if (!from_client)
			gp_pending_newest(flow);
		else
			flow->body_left = flow->body_left > gap ? flow->body_left - gap : 0;
		/* Bulk data came before: what begins like a request is none. */
		if (flow->service == GP_SERVICE_OTHER)
			flow->flags |= from_client ? GP_FLOW_CLIENT_DATA : GP_FLOW_SERVER_DATA;
	}
	if (!from_client && !skip && flow->server_port == GP_PORT_FTP && (flow->flags & GP_FLOW_PROVED)) {
		__u32 outcome = gp_login_ftp_outcome(s->packet.head);

		if (outcome)
			gp_stream_ftp(m, s, outcome, now_ns);
	}
	if (!gp_stream_is_read(flow, from_client))
		return;
	gp_stream_fill(m, ctx, s, flow, frame_bytes, skip, from_client);
	gp_stream_recognise(m, s, flow_slot, from_client, now_ns);
}

/* A flow met in mid-stream: the end with the service's port is the server. Return: 0. */
GP_GLOBAL int gp_stream_join(struct gp_memory *m, struct gp_scratch *s, __u32 flow_slot, __u64 now_ns)
{
	struct gp_flow *flow = gp_mem_flow(m, flow_slot);
	struct gp_host *host;
	__u32 from_client;

	if (!flow || !s)
		return 0;
	flow->service = gp_port_service(m, s->packet.dport, GP_IP_TCP);
	from_client = flow->service != GP_SERVICE_OTHER;
	if (!from_client)
		flow->service = gp_port_service(m, s->packet.sport, GP_IP_TCP);
	gp_stream_ends(flow, &s->packet, (int)from_client);
	gp_flow_publish(flow);
	/* From outside, whoever is only sent to has got his record by gp_hot_first(), or none is left for him. */
	host = gp_stream_host(m, from_client ? &s->src : &s->dst,
			      from_client || s->src.slot != GP_NO_SLOT ? GP_MAKE_INSIDE : GP_MAKE_NONE, now_ns);
	if (host)
		GP_ADD(gp_stream_service(host, flow)->flows, 1);
	return 0;
}

/* The flow of a packet: found, begun with a SYN, or joined in mid-stream. Return: slot or GP_NO_SLOT. */
GP_INLINE int gp_stream_flow(struct gp_memory *m, struct gp_scratch *s, __u32 service, __u64 now_ns)
{
	struct gp_packet *p = &s->packet;
	__u32 flags = p->tcp_flags, joins;
	int slot;

	if ((flags & (GP_TCP_SYN | GP_TCP_ACK | GP_TCP_RST | GP_TCP_FIN)) == GP_TCP_SYN) {
		slot = gp_flow_slot(m, p, 1, now_ns);
		if (slot >= 0)
			gp_stream_syn(m, s, (__u32)slot, now_ns);
		return slot;
	}
	slot = gp_flow_slot(m, p, 0, now_ns);
	joins = p->payload_len && service != GP_SERVICE_OTHER && service != GP_SERVICE_MAILBOX &&
		!(flags & (GP_TCP_SYN | GP_TCP_RST));
	if (slot < 0 && joins) {
		slot = gp_flow_slot(m, p, 1, now_ns);
		if (slot >= 0)
			gp_stream_join(m, s, (__u32)slot, now_ns);
	}
	return slot;
}

/* Control segments go through the flow table. */
GP_INLINE int gp_segment_is_control(__u32 tcp_flags)
{
	return (tcp_flags & (GP_TCP_SYN | GP_TCP_FIN | GP_TCP_RST)) != 0;
}

/**
 * gp_payload_is_bulk() - does a segment with payload say nothing beyond its length?
 * @service: by its ports. @to: by its destination's port alone.
 *
 * Everything else goes through the flow table: all of a mail dialogue, what a web client sends, the head of a response, a
 * TLS hello, what a mailbox's dialogue may begin with, and on other ports whatever begins like one of these. An ACK without payload is bulk unless it ends a
 * handshake: that is for gp_proof_is_expected() to say.
 */
GP_INLINE int gp_payload_is_bulk(__u32 head, __u32 service, __u32 to)
{
	switch (service) {
	case GP_SERVICE_SMTP:
	case GP_SERVICE_SUBMISSION:
		return 0;
	case GP_SERVICE_HTTP:
		return to != GP_SERVICE_HTTP && head != GP_HEAD('H', 'T', 'T', 'P');
	case GP_SERVICE_TLS:
		return to != GP_SERVICE_TLS || !gp_head_is_tls(head);
	case GP_SERVICE_MAILBOX:
		return !gp_login_head_is_known(head, to == GP_SERVICE_MAILBOX);
	case GP_SERVICE_OTHER:
		return !gp_head_is_known(head);
	default:
		return 1;
	}
}

/*
 * May a bulk segment be the end of a TLS hello that began in the segment before it? Then it acknowledges the server's
 * initial sequence number still, which is for gp_proof_is_expected() to say.
 */
GP_INLINE int gp_payload_may_go_on(__u32 head, __u32 to, __u32 tcp_flags)
{
	return to == GP_SERVICE_TLS && (tcp_flags & GP_TCP_PSH) && !gp_head_is_record(head);
}

/* The same of any packet that has been read whole. */
GP_INLINE int gp_stream_is_bulk(struct gp_memory *m, const struct gp_packet *p, __u32 service, __u32 to)
{
	struct gp_settings *settings = gp_mem_settings(m);

	if (gp_segment_is_control(p->tcp_flags))
		return 0;
	if (gp_mem_sampling(m) == GP_SAMPLING_ALL && gp_sampling_kind_of(service) != GP_SAMPLED_NONE)
		return 0;
	if (p->payload_len && !gp_payload_is_bulk(p->head, service, to))
		return 0;
	if (p->payload_len && (!gp_mem_sampling(m) || !gp_payload_may_go_on(p->head, to, p->tcp_flags)))
		return 1;
	return !settings ||
	       !gp_proof_is_expected(m, settings, gp_proof_addrs(&p->src, &p->dst), (__u32)p->sport ^ p->dport, p->ack);
}

#define GP_STREAM_STAGE 8 /* bits below it: enum gp_service; above: enum gp_tag_stage */

/* A packet's service and stage. */
GP_INLINE int gp_stream_answer(struct gp_memory *m, const struct gp_flow *flow, const struct gp_packet *p,
			       __u32 from_client, __u32 service)
{
	if (!gp_mem_tags(m))
		return (int)service;
	return (int)(service | gp_tag_stage_of(flow, p, from_client) << GP_STREAM_STAGE);
}

/**
 * gp_stream_packet() - take one TCP packet into its flow.
 * @s: the packet and both its ends.
 * @service: by its ports.
 *
 * Return: the flow's service, or @service when there is no flow; above GP_STREAM_STAGE, where tags are on, its stage.
 */
GP_INLINE int gp_stream_packet(struct gp_memory *m, gp_ctx *ctx, struct gp_scratch *s, __u32 frame_bytes, __u32 service)
{
	__u64 now_ns = gp_mem_now(m);
	__u32 flags, from_client;
	struct gp_flow *flow;
	struct gp_packet *p;
	int slot;

	if (!s)
		return (int)service;
	p = &s->packet;
	flags = p->tcp_flags;
	slot = gp_stream_flow(m, s, service, now_ns);
	if ((flags & (GP_TCP_SYN | GP_TCP_ACK | GP_TCP_RST)) == (GP_TCP_SYN | GP_TCP_ACK))
		gp_stream_syn_ack(m, s, (__u32)slot, slot >= 0, now_ns);
	if (flags & (GP_TCP_SYN | GP_TCP_FIN | GP_TCP_RST))
		gp_stream_flags(m, &s->src, flags, now_ns);
	flow = slot < 0 ? 0 : gp_mem_flow(m, (__u32)slot);
	if (gp_mem_sampling(m) == GP_SAMPLING_ALL && gp_sampling_kind_of(service) != GP_SAMPLED_NONE)
		gp_sampling_all(m, ctx, frame_bytes, service);
	else if (gp_mem_sampling(m) && (flags & (GP_TCP_SYN | GP_TCP_ACK | GP_TCP_RST)) == GP_TCP_SYN)
		gp_sampling_syn(m, ctx, frame_bytes, slot);
	if (!flow)
		return gp_stream_answer(m, 0, p, 0, service);
	from_client = (__u32)gp_flow_from_client(flow, p);
	flow->last_ns = now_ns;
	if (from_client && (flags & (GP_TCP_SYN | GP_TCP_ACK | GP_TCP_RST)) == GP_TCP_ACK &&
	    (flow->flags & (GP_FLOW_SYN_ACK | GP_FLOW_PROVED)) == GP_FLOW_SYN_ACK && p->ack == flow->server_isn + 1)
		gp_stream_proved(m, s, (__u32)slot, now_ns);
	if (p->payload_len && !(flags & (GP_TCP_SYN | GP_TCP_RST))) {
		__u32 known = flow->service;

		if (known && gp_mem_sampling(m) == GP_SAMPLING_SOME)
			gp_sampling_segment(m, ctx, frame_bytes, (__u32)slot, from_client);
		gp_stream_payload(m, ctx, s, flow, (__u32)slot, from_client, frame_bytes, now_ns);
		if (!known && flow->service && gp_mem_sampling(m) == GP_SAMPLING_SOME)
			gp_sampling_segment(m, ctx, frame_bytes, (__u32)slot, from_client);
	}
	if (flags & (GP_TCP_FIN | GP_TCP_RST))
		gp_stream_end(m, s, (__u32)slot, from_client, now_ns);
	return gp_stream_answer(m, flow, p, from_client, flow->service);
}

#endif
