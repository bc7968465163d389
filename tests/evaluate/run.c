// SPDX-License-Identifier: GPL-2.0-or-later
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gatepost/inside.h>

#include "attempts.h"
#include "lists_load.h"
#include "memory_setup.h"

#define RANGES_EVERY_NS (60ull * 1000000000ull)

const struct baseline_ops *const baselines[BASELINES] = {
	&baseline_count, &baseline_percentage, &baseline_spot, &baseline_zeek, &baseline_simple_scan, &baseline_all,
};

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct gp_addr run_host_of(const struct run *r, const struct gp_addr *addr, bool *inside)
{
	int index = gp_range_find(&r->engine->memory, addr);
	struct gp_addr host = *addr;

	*inside = index >= 0;
	if (index >= 0)
		gp_addr_mask(&host, gp_mem_range(&r->engine->memory, (__u32)index)->subscriber_bits);
	return host;
}

/* --- what comes out ----------------------------------------------------------------------------------------------- */

/* Room for one more; NULL: no memory, and the run says so. */
static void *one_more(struct run *r, void **array, size_t *count, size_t *room, size_t size)
{
	void *grown = *array;

	if (*count == *room) {
		*room = *room ? 2 * *room : 64;
		grown = reallocarray(*array, *room, size);
		if (!grown) {
			r->err = -ENOMEM;
			return NULL;
		}
		*array = grown;
	}
	return (char *)grown + size * (*count)++;
}

static __u64 malicious(const struct run *r, const struct gp_addr *host)
{
	return r->input.malicious ? r->input.malicious(r->input.context, host) : 0;
}

static void note_alarm(void *context, const struct baseline *b, const struct gp_addr *host, __u64 time_ns)
{
	struct run *r = context;
	unsigned int number = (unsigned int)(b - r->baseline);
	const struct table_key key = {.a = *host, .x = number};
	__u64 *place = table_at(&r->alarm_of, &key);
	struct alarm *alarm;

	if (*place)
		return;
	alarm = one_more(r, (void **)&r->alarms, &r->alarm_count, &r->alarm_room, sizeof(*alarm));
	if (!alarm)
		return;
	*place = r->alarm_count;
	*alarm = (struct alarm){.baseline = number, .addr = *host, .time_ns = time_ns};
	if (b->ops != &baseline_all)
		alarm->malicious = malicious(r, host);
}

static __u64 contacts_of(const struct gp_host *host, enum gp_kind kind)
{
	__u64 contacts = 0;

	if (kind == GP_KIND_SPAM_BOT)
		return host->services[GP_SERVICE_SMTP].confirmed;
	for (unsigned int class = 0; class < GP_SCAN_ENDPOINT; class++) {
		for (unsigned int ring = 0; ring < GP_SLICES; ring++)
			contacts += host->scan.attempts[class][ring];
	}
	return contacts;
}

static struct found *found_at(struct run *r, const struct gp_finding *finding)
{
	const struct table_key key = {.x = finding->id + 1, .y = finding->kind};
	__u64 *place = table_at(&r->found_of, &key);
	struct found *found;

	if (*place)
		return &r->found[*place - 1];
	found = one_more(r, (void **)&r->found, &r->found_count, &r->found_room, sizeof(*found));
	if (!found)
		return NULL;
	*place = r->found_count;
	*found = (struct found){
		.id = finding->id,
		.addr = gp_world_host(r->world, finding->id)->addr,
		.kind = finding->kind,
	};
	return found;
}

/* The judge's own times where it gives them; else when it was first heard to say so. */
static void note_finding(struct run *r, const struct gp_finding *finding, __u64 now_ns)
{
	const struct gp_standing *standing = &finding->standing;
	struct found *found = found_at(r, finding);

	if (!found)
		return;
	if (!found->watched_ns)
		found->watched_ns = standing->watched_ns ? standing->watched_ns : now_ns;
	if (finding->verdict >= GP_VERDICT_SUSPECTED && !found->suspected_ns) {
		found->suspected_ns = standing->suspected_ns ? standing->suspected_ns : now_ns;
		found->contacts = standing->suspected_contacts ? standing->suspected_contacts :
				  contacts_of(gp_world_host(r->world, finding->id), finding->kind);
		found->malicious = malicious(r, &found->addr);
	}
	if (finding->verdict == GP_VERDICT_CONFIRMED && !found->confirmed_ns)
		found->confirmed_ns = standing->confirmed_ns ? standing->confirmed_ns : now_ns;
	if (finding->score > found->peak)
		found->peak = finding->score;
	found->last = *finding;
}

