// SPDX-License-Identifier: GPL-2.0-or-later
#include "witness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gatepost/inside.h>

#include "dialogue_json.h"
#include "log.h"
#include "mail_facts.h"
#include "names.h"
#include "token_dialogue.h"

#define FACTS_HOSTS 65536u
#define STRANGERS 8192u

struct gp_witness {
	struct gp_witness_options options;
	struct gp_dialogues *dialogues;
	struct gp_host_facts *facts;
	struct gp_host_facts *strangers; /* outside, who only ever sent SYNs: a flood of them displaces nobody else */
	struct gp_web_facts *web;
	struct gp_tokens *tokens;
	struct gp_evidence_pcapng *kept; /* NULL without a directory */
	struct gp_addr flagged[GP_EVIDENCE_FILES]; /* sorted */
	size_t flagged_count;
};

/* The host that an address is reported as: its subscriber's prefix where it is inside. */
static struct gp_addr host_of(const struct gp_witness *w, const struct gp_addr *addr, bool *inside)
{
	struct gp_memory *m = (struct gp_memory *)w->options.memory; /* the core's accessors take it; nothing is written */
	int index = gp_range_find(m, addr);
	struct gp_addr host = *addr;

	*inside = index >= 0;
	if (index >= 0)
		gp_addr_mask(&host, gp_mem_range(m, (__u32)index)->subscriber_bits);
	return host;
}

/* As the data plane has it: the inside end, else the source. */
static struct gp_addr owner_of(const struct gp_witness *w, const struct gp_segment *segment)
{
	bool src_inside, dst_inside;
	struct gp_addr src = host_of(w, &segment->src, &src_inside), dst = host_of(w, &segment->dst, &dst_inside);

	return dst_inside && !src_inside ? dst : src;
}

static void learn_mail(struct gp_witness *w, const struct gp_dialogue *d, enum gp_stream_end end,
		       const struct gp_addr *host)
{
	__u64 begin_ns = d->stream->begin_ns + (__u64)w->options.offset_ns, end_ns = d->stream->end_ns + (__u64)w->options.offset_ns;
	struct gp_mail_facts facts;

	gp_mail_facts(&facts, d, end, d->stream->record);
	gp_host_facts_contact(w->facts, host, begin_ns, &d->stream->server);
	if (facts.helo.len)
		gp_host_facts_helo(w->facts, host, begin_ns, facts.helo.data, facts.helo.len);
	if (facts.dialect_id)
		gp_host_facts_dialect(w->facts, host, begin_ns, facts.dialect_id);
	if (facts.put_off)
		gp_host_facts_put_off(w->facts, host, end_ns, &d->stream->server);
	if (facts.dnsbl != GP_DNSBL_NONE)
		gp_host_facts_blocklist(w->facts, host, end_ns, facts.dnsbl == GP_DNSBL_POLICY);
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
static void learn(struct gp_witness *w, const struct gp_dialogue *d, enum gp_stream_end end)
{
	bool inside;
	struct gp_addr host = host_of(w, &d->stream->client, &inside);

	if (!d->stream->proved && !(inside && w->options.trust_inside))
		return;
	if (d->protocol == GP_DIALOGUE_SMTP)
		learn_mail(w, d, end, &host);
	else if (d->protocol == GP_DIALOGUE_HTTP)
		learn_web(w, d, &host);
	gp_web_facts_dialogue(w->web, d, &host, w->options.offset_ns);
	gp_token_dialogue(w->tokens, w->web, d, &host, w->options.offset_ns);
	if (d->tls && d->tls->has_hello)
		gp_host_facts_ja4(w->facts, &host, d->stream->begin_ns + (__u64)w->options.offset_ns, d->tls->ja4);
}

/* A link of a delivered mail was fetched: by whom may have been told long ago. */
static void joined(void *context, const struct gp_token_fetch *fetch, __u64 delay_ns, bool shared)
{
	gp_web_facts_joined(context, &fetch->addr, delay_ns, shared);
}

/* A dialogue has ended. */
static int told(void *context, const struct gp_dialogue *d, enum gp_stream_end end)
{
	struct gp_witness *w = context;
	int err;

	learn(w, d, end);
	if (!w->options.print)
		return 0;
	err = gp_dialogue_write(w->options.print, d, end, w->options.offset_ns);
	if (err)
		gp_error("dialogues: cannot write: %s", strerror(-err));
	return err;
}

static int compare_addr(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct gp_addr));
}

