/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A script of frames through the native engine into a witness, of which every sample is taken. One at a time. */
#ifndef GATEPOST_TESTS_WITNESS_PLAY_H
#define GATEPOST_TESTS_WITNESS_PLAY_H

#include "account_engine.h"
#include "witness.h"

static struct gp_witness *witness;

static inline void witness_takes_sample(void *context, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	(void)context;
	assert_int_equal(gp_witness_sample(witness, sample, bytes), 0);
}

static inline void witness_takes_record(void *context, const struct gp_flow_record *record)
{
	(void)context;
	assert_int_equal(gp_witness_record(witness, record), 0);
}

static inline int witness_feed(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare)
{
	int err = engine->frame(engine, frame);

	(void)context;
	(void)side;
	(void)prepare;
	engine->samples(engine, witness_takes_sample, NULL);
	engine->drain(engine, witness_takes_record, NULL);
	return err;
}

/* @options: config and memory are the engine's. The witness stays open; its input has ended. */
static inline void witness_play(const struct step *script, bool ipv6, struct gp_witness_options options)
{
	struct player player = { .feed = witness_feed, .variant = { .ipv6 = ipv6 } };

	options.config = config;
	options.memory = &engine->memory;
	/* Whoever floods has tokens enough. */
	engine->memory.settings->samples = (struct gp_rate){ .interval_ns = 1, .depth_ns = ~0ull >> 1 };
	assert_int_equal(gp_witness_open(&witness, &options), 0);
	assert_int_equal(player_play(&player, script), 0);
	assert_int_equal(gp_witness_finish(witness), 0);
}

#endif