static int note_findings(struct run *r, __u64 now_ns, bool at_end)
{
	const struct gp_finding *findings;
	int count = gp_judge_findings(r->judge, &findings);

	for (int i = 0; i < count; i++) {
		note_finding(r, &findings[i], now_ns);
		if (at_end && !r->err)
			found_at(r, &findings[i])->kept = true;
	}
	return count < 0 ? count : r->err;
}

static bool same_range(const struct gp_range_finding *a, const struct gp_range_finding *b)
{
	return !memcmp(&a->addr, &b->addr, sizeof(a->addr)) && a->bits == b->bits && a->kind == b->kind;
}

static int note_ranges(struct run *r, __u64 now_ns)
{
	const struct gp_range_finding *ranges;
	int count = gp_judge_ranges(r->judge, &ranges);

	for (int i = 0; i < count; i++) {
		struct found_range *grown;
		size_t at = 0;

		while (at < r->range_count && !same_range(&r->ranges[at].last, &ranges[i]))
			at++;
		if (at == r->range_count) {
			grown = reallocarray(r->ranges, at + 1, sizeof(*grown));
			if (!grown)
				return -ENOMEM;
			r->ranges = grown;
			r->ranges[r->range_count++].time_ns = now_ns;
		}
		r->ranges[at].last = ranges[i];
	}
	r->ranges_due_ns = now_ns + RANGES_EVERY_NS;
	return count < 0 ? count : 0;
}

/* --- baselines ---------------------------------------------------------------------------------------------------- */

static void on_failed(void *context, const struct attempt *attempt)
{
	struct run *r = context;

	r->failed_attempts++;
	for (unsigned int i = 0; i < BASELINES; i++) {
		if (r->baseline[i].ops->failed)
			r->baseline[i].ops->failed(&r->baseline[i], attempt);
	}
}

/* Outgoing mail of whoever gatepost itself would judge: a declared relay's is its work. */
static void on_mail(void *context, const struct mail *mail)
{
	struct run *r = context;
	int index = gp_range_find(&r->engine->memory, &mail->host);
	struct mail of_host = *mail;
	bool inside;

	if (index < 0 || gp_mem_range(&r->engine->memory, (__u32)index)->role != GP_ROLE_SUBSCRIBER)
		return;
	of_host.host = run_host_of(r, &mail->host, &inside);
	r->mails++;
	r->refused_mails += mail->spam;
	for (unsigned int i = 0; i < BASELINES; i++) {
		if (r->baseline[i].ops->mail)
			r->baseline[i].ops->mail(&r->baseline[i], &of_host);
	}
}

static bool is_mail(const struct gp_packet *p)
{
	return p->ip_proto == 6 && (p->sport == 25 || p->dport == 25);
}

static int feed_baselines(struct run *r, const struct gp_frame *frame)
{
	const struct gp_packet *p = r->engine->last_packet(r->engine);
	struct gp_addr host;
	bool inside;

	if (p->status != GP_PARSE_OK || !p->ip_version)
		return 0;
	host = run_host_of(r, &p->src, &inside);
	for (unsigned int i = 0; i < BASELINES; i++) {
		if (r->baseline[i].ops->seen)
			r->baseline[i].ops->seen(&r->baseline[i], &host, frame->time_ns);
	}
	if (p->ip_proto == 6)
		attempts_packet(r->attempts, p, &host, inside, frame->time_ns);
	return is_mail(p) ? listener_frame(r->listener, frame) : 0;
}

/* --- the sequence of user/cmd_replay.c ---------------------------------------------------------------------------- */

static void take_record(void *context, const struct gp_flow_record *record)
{
	struct run *r = context;

	gp_world_flow_record(r->world, record);
	if (!r->err)
		r->err = gp_witness_record(r->witness, record);
}

static void take_sample(void *context, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct run *r = context;

	if (!r->err)
		r->err = gp_witness_sample(r->witness, sample, bytes);
}