/* What is kept of a mail client's segment: nothing from AUTH on. */
static __u32 kept_bytes(const struct gp_segment *segment)
{
	bool mail = segment->service == GP_SERVICE_SMTP || segment->service == GP_SERVICE_SUBMISSION;

	for (__u32 i = 0; mail && i + 4 <= segment->captured; i++)
		if (!strncasecmp((const char *)segment->data + i, "AUTH", 4))
			return segment->ip_bytes + i + 4;
	return segment->ip_bytes + segment->captured;
}

static void keep_for(struct gp_witness *w, const struct gp_addr *host, const struct gp_segment *segment)
{
	gp_evidence_pcapng_packet(w->kept, host, segment->time_ns + (__u64)w->options.offset_ns, segment->ip,
				  kept_bytes(segment), segment->ip_bytes + segment->payload_len);
}

/* Packets of hosts that are flagged, or may be, are kept: of the inside end, and of the other one once it is flagged. */
static void keep(struct gp_witness *w, const struct gp_segment *segment)
{
	struct gp_addr host, other;

	if (!w->kept)
		return;
	host = owner_of(w, segment);
	keep_for(w, &host, segment);
	other = memcmp(&host, &segment->dst, sizeof(host)) ? segment->dst : segment->src;
	if (bsearch(&other, w->flagged, w->flagged_count, sizeof(other), compare_addr))
		keep_for(w, &other, segment);
}

static void learn_stack(struct gp_witness *w, const struct gp_segment *segment)
{
	bool inside;
	struct gp_addr host = host_of(w, &segment->src, &inside);
	struct gp_host_facts *facts = inside || gp_host_facts_get(w->facts, &host) ? w->facts : w->strangers;
	struct gp_tcp_signature signature;

	if (gp_tcp_signature(&signature, segment))
		gp_host_facts_signature(facts, &host, segment->time_ns + (__u64)w->options.offset_ns, &signature);
}

int gp_witness_segment(struct gp_witness *w, const struct gp_segment *segment)
{
	keep(w, segment);
	return gp_dialogues_segment(w->dialogues, segment);
}

int gp_witness_sample(struct gp_witness *w, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct gp_segment segment;

	if (gp_segment_from_sample(&segment, sample, bytes)) {
		if ((segment.tcp_flags & (GP_TCP_SYN | GP_TCP_ACK)) == GP_TCP_SYN)
			learn_stack(w, &segment);
		keep(w, &segment);
	}
	return gp_dialogues_sample(w->dialogues, sample, bytes);
}

int gp_witness_record(struct gp_witness *w, const struct gp_flow_record *record)
{
	return gp_dialogues_record(w->dialogues, record);
}

static void expire(struct gp_witness *w, __u64 now_ns)
{
	const __u64 retention_ns = (__u64)(w->options.config->web.retention_s * 1e9);

	gp_host_facts_expire(w->facts, now_ns);
	gp_host_facts_expire(w->strangers, now_ns);
	gp_web_facts_expire(w->web, now_ns, retention_ns);
	gp_tokens_expire(w->tokens, now_ns, retention_ns);
}

static int flush(struct gp_witness *w)
{
	int err;

	if (!w->options.print || !fflush(w->options.print))
		return 0;
	err = -errno;
	gp_error("dialogues: cannot write: %s", strerror(-err));
	return err;
}

int gp_witness_tick(struct gp_witness *w, __u64 now_ns, __s64 offset_ns, __u64 now_s)
{
	int err;

	w->options.offset_ns = offset_ns;
	err = gp_dialogues_tick(w->dialogues, now_ns);
	expire(w, now_ns + (__u64)offset_ns);
	if (w->kept)
		gp_evidence_pcapng_expire(w->kept, now_s);
	return err ? err : flush(w);
}

