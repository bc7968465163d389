// SPDX-License-Identifier: GPL-2.0-or-later
#include "telling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dialogue_json.h"
#include "log.h"

struct gp_telling {
	struct gp_dialogue_budget budget;
	struct gp_streams *streams;
	FILE *stream;
	__s64 offset_ns;
	int err;     /* of writing */
	bool logged; /* it */
};

static void *begin(void *context, const struct gp_stream *stream)
{
	struct gp_telling *t = context;

	return gp_dialogue_open(stream, &t->budget);
}

/* A flow on which nobody said anything is no dialogue. */
static void end(void *context, void *flow, const struct gp_stream *stream, enum gp_stream_end how)
{
	struct gp_dialogue *d = flow;
	struct gp_telling *t = context;

	(void)stream;
	gp_dialogue_finish(d);
	if (t->stream && !t->err && (d->spoken[GP_FROM_CLIENT] || d->spoken[GP_FROM_SERVER]))
		t->err = gp_dialogue_write(t->stream, d, how, t->offset_ns);
	gp_dialogue_close(d);
}

int gp_telling_open(struct gp_telling **out, const struct gp_config *config, FILE *stream)
{
	const struct gp_stream_reader reader = { begin, gp_dialogue_bytes, end };
	const struct gp_streams_options options = {
		.ports = config->ports,
		.secret = { config->secret[0], config->secret[1] },
	};
	struct gp_telling *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->budget.max = 256u << 20;
	t->stream = stream;
	err = gp_streams_open(&t->streams, &options, &reader, t);
	if (err) {
		free(t);
		return err;
	}
	*out = t;
	return 0;
}

void gp_telling_clock(struct gp_telling *telling, __s64 offset_ns)
{
	telling->offset_ns = offset_ns;
}

int gp_telling_segment(struct gp_telling *telling, const struct gp_segment *segment)
{
	int err = gp_streams_segment(telling->streams, segment);

	return err ? err : telling->err;
}

int gp_telling_flush(struct gp_telling *telling)
{
	if (telling->stream && !telling->err && fflush(telling->stream))
		telling->err = -errno;
	if (telling->err && !telling->logged)
		gp_error("dialogues: cannot write: %s", strerror(-telling->err));
	telling->logged = telling->err;
	return telling->err;
}

int gp_telling_finish(struct gp_telling *telling)
{
	__u64 displaced;

	gp_streams_finish(telling->streams);
	displaced = gp_streams_displaced(telling->streams);
	if (displaced)
		gp_notice("dialogues: %llu flows ended early to make room for others", (unsigned long long)displaced);
	return gp_telling_flush(telling);
}

void gp_telling_close(struct gp_telling *telling)
{
	gp_streams_close(telling->streams);
	free(telling);
}
