// SPDX-License-Identifier: GPL-2.0-or-later
#include "sender_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/parse.h>
#include <gatepost/sketch.h>
#include <gatepost/table.h>

#define SECOND_NS 1000000000ull
#define SEEN 4096u /* a power of two */
#define NAMES 4u   /* of a PTR answer that are asked whether they lead back */

enum job_kind {
	JOB_FREE,
	JOB_SPF,
	JOB_DMARC, /* the same check, later */
	JOB_PTR,
	JOB_FORWARD, /* likewise */
};

struct job {
	enum job_kind kind;
	__u64 begin_ns;
	struct gp_sender_opinion opinion;
	char from[GP_DNS_NAME];
	union {
		struct gp_spf spf;
		struct gp_dmarc dmarc;
		struct {
			struct gp_dns_question question;
			char names[NAMES][GP_DNS_NAME];
			__u32 count, at;
		} ptr;
	};
};

struct gp_sender_check {
	struct gp_sender_check_options options;
	struct job jobs[GP_SENDER_CHECKS];
	struct {
		__u64 hash, time_ns;
	} seen[SEEN]; /* checked lately; a collision checks once more or once less */
	__u64 unsuspected;
	struct gp_sender_check_count count;
};

int gp_sender_check_open(struct gp_sender_check **out, const struct gp_sender_check_options *options)
{
	struct gp_sender_check *check = calloc(1, sizeof(*check));

	if (!check)
		return -ENOMEM;
	check->options = *options;
	*out = check;
	return 0;
}

/* RFC 6890: addresses that mean something else elsewhere. */
static bool is_special(const struct gp_addr *addr)
{
	static const struct {
		struct gp_addr addr;
		__u8 bits;
	} special[] = {
#define V4(a, b, n) { { .bytes = { [10] = 0xff, [11] = 0xff, a, b } }, 96 + (n) }
		V4(0, 0, 8), V4(10, 0, 8), V4(100, 64, 10), V4(127, 0, 8), V4(169, 254, 16), V4(172, 16, 12), V4(192, 168, 16),
		V4(224, 0, 3),
#undef V4
		{ { .bytes = { 0 } }, 127 }, /* ::, ::1 */
		{ { .bytes = { 0xfc } }, 7 },	 { { .bytes = { 0xfe, 0x80 } }, 10 }, { { .bytes = { 0xff } }, 8 },
	};

	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		struct gp_addr masked = *addr;

		gp_addr_mask(&masked, special[i].bits);
		if (!memcmp(&masked, &special[i].addr, sizeof(masked)))
			return true;
	}
	return false;
}

static __u64 hash_of(const struct gp_sender_check *check, const struct gp_addr *client, const char *domain)
{
	__u64 hash = gp_hash_addr(check->options.secret, client);

	for (; *domain; domain++)
		hash = gp_mix(hash, (__u8)(*domain >= 'A' && *domain <= 'Z' ? *domain | 0x20 : *domain));
	return hash;
}

/* Was it checked within the hour? If not, it is now. */
static bool was_seen(struct gp_sender_check *check, const struct gp_addr *client, const char *domain, __u64 time_ns)
{
	__u64 hash = hash_of(check, client, domain);
	__u64 *time = &check->seen[hash & (SEEN - 1)].time_ns;

	if (check->seen[hash & (SEEN - 1)].hash == hash && *time && time_ns < *time + GP_SENDER_CHECK_AGAIN_S * SECOND_NS)
		return true;
	check->seen[hash & (SEEN - 1)].hash = hash;
	*time = time_ns;
	return false;
}

static struct job *free_job(struct gp_sender_check *check)
{
	for (size_t i = 0; i < GP_SENDER_CHECKS; i++)
		if (check->jobs[i].kind == JOB_FREE)
			return &check->jobs[i];
	check->count.crowded++;
	return NULL;
}

static void end_check(struct gp_sender_check *check, struct job *job)
{
	job->kind = JOB_FREE;
	check->count.checked++;
	check->options.opinion(check->options.context, &job->opinion);
}

static void end_ptr(struct gp_sender_check *check, struct job *job, enum gp_sender_ptr ptr)
{
	const char *name = ptr == GP_PTR_CONFIRMED ? job->ptr.names[job->ptr.at - 1] :
			   ptr == GP_PTR_UNCONFIRMED ? job->ptr.names[0] : "";

	job->kind = JOB_FREE;
	check->options.ptr(check->options.context, &job->opinion.client, ptr, name);
}

static void forward(struct gp_sender_check *check, struct job *job, bool confirmed)
{
	enum gp_dns_type type = gp_addr_is_mapped(&job->opinion.client) ? GP_DNS_A : GP_DNS_AAAA;
	const char *name;

	if (confirmed || job->ptr.at == job->ptr.count) {
		end_ptr(check, job, confirmed ? GP_PTR_CONFIRMED : GP_PTR_UNCONFIRMED);
		return;
	}
	name = job->ptr.names[job->ptr.at++];
	job->kind = JOB_FORWARD;
	gp_dns_question_set(&job->ptr.question, name, strlen(name), type);
}

static void take_names(struct gp_sender_check *check, struct job *job, const struct gp_dns_answer *answer)
{
	struct gp_dns_question question;

	for (unsigned i = 0; i < answer->count && job->ptr.count < NAMES; i++) {
		size_t len;
		const char *name = gp_dns_answer_record(answer, i, &len);

		if (gp_dns_question_set(&question, name, len, GP_DNS_A))
			memcpy(job->ptr.names[job->ptr.count++], question.name, sizeof(question.name));
	}
	if (answer->status == GP_DNS_FAILED)
		end_ptr(check, job, GP_PTR_UNKNOWN);
	else if (!job->ptr.count)
		end_ptr(check, job, GP_PTR_ABSENT);
	else
		forward(check, job, false);
}

