/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An agent that has seen a capture, for tests/api.py: replays it through the native engine, then answers queries on a
 * control socket and over HTTP, until standard input ends.
 *
 * usage: print_agent CAPTURE SOCKET TOKEN-FILE      prints the HTTP port in a line once it answers
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answers.h"
#include "config.h"
#include "control.h"
#include "engine.h"
#include "epoch.h"
#include "http_api.h"
#include "memory_setup.h"
#include "source_pcap.h"
#include "witness.h"

struct agent {
	struct gp_config *config;
	struct gp_source_pcap *source;
	struct gp_engine *engine;
	struct gp_world *world;
	struct gp_epoch *epoch;
	struct gp_judge *judge;
	struct gp_witness *witness;
	struct gp_answers *answers;
	struct gp_control_socket *control;
	struct gp_http *http;
	const char *capture;
	unsigned reloads;
	int err;
};

static void take_record(void *context, const struct gp_flow_record *record)
{
	struct agent *a = context;

	gp_world_flow_record(a->world, record);
	a->err = a->err ? a->err : gp_witness_record(a->witness, record);
}

static void take_sample(void *context, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct agent *a = context;

	a->err = a->err ? a->err : gp_witness_sample(a->witness, sample, bytes);
}

static int begin_slice(struct agent *a, __u64 now_ns)
{
	int err = gp_epoch_turn(a->epoch, now_ns);

	if (!err)
		err = gp_witness_tick(a->witness, now_ns, 0, (__u64)time(NULL));
	if (!err)
		err = gp_judge_tick(a->judge, now_ns);
	gp_answers_tick(a->answers, a->world, now_ns);
	return err;
}

static int replay(struct agent *a)
{
	struct gp_frame frame;
	__u64 slice = ~0ull;
	int err;

	while ((err = gp_source_pcap_next(a->source, &frame)) == 1) {
		if (frame.time_ns / GP_SLICE_NS != slice) {
			slice = frame.time_ns / GP_SLICE_NS;
			err = begin_slice(a, frame.time_ns);
		} else {
			err = 0;
		}
		if (!err)
			err = a->engine->frame(a->engine, &frame);
		if (err)
			return err;
		a->engine->samples(a->engine, take_sample, a);
		a->engine->drain(a->engine, take_record, a);
		if (a->err)
			return a->err;
	}
	return err;
}

static int finish(struct agent *a)
{
	__u64 end_ns = gp_source_pcap_count(a->source)->last_ns;
	int err;

	gp_memory_flush(&a->engine->memory, end_ns);
	err = gp_epoch_turn(a->epoch, end_ns);
	if (!err)
		err = gp_witness_finish(a->witness);
	return err ? err : gp_judge_finish(a->judge, end_ns);
}

static int open_all(struct agent *a)
{
	struct gp_witness_options witness = { .now_s = (__u64)time(NULL) };
	char *paths[] = { (char *)a->capture };
	struct gp_heard heard;
	int err = gp_config_open(&a->config, NULL, NULL, 0);

	if (!err)
		err = gp_source_pcap_open(&a->source, paths, 1);
	if (!err)
		err = gp_engine_native_open(&a->engine, a->config);
	if (!err)
		err = gp_world_open(&a->world, &a->engine->memory);
	if (!err)
		err = gp_epoch_open(&a->epoch, a->world, &(struct gp_epoch_options){ .journal = NULL });
	if (!err)
		err = gp_judge_open(&a->judge, a->world, &a->config->limits, false);
	witness.config = a->config;
	witness.memory = err ? NULL : &a->engine->memory;
	if (!err)
		err = gp_witness_open(&a->witness, &witness);
	if (err)
		return err;
	heard = gp_witness_heard(a->witness);
	gp_judge_hear(a->judge, &heard);
	return 0;
}

/* --- what answers need to know of an agent ------------------------------------------------------------------------ */

static int view_report(void *context, bool turn, struct gp_report *out)
{
	struct agent *a = context;
	const struct gp_source_count *count = gp_source_pcap_count(a->source);

	*out = (struct gp_report){
		.sensor = a->config->sensor,
		.source_kind = "pcap",
		.source_name = a->capture,
		.start_ns = count->first_ns,
		.end_ns = count->last_ns,
		.world = a->world,
		.judge = a->judge,
		.witness = a->witness,
		.too_short = count->too_short,
		.too_long = count->too_long,
		.link_type = count->link_type,
		.wire_bytes = count->wire_bytes,
		.time_reversed = count->time_reversed,
		.networks = &a->config->limits.networks,
		.default_inside = a->config->default_inside,
		.prefix_bits4 = 24,
		.prefix_bits6 = 48,
		.prefix_rows = 20,
	};
	return turn ? gp_epoch_turn(a->epoch, out->end_ns) : 0;
}