void gp_witness_flag(struct gp_witness *w, const struct gp_world *world, const struct gp_finding *findings, int count)
{
	struct gp_addr before[GP_EVIDENCE_FILES];
	size_t before_count = w->flagged_count;

	if (!w->kept)
		return;
	memcpy(before, w->flagged, before_count * sizeof(*before));
	w->flagged_count = 0;
	for (int i = 0; i < count && w->flagged_count < GP_EVIDENCE_FILES; i++) {
		const struct gp_addr *addr = &gp_world_host(world, findings[i].id)->addr;

		gp_evidence_pcapng_flag(w->kept, addr, gp_kind_name(findings[i].kind));
		w->flagged[w->flagged_count++] = *addr;
	}
	qsort(w->flagged, w->flagged_count, sizeof(*w->flagged), compare_addr);
	for (size_t i = 0; i < before_count; i++)
		if (!bsearch(&before[i], w->flagged, w->flagged_count, sizeof(*w->flagged), compare_addr))
			gp_evidence_pcapng_clear(w->kept, &before[i]);
}

int gp_witness_finish(struct gp_witness *w)
{
	struct gp_dialogues_count count;
	int err = gp_dialogues_finish(w->dialogues);

	gp_web_facts_settle(w->web);
	count = gp_dialogues_count(w->dialogues);
	if (count.displaced)
		gp_notice("dialogues: %llu flows ended early to make room for others", (unsigned long long)count.displaced);
	return err ? err : flush(w);
}

const struct gp_facts *gp_witness_facts(const struct gp_witness *w, const struct gp_addr *host)
{
	const struct gp_facts *facts = gp_host_facts_get(w->facts, host);

	return facts ? facts : gp_host_facts_get(w->strangers, host);
}

struct gp_heard gp_witness_heard(const struct gp_witness *w)
{
	return (struct gp_heard){ .hosts = w->facts, .web = w->web, .tokens = w->tokens };
}

struct gp_dialogues_count gp_witness_count(const struct gp_witness *w)
{
	return gp_dialogues_count(w->dialogues);
}

const struct gp_evidence_pcapng_count *gp_witness_captured(const struct gp_witness *w)
{
	return w->kept ? gp_evidence_pcapng_count(w->kept) : NULL;
}

void gp_witness_close(struct gp_witness *w)
{
	if (w->dialogues)
		gp_dialogues_close(w->dialogues);
	if (w->kept)
		gp_evidence_pcapng_close(w->kept);
	if (w->facts)
		gp_host_facts_close(w->facts);
	if (w->strangers)
		gp_host_facts_close(w->strangers);
	gp_web_facts_close(w->web);
	gp_tokens_close(w->tokens);
	free(w);
}

static int open_parts(struct gp_witness *w, const struct gp_config *config)
{
	const struct gp_evidence_pcapng_options options = {
		.directory = w->options.capture_dir,
		.secret = { config->secret[0], config->secret[1] },
		.now_s = w->options.now_s,
		.retention_s = (__u64)config->capture_retention_s,
	};
	int err = gp_host_facts_open(&w->facts, FACTS_HOSTS, config->secret);

	if (!err)
		err = gp_host_facts_open(&w->strangers, STRANGERS, config->secret);
	if (!err)
		err = gp_web_facts_open(&w->web, config->web.clients, config->secret);
	if (!err)
		err = gp_tokens_open(&w->tokens, config->web.tokens, config->secret);
	if (!err)
		gp_tokens_tell(w->tokens, joined, w->web);
	if (!err)
		err = gp_dialogues_open(&w->dialogues, config, told, w);
	if (!err && options.directory)
		err = gp_evidence_pcapng_open(&w->kept, &options);
	return err;
}

int gp_witness_open(struct gp_witness **out, const struct gp_witness_options *options)
{
	struct gp_witness *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->options = *options;
	err = open_parts(w, options->config);
	if (err) {
		gp_witness_close(w);
		return err;
	}
	*out = w;
	return 0;
}