static bool has_address(const struct gp_dns_answer *answer, const struct gp_addr *addr)
{
	for (unsigned i = 0; i < answer->count; i++) {
		struct gp_addr other = gp_dns_answer_addr(answer, i);

		if (!memcmp(&other, addr, sizeof(other)))
			return true;
	}
	return false;
}

/* What a job needs to know next. NULL: it has ended, or goes on as another. */
static const struct gp_dns_question *wants(const struct job *job)
{
	switch (job->kind) {
	case JOB_SPF:
		return gp_spf_wants(&job->spf);
	case JOB_DMARC:
		return gp_dmarc_wants(&job->dmarc);
	case JOB_PTR:
	case JOB_FORWARD:
		return &job->ptr.question;
	default:
		return NULL;
	}
}

static void take_answer(struct gp_sender_check *check, struct job *job, const struct gp_dns_answer *answer)
{
	if (job->kind == JOB_SPF)
		gp_spf_answer(&job->spf, answer);
	else if (job->kind == JOB_DMARC)
		gp_dmarc_answer(&job->dmarc, answer);
	else if (job->kind == JOB_PTR)
		take_names(check, job, answer);
	else
		forward(check, job, has_address(answer, &job->opinion.client));
}

/* A question less to ask: SPF has its result, or DMARC. */
static void next_stage(struct gp_sender_check *check, struct job *job)
{
	enum gp_spf_result spf = job->opinion.spf;

	if (job->kind == JOB_SPF) {
		job->opinion.spf = gp_spf_result(&job->spf);
		job->kind = JOB_DMARC;
		gp_dmarc_begin(&job->dmarc, job->from);
		return;
	}
	if (!gp_dmarc_spf_passes(&job->dmarc, spf, job->opinion.domain))
		job->opinion.policy = gp_dmarc_policy(&job->dmarc);
	end_check(check, job);
}

static void give_up(struct gp_sender_check *check, struct job *job)
{
	check->count.timed_out++;
	if (job->kind == JOB_PTR || job->kind == JOB_FORWARD) {
		end_ptr(check, job, GP_PTR_UNKNOWN);
		return;
	}
	if (job->kind == JOB_SPF)
		job->opinion.spf = GP_SPF_TEMPERROR;
	job->opinion.policy = GP_DMARC_UNKNOWN;
	end_check(check, job);
}

static void run(struct gp_sender_check *check, struct job *job, __u64 now_ns)
{
	while (job->kind != JOB_FREE) {
		const struct gp_dns_question *question = wants(job);
		const struct gp_dns_answer *answer;

		if (!question) {
			next_stage(check, job);
			continue;
		}
		answer = check->options.resolver.get(check->options.resolver.context, question, now_ns);
		if (!answer)
			break;
		take_answer(check, job, answer);
	}
	if (job->kind != JOB_FREE && now_ns > job->begin_ns + GP_SENDER_CHECK_LIMIT_S * SECOND_NS)
		give_up(check, job);
}

void gp_sender_check_offer(struct gp_sender_check *check, const struct gp_sender_case *c, __u64 now_ns)
{
	const char *domain = *c->domain ? c->domain : c->helo;
	struct job *job;

	check->count.offered++;
	if (!*domain || strlen(domain) >= GP_DNS_NAME || is_special(&c->client))
		return;
	if (!c->suspect && check->unsuspected++ % check->options.every)
		return;
	if (was_seen(check, &c->client, domain, c->time_ns))
		return;
	job = free_job(check);
	if (!job)
		return;
	job->kind = JOB_SPF;
	job->begin_ns = now_ns;
	job->opinion = (struct gp_sender_opinion){ .client = c->client, .host = c->host, .inside = c->inside,
						   .time_ns = c->time_ns, .policy = GP_DMARC_ABSENT };
	snprintf(job->opinion.domain, sizeof(job->opinion.domain), "%s", domain);
	snprintf(job->from, sizeof(job->from), "%s", *c->from && strlen(c->from) < sizeof(job->from) ? c->from : domain);
	gp_spf_begin(&job->spf, &c->client, domain, *c->domain ? NULL : "", c->helo);
	run(check, job, now_ns);
}

void gp_sender_check_ptr(struct gp_sender_check *check, const struct gp_addr *client, __u64 now_ns)
{
	struct job *job = is_special(client) ? NULL : free_job(check);

	if (!job)
		return;
	job->kind = JOB_PTR;
	job->begin_ns = now_ns;
	job->opinion.client = *client;
	job->ptr.count = job->ptr.at = 0;
	gp_dns_question_reverse(&job->ptr.question, client);
	run(check, job, now_ns);
}

void gp_sender_check_step(struct gp_sender_check *check, __u64 now_ns)
{
	for (size_t i = 0; i < GP_SENDER_CHECKS; i++)
		if (check->jobs[i].kind != JOB_FREE)
			run(check, &check->jobs[i], now_ns);
}

struct gp_sender_check_count gp_sender_check_count(const struct gp_sender_check *check)
{
	return check->count;
}

void gp_sender_check_close(struct gp_sender_check *check)
{
	free(check);
}
