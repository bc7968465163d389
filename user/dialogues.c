// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialogues.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(((struct gp_config *)0)->secret) == GP_MESSAGE_SALT, "the deployment's secret is the salt");

struct gp_dialogues {
	struct gp_dialogue_budget budget;
	struct gp_streams *streams;
	gp_dialogue_fn *told; /* NULL: nobody listens any more */
	void *context;
	struct gp_dialogues_count count;
	int err; /* the first one of told() */
};

static void *begin(void *context, const struct gp_stream *stream)
{
	struct gp_dialogues *d = context;

	return gp_dialogue_open(stream, &d->budget);
}

/* A flow on which nobody said anything is no dialogue. */
static void end(void *context, void *flow, const struct gp_stream *stream, enum gp_stream_end how)
{
	struct gp_dialogue *dialogue = flow;
	struct gp_dialogues *d = context;

	(void)stream;
	gp_dialogue_finish(dialogue);
	if (d->told && !d->err && (dialogue->spoken[GP_FROM_CLIENT] || dialogue->spoken[GP_FROM_SERVER])) {
		d->count.told++;
		d->err = d->told(d->context, dialogue, how);
	}
	gp_dialogue_close(dialogue);
}

int gp_dialogues_open(struct gp_dialogues **out, const struct gp_config *config, gp_dialogue_fn *told, void *context)
{
	const struct gp_stream_reader reader = { begin, gp_dialogue_bytes, end };
	const struct gp_streams_options options = {
		.ports = config->ports,
		.secret = { config->secret[0], config->secret[1] },
	};
	struct gp_dialogues *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	d->budget.max = GP_DIALOGUES_BYTES;
	memcpy(d->budget.salt, config->secret, sizeof(d->budget.salt));
	d->told = told;
	d->context = context;
	err = gp_streams_open(&d->streams, &options, &reader, d);
	if (err) {
		free(d);
		return err;
	}
	*out = d;
	return 0;
}

int gp_dialogues_segment(struct gp_dialogues *d, const struct gp_segment *segment)
{
	int err = gp_streams_segment(d->streams, segment);

	return d->err ? d->err : err;
}

int gp_dialogues_sample(struct gp_dialogues *d, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct gp_segment segment;

	if (sample->kind == GP_SAMPLED_SYN)
		return 0;
	if (!gp_segment_from_sample(&segment, sample, bytes)) {
		d->count.unreadable++;
		return 0;
	}
	return gp_dialogues_segment(d, &segment);
}

int gp_dialogues_record(struct gp_dialogues *d, const struct gp_flow_record *record)
{
	gp_streams_record(d->streams, record);
	return d->err;
}

int gp_dialogues_tick(struct gp_dialogues *d, __u64 now_ns)
{
	gp_streams_advance(d->streams, now_ns);
	return d->err;
}

int gp_dialogues_finish(struct gp_dialogues *d)
{
	gp_streams_finish(d->streams);
	return d->err;
}

struct gp_dialogues_count gp_dialogues_count(const struct gp_dialogues *d)
{
	struct gp_dialogues_count count = d->count;

	count.displaced = gp_streams_displaced(d->streams);
	return count;
}

void gp_dialogues_close(struct gp_dialogues *d)
{
	d->told = NULL;
	gp_streams_close(d->streams);
	free(d);
}