static int begin_slice(struct run *r, __u64 now_ns)
{
	int err = gp_epoch_turn(r->epoch, now_ns);

	gp_lists_tick(gp_lists_loaded(r->lists), now_ns);
	if (!err)
		err = gp_witness_tick(r->witness, now_ns, 0, now_ns / 1000000000u);
	if (!err)
		err = gp_judge_tick(r->judge, now_ns);
	if (!err)
		err = note_findings(r, now_ns, false);
	if (!err && now_ns >= r->ranges_due_ns)
		err = note_ranges(r, now_ns);
	if (!err && r->with_baselines)
		err = listener_tick(r->listener, now_ns);
	return err;
}

static int take_frame(struct run *r, const struct gp_frame *frame)
{
	int err = 0;

	if (!r->packets++)
		r->first_ns = frame->time_ns;
	r->last_ns = frame->time_ns;
	if (frame->time_ns / GP_SLICE_NS != r->slice) {
		r->slice = frame->time_ns / GP_SLICE_NS;
		err = begin_slice(r, frame->time_ns);
	}
	if (!err)
		err = r->engine->frame(r->engine, frame);
	if (err)
		return err;
	r->engine->samples(r->engine, take_sample, r);
	r->engine->drain(r->engine, take_record, r);
	if (!r->err && r->with_baselines)
		r->err = feed_baselines(r, frame);
	return r->err;
}

static int finish(struct run *r)
{
	int err;

	gp_memory_flush(&r->engine->memory, r->last_ns);
	err = gp_epoch_turn(r->epoch, r->last_ns);
	if (!err)
		err = gp_witness_finish(r->witness);
	if (!err)
		err = gp_judge_finish(r->judge, r->last_ns);
	if (!err)
		err = note_findings(r, r->last_ns, true);
	if (!err)
		err = note_ranges(r, r->last_ns);
	if (err || !r->with_baselines)
		return err;
	attempts_advance(r->attempts, r->last_ns);
	return listener_finish(r->listener);
}

int run_all(struct run *r)
{
	double begin_s = cpu_s();
	struct gp_frame frame;
	int err, damage = 0;

	r->slice = ~0ull;
	while ((err = r->input.next(r->input.context, &frame)) == 1) {
		err = take_frame(r, &frame);
		if (err)
			return err;
	}
	/* What a damaged capture holds up to its damage is judged, as replay does. */
	if (err)
		damage = err;
	err = finish(r);
	r->cpu_s = cpu_s() - begin_s;
	return err ? err : damage;
}

int run_open(struct run *r)
{
	const struct gp_witness_options witness = {.config = r->config, .trust_inside = r->trust_inside};
	struct gp_witness_options options = witness;
	struct gp_heard heard;
	int err = gp_engine_native_open(&r->engine, r->config);

	if (!err)
		err = gp_lists_load(&r->lists, r->config->lists, r->config->list_count);
	if (!err)
		err = gp_world_open(&r->world, &r->engine->memory);
	if (!err)
		err = gp_epoch_open(&r->epoch, r->world, &(struct gp_epoch_options){.journal = NULL});
	if (!err)
		err = gp_judge_open(&r->judge, r->world, &r->config->limits, r->trust_inside);
	if (err)
		return err;
	options.memory = &r->engine->memory;
	options.lists = gp_lists_loaded(r->lists);
	err = gp_witness_open(&r->witness, &options);
	if (err)
		return err;
	heard = gp_witness_heard(r->witness);
	gp_judge_hear(r->judge, &heard);
	if (!r->with_baselines)
		return 0;
	for (unsigned int i = 0; i < BASELINES; i++)
		baseline_open(&r->baseline[i], baselines[i], note_alarm, r);
	r->attempts = attempts_open(on_failed, r);
	return listener_open(&r->listener, r->config, on_mail, r);
}

void run_close(struct run *r)
{
	if (r->witness)
		gp_witness_close(r->witness);
	if (r->judge)
		gp_judge_close(r->judge);
	if (r->epoch)
		gp_epoch_close(r->epoch, false);
	if (r->world)
		gp_world_close(r->world);
	if (r->attempts) {
		for (unsigned int i = 0; i < BASELINES; i++)
			baseline_close(&r->baseline[i]);
		attempts_close(r->attempts);
	}
	listener_close(r->listener);
	if (r->engine)
		r->engine->close(r->engine);
	gp_lists_unload(r->lists);
	table_free(&r->found_of);
	table_free(&r->alarm_of);
	free(r->found);
	free(r->alarms);
	free(r->ranges);
}