static void view_status(void *context, struct gp_status *out)
{
	static const struct gp_status_interface interfaces[] = {
		{ .name = "eth0", .side = GP_SIDE_INSIDE, .mode = "native", .attached = true },
		{ .name = "eth1\x1b[31m", .side = GP_SIDE_OUTSIDE, .mode = "skb", .attached = true },
	};
	struct agent *a = context;

	out->interfaces = interfaces;
	out->interface_count = 2;
	out->config_path = "/etc/gatepost.conf";
	out->epochs = 225;
	out->epoch_ns = gp_source_pcap_count(a->source)->last_ns;
	out->drain_ns = 450000000;
	out->drain_last_ns = 2000000;
	out->store_path = "/var/lib/gatepost/gatepost.db";
	out->store_error = "No space left on device";
	out->store_bytes = 81920;
	out->store_pending = 3;
	out->reloads = a->reloads;
	out->reload_ns = 1777888800000000000ull;
	out->control_answered = gp_control_count(a->control).answered;
	out->http_answered = gp_http_count(a->http).answered;
	out->http_refused = gp_http_count(a->http).refused;
}

/* Every other one fails. */
static int view_reload(void *context, char *said, size_t size)
{
	struct agent *a = context;

	a->reloads++;
	snprintf(said, size, a->reloads % 2 ? "thresholds changed\n2 lists read" : "gatepost.conf:7: smtp: \x1b]0;no such key");
	return a->reloads % 2 ? 0 : -EINVAL;
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

static int listen_to_all(struct agent *a, const char *path, const char *token_file)
{
	const struct gp_control_options control = { .path = path, .answer = gp_answers_answer, .context = a->answers };
	const struct gp_http_options http = { .listen = "127.0.0.1:0", .token_file = token_file,
					      .answer = gp_answers_answer, .context = a->answers };
	int err = gp_control_open(&a->control, &control);

	if (!err)
		err = gp_http_open(&a->http, &http);
	if (err)
		return err;
	printf("%u\n", gp_http_port(a->http));
	return fflush(stdout);
}

static void answer_until_end(struct agent *a)
{
	struct pollfd fds[] = { { .fd = 0, .events = POLLIN }, { .fd = gp_control_fd(a->control), .events = POLLIN },
				{ .fd = gp_http_fd(a->http), .events = POLLIN } };

	while (poll(fds, 3, -1) > 0 && !fds[0].revents) {
		if (fds[1].revents)
			gp_control_serve(a->control);
		if (fds[2].revents)
			gp_http_serve(a->http);
	}
}

static void close_all(struct agent *a)
{
	gp_http_close(a->http);
	gp_control_close(a->control);
	gp_answers_close(a->answers);
	if (a->witness)
		gp_witness_close(a->witness);
	if (a->judge)
		gp_judge_close(a->judge);
	if (a->epoch)
		gp_epoch_close(a->epoch, false);
	if (a->world)
		gp_world_close(a->world);
	if (a->engine)
		a->engine->close(a->engine);
	if (a->source)
		gp_source_pcap_close(a->source);
	gp_config_close(a->config);
}

int main(int argc, char **argv)
{
	struct agent a = { .capture = argc == 4 ? argv[1] : NULL };
	const struct gp_agent_view view = { .context = &a, .report = view_report, .status = view_status,
					    .reload = view_reload };
	int err;

	if (argc != 4) {
		fprintf(stderr, "usage: print_agent CAPTURE SOCKET TOKEN-FILE\n");
		return 2;
	}
	err = gp_answers_open(&a.answers, &view);
	if (!err)
		err = open_all(&a);
	if (!err)
		err = replay(&a);
	if (!err)
		err = finish(&a);
	if (!err)
		err = listen_to_all(&a, argv[2], argv[3]);
	if (!err)
		answer_until_end(&a);
	close_all(&a);
	return err ? 1 : 0;
}
