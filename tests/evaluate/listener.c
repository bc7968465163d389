// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mails and their labels, as a network sees them. A mail is spam when its server refused it for good or named a block
 * list; within TLS, when the flow is too short to hold one (detection.md, 1.2, as gp_mail_facts() has it). Put off for
 * now is no outcome: whoever is greylisted sends nothing until it comes back.
 */
#include <errno.h>
#include <stdlib.h>

#include "dialogues.h"
#include "mail_facts.h"
#include "run.h"

struct listener {
	struct gp_config config; /* a copy with other numbers; its pointers are the original's */
	struct gp_engine *engine;
	struct gp_dialogues *dialogues;
	mail_fn *mail;
	void *context;
	int err;
};

static bool refused_for_good(const struct gp_mail_facts *facts)
{
	for (__u8 i = 0; i < facts->refusals_count; i++) {
		if (facts->refusals[i].code >= 500 && facts->refusals[i].stage != GP_STAGE_HELO)
			return true;
	}
	return facts->dnsbl != GP_DNSBL_NONE;
}

static bool in_clear(const struct gp_mail_facts *facts)
{
	return facts->starttls != GP_STARTTLS_USED;
}

static int told(void *context, const struct gp_dialogue *d, enum gp_stream_end end)
{
	struct listener *l = context;
	struct mail mail = {.host = d->stream->client, .time_ns = d->stream->end_ns};
	struct gp_mail_facts facts;

	if (d->protocol != GP_DIALOGUE_SMTP || d->stream->service != GP_SERVICE_SMTP || !d->stream->proved)
		return 0;
	gp_mail_facts(&facts, d, end, d->stream->record);
	if (facts.outcome == GP_OUTCOME_ACCEPTED) {
		for (__u32 i = 0; i < (facts.accepted_messages ?: 1); i++)
			l->mail(l->context, &mail);
	} else if (facts.outcome == GP_OUTCOME_REJECTED && (!in_clear(&facts) || refused_for_good(&facts))) {
		mail.spam = true;
		l->mail(l->context, &mail);
	}
	return 0;
}

int listener_open(struct listener **out, const struct gp_config *config, mail_fn *mail, void *context)
{
	struct listener *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->config = *config;
	l->config.sampling = GP_SAMPLING_ALL;
	l->mail = mail;
	l->context = context;
	*out = l;
	err = gp_engine_native_open(&l->engine, &l->config);
	return err ? err : gp_dialogues_open(&l->dialogues, &l->config, told, l);
}

static void take_record(void *context, const struct gp_flow_record *record)
{
	struct listener *l = context;

	if (!l->err)
		l->err = gp_dialogues_record(l->dialogues, record);
}

static void take_sample(void *context, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct listener *l = context;

	if (!l->err)
		l->err = gp_dialogues_sample(l->dialogues, sample, bytes);
}

int listener_frame(struct listener *l, const struct gp_frame *frame)
{
	int err = l->engine->frame(l->engine, frame);

	l->engine->samples(l->engine, take_sample, l);
	l->engine->drain(l->engine, take_record, l);
	return err ? err : l->err;
}

int listener_tick(struct listener *l, __u64 now_ns)
{
	return gp_dialogues_tick(l->dialogues, now_ns);
}

int listener_finish(struct listener *l)
{
	return gp_dialogues_finish(l->dialogues);
}

void listener_close(struct listener *l)
{
	if (!l)
		return;
	if (l->dialogues)
		gp_dialogues_close(l->dialogues);
	if (l->engine)
		l->engine->close(l->engine);
	free(l);
}
