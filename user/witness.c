// SPDX-License-Identifier: GPL-2.0-or-later
#include "witness_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gatepost/inside.h>

#include "dialogue_json.h"
#include "log.h"
#include "names.h"
#include "tokens.h"
#include "web_facts.h"

#define FACTS_HOSTS 65536u
#define STRANGERS 8192u
#define WEB_EXPIRY_NS 10000000000ull /* all clients are looked at: not in each time slice */

struct gp_addr gp_witness_host(const struct gp_witness *w, const struct gp_addr *addr, bool *inside)
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
	struct gp_addr src = gp_witness_host(w, &segment->src, &src_inside), dst = gp_witness_host(w, &segment->dst, &dst_inside);

	return dst_inside && !src_inside ? dst : src;
}

static int compare_addr(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct gp_addr));
}

bool gp_witness_is_flagged(const struct gp_witness *w, const struct gp_addr *host)
{
	return bsearch(host, w->flagged, w->flagged_count, sizeof(*host), compare_addr);
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

	gp_witness_learn_dialogue(w, d, end);
	if (!w->options.print)
		return 0;
	err = gp_dialogue_write(w->options.print, d, end, w->options.offset_ns);
	if (err)
		gp_error("dialogues: cannot write: %s", strerror(-err));
	return err;
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
	if (gp_witness_is_flagged(w, &other))
		keep_for(w, &other, segment);
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
			gp_witness_learn_stack(w, &segment);
		if (segment.proved)
			gp_witness_learn_flow(w, &segment.src, &segment.dst, segment.service, false, segment.time_ns,
					      segment.time_ns);
		keep(w, &segment);
	}
	return gp_dialogues_sample(w->dialogues, sample, bytes);
}

int gp_witness_record(struct gp_witness *w, const struct gp_flow_record *record)
{
	gp_witness_learn_record(w, record);
	return gp_dialogues_record(w->dialogues, record);
}

static void expire(struct gp_witness *w, __u64 now_ns)
{
	const __u64 retention_ns = (__u64)(w->options.config->web.retention_s * 1e9);

	gp_host_facts_expire(w->facts, now_ns);
	gp_host_facts_expire(w->strangers, now_ns);
	if (now_ns - w->web_expired_ns < WEB_EXPIRY_NS)
		return;
	w->web_expired_ns = now_ns;
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

void gp_witness_answers(struct gp_witness *w, __u64 now_ns)
{
	w->now_ns = now_ns;
	if (w->check)
		gp_sender_check_step(w->check, now_ns);
}

int gp_witness_tick(struct gp_witness *w, __u64 now_ns, __s64 offset_ns, __u64 now_s)
{
	int err;

	w->options.offset_ns = offset_ns;
	gp_witness_answers(w, now_ns);
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

	if (!w->kept && !w->check)
		return;
	memcpy(before, w->flagged, before_count * sizeof(*before));
	w->flagged_count = 0;
	for (int i = 0; i < count && w->flagged_count < GP_EVIDENCE_FILES; i++) {
		const struct gp_addr *addr = &gp_world_host(world, findings[i].id)->addr;

		if (w->kept)
			gp_evidence_pcapng_flag(w->kept, addr, gp_kind_name(findings[i].kind));
		w->flagged[w->flagged_count++] = *addr;
	}
	qsort(w->flagged, w->flagged_count, sizeof(*w->flagged), compare_addr);
	for (size_t i = 0; w->kept && i < before_count; i++)
		if (!gp_witness_is_flagged(w, &before[i]))
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

int gp_witness_lists(struct gp_witness *w, const struct gp_lists *lists)
{
	gp_watch_close(w->watch);
	w->watch = NULL;
	w->options.lists = lists;
	return lists ? gp_watch_open(&w->watch, lists, w->options.config->secret) : 0;
}

struct gp_heard gp_witness_heard(const struct gp_witness *w)
{
	return (struct gp_heard){ .hosts = w->facts, .strangers = w->strangers, .web = w->web, .tokens = w->tokens,
				  .lists = w->options.lists, .watch = w->watch };
}

const struct gp_watch *gp_witness_watch(const struct gp_witness *w)
{
	return w->watch;
}

const struct gp_senders *gp_witness_senders(const struct gp_witness *w)
{
	return w->senders;
}

const struct gp_sender_check *gp_witness_checks(const struct gp_witness *w)
{
	return w->check;
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
	gp_watch_close(w->watch);
	gp_senders_close(w->senders);
	gp_sender_check_close(w->check);
	free(w);
}

static int open_check(struct gp_witness *w, const struct gp_config *config)
{
	const struct gp_sender_check_options options = {
		.resolver = w->options.resolver,
		.every = config->spf.every,
		.secret = config->secret[0],
		.opinion = gp_witness_learn_opinion,
		.ptr = gp_witness_learn_ptr,
		.context = w,
	};

	return options.resolver.get ? gp_sender_check_open(&w->check, &options) : 0;
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
	if (!err && w->options.lists)
		err = gp_watch_open(&w->watch, w->options.lists, config->secret);
	if (!err)
		err = gp_web_facts_open(&w->web, config->web.clients, config->secret);
	if (!err)
		err = gp_tokens_open(&w->tokens, config->web.tokens, config->secret);
	if (!err)
		gp_tokens_tell(w->tokens, joined, w->web);
	if (!err)
		err = gp_senders_open(&w->senders, &config->senders, config->secret);
	if (!err)
		err = open_check(w, config);
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
