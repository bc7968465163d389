// SPDX-License-Identifier: GPL-2.0-or-later
/* gatepost replay: capture files in, report out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "dns_file.h"
#include "engine.h"
#include "explain.h"
#include "epoch.h"
#include "lists_load.h"
#include "log.h"
#include "memory_setup.h"
#include "progress.h"
#include "source_pcap.h"
#include "witness.h"

static const char help[] =
	"usage: gatepost replay [OPTION]... FILE...\n\n"
	"Judges captures (pcap, pcapng; - is standard input) and writes the report to standard output.\n"
	"Several files are one timeline.\n\n"
	"  --inside PREFIX   where subscribers live; may be repeated (default: private address space)\n"
	"  -c, --config FILE configuration, see gatepost.conf(5)\n"
	"  --engine ENGINE   native (default), or kernel: the XDP program itself, needs root\n"
	"  --format FORMAT   json (default), ndjson or text\n"
	"  --all             list hosts without a verdict as well\n"
	"  --dialogues       no report: what was said on each mail and web flow, one line of JSON per flow\n"
	"  --explain ADDR    no report: what was thought of this host, whenever it changed; text, or json\n"
	"  --deep            read watched flows whole: the links of mails, and who follows them\n"
	"  --capture-evidence DIR  keep samples of flagged hosts' packets there, one pcapng each\n"
	"  --dns-answers FILE  look mail senders up (SPF) in recorded answers, see gatepost(8); never in the network\n"
	"  --trust-inside    inside addresses cannot have been spoofed where the capture was taken\n";

struct replay {
	struct gp_config *config;
	struct gp_source_pcap *source;
	struct gp_engine *engine;
	struct gp_world *world;
	struct gp_epoch *epoch;
	struct gp_judge *judge;
	struct gp_witness *witness;
	struct gp_explain *explain; /* NULL: without */
	struct gp_lists_loader *lists;
	struct gp_as_table *as_table; /* NULL without */
	struct gp_classes *classes; /* of subscribers */
	struct gp_dns_file *answers; /* NULL: nothing is looked up */
	bool captures; /* packets of flagged hosts are kept */
	__u64 now_s;   /* wall clock */
	int err; /* of the witness */
};

/* What comes out of the engine beside its counters. */
static void take_record(void *context, const struct gp_flow_record *record)
{
	struct replay *r = context;

	gp_world_flow_record(r->world, record);
	if (!r->err)
		r->err = gp_witness_record(r->witness, record);
}

static void take_sample(void *context, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct replay *r = context;

	if (!r->err)
		r->err = gp_witness_sample(r->witness, sample, bytes);
}

/* Whose packets are kept. */
static int flag(struct replay *r)
{
	const struct gp_finding *findings;
	bool wanted = r->captures || r->answers;
	int count = wanted ? gp_judge_findings(r->judge, &findings) : 0;

	if (count < 0)
		return count;
	if (wanted)
		gp_witness_flag(r->witness, r->world, findings, count);
	return 0;
}

/* A time slice begins: what the one before it counted is collected, then judged. */
static int begin_slice(struct replay *r, __u64 now_ns)
{
	int err = gp_epoch_turn(r->epoch, now_ns);

	gp_lists_tick(gp_lists_loaded(r->lists), now_ns);
	if (!err)
		err = gp_witness_tick(r->witness, now_ns, 0, r->now_s);
	if (!err)
		err = gp_judge_tick(r->judge, now_ns);
	if (!err && r->explain)
		err = gp_explain_look(r->explain, now_ns);
	return err ? err : flag(r);
}

/* The loop: each frame to the engine, the judge first whenever a time slice begins. */
static int replay_frames(struct replay *r)
{
	struct gp_progress progress;
	struct gp_frame frame;
	__u64 slice = ~0ull, done, total;
	int err;

	gp_progress_init(&progress, STDERR_FILENO);
	while ((err = gp_source_pcap_next(r->source, &frame)) == 1) {
		if (frame.time_ns / GP_SLICE_NS != slice) {
			slice = frame.time_ns / GP_SLICE_NS;
			err = begin_slice(r, frame.time_ns);
			if (err)
				break;
		}
		err = r->engine->frame(r->engine, &frame);
		if (err)
			break;
		r->engine->samples(r->engine, take_sample, r);
		r->engine->drain(r->engine, take_record, r);
		err = r->err;
		if (err)
			break;
		if (gp_progress_due(&progress)) {
			gp_source_pcap_progress(r->source, &done, &total);
			gp_progress_show(&progress, done, total,
					 gp_source_pcap_count(r->source)->received.packets);
		}
	}
	gp_progress_end(&progress);
	return err;
}

/* "a.pcap, b.pcap"; freed by the caller. */
static char *join_names(char *const *paths, size_t count)
{
	size_t bytes = 1;
	char *name;

	for (size_t i = 0; i < count; i++)
		bytes += strlen(paths[i]) + 2;
	name = calloc(1, bytes);
	for (size_t i = 0; name && i < count; i++) {
		if (i)
			strcat(name, ", ");
		strcat(name, paths[i]);
	}
	return name;
}

static int replay_report(struct replay *r, const struct gp_options *options, const char *name, const char *incomplete)
{
	const struct gp_source_count *count = gp_source_pcap_count(r->source);
	const struct gp_report report = {
		.sensor = r->config->sensor,
		.source_kind = "pcap",
		.source_name = name,
		.start_ns = count->first_ns,
		.end_ns = count->last_ns,
		.world = r->world,
		.judge = r->judge,
		.too_short = count->too_short,
		.too_long = count->too_long,
		.link_type = count->link_type,
		.wire_bytes = count->wire_bytes,
		.time_reversed = count->time_reversed,
		.witness = r->witness,
		.lists = gp_lists_loaded(r->lists),
		.as_table = r->as_table,
		.classes = r->classes,
		.networks = &r->config->limits.networks,
		.incomplete = incomplete,
		.default_inside = r->config->default_inside,
		.all = options->all,
		.prefix_bits4 = 24,
		.prefix_bits6 = 48,
		.prefix_rows = 20,
	};
	int err = gp_report_write(stdout, &report, options->format);

	if (!err && fflush(stdout))
		err = -errno;
	if (err)
		gp_error("report: cannot write: %s", strerror(-err));
	return err;
}

static int open_witness(struct replay *r, const struct gp_options *options)
{
	const struct gp_witness_options witness = {
		.config = r->config,
		.memory = &r->engine->memory,
		.print = options->dialogues ? stdout : NULL,
		.trust_inside = options->trust_inside,
		.capture_dir = options->capture_dir,
		.now_s = r->now_s,
		.lists = gp_lists_loaded(r->lists),
		.resolver = { r->answers ? gp_dns_file_get : NULL, r->answers },
	};
	int err = gp_witness_open(&r->witness, &witness);
	struct gp_heard heard;

	if (err)
		return err;
	heard = gp_witness_heard(r->witness);
	gp_judge_hear(r->judge, &heard);
	gp_judge_origins(r->judge, gp_as_number, r->as_table);
	return 0;
}

/* What is known of addresses beforehand. */
static int open_tables(struct replay *r)
{
	int err = gp_lists_load(&r->lists, r->config->lists, r->config->list_count);

	if (!err)
		err = gp_classes_open(&r->classes, r->config->classes, r->config->class_count, r->config->class_prefixes,
				      r->config->class_prefix_count);
	return !err && r->config->as_table[0] ? gp_as_open(&r->as_table, r->config->as_table) : err;
}

static int replay_open(struct replay *r, const struct gp_options *options, char *const *paths, size_t count)
{
	int err = gp_source_pcap_open(&r->source, paths, count);

	if (err)
		return err;
	err = options->kernel_engine ? gp_engine_kernel_open(&r->engine, r->config) :
				       gp_engine_native_open(&r->engine, r->config);
	if (err)
		return err;
	gp_notice("replay: %s engine", r->engine->name);
	/* What the configuration promises of its interfaces says nothing about where a capture was taken. */
	err = gp_world_open(&r->world, &r->engine->memory);
	if (err)
		return err;
	err = gp_epoch_open(&r->epoch, r->world, &(struct gp_epoch_options){ .journal = NULL });
	if (err)
		return err;
	err = gp_judge_open(&r->judge, r->world, &r->config->limits, options->trust_inside);
	if (!err)
		gp_judge_classes(r->judge, r->classes);
	if (!err && options->dns_answers)
		err = gp_dns_file_open(&r->answers, options->dns_answers);
	if (!err)
		err = open_witness(r, options);
	if (!err && options->explain_given)
		err = gp_explain_open(&r->explain, &options->explain, stdout,
				      options->format_given ? options->format : GP_FORMAT_TEXT, r->world, r->judge);
	return err;
}

static void replay_close(struct replay *r)
{
	gp_explain_close(r->explain);
	if (r->witness)
		gp_witness_close(r->witness);
	gp_dns_file_close(r->answers);
	if (r->judge)
		gp_judge_close(r->judge);
	if (r->epoch)
		gp_epoch_close(r->epoch, false);
	if (r->world)
		gp_world_close(r->world);
	if (r->engine)
		r->engine->close(r->engine);
	if (r->source)
		gp_source_pcap_close(r->source);
	gp_lists_unload(r->lists);
	gp_as_close(r->as_table);
	gp_classes_close(r->classes);
	if (r->config)
		gp_config_close(r->config);
}

/* The input has ended: what was said is told first, so that the judge knows it. */
static int finish(struct replay *r, __u64 now_ns)
{
	int err;

	gp_memory_flush(&r->engine->memory, now_ns);
	err = gp_epoch_turn(r->epoch, now_ns);
	if (!err)
		err = r->err ? r->err : gp_witness_finish(r->witness);
	if (!err)
		err = gp_judge_finish(r->judge, now_ns);
	if (!err && r->explain) {
		err = gp_explain_finish(r->explain, now_ns);
		if (err)
			gp_error("explanation: cannot write: %s", strerror(-err));
	}
	return err ? err : flag(r);
}

static int replay(struct replay *r, const struct gp_options *options, char *const *paths, size_t count)
{
	const char *reason = NULL;
	int err, damage;
	char *name;

	err = replay_open(r, options, paths, count);
	if (err)
		return err;
	damage = replay_frames(r);
	if (damage)
		reason = gp_source_pcap_error(r->source) ?: strerror(-damage);
	err = finish(r, gp_source_pcap_count(r->source)->last_ns);
	if (err || options->dialogues || r->explain)
		return err ? err : damage;
	name = join_names(paths, count);
	err = name ? replay_report(r, options, name, reason) : -ENOMEM;
	free(name);
	return err ? err : damage;
}

int gp_cmd_replay(int argc, char **argv)
{
	struct gp_options options;
	struct replay r = { 0 };
	int first = 0, code = GP_EXIT_USAGE;

	if (gp_options_parse(&options, argc, argv, "cCdDEefatXN", &first))
		goto out;
	if (options.help) {
		code = gp_print(help);
		goto out;
	}
	if (first >= argc) {
		gp_error("replay: no capture named; give a file, or - for standard input");
		goto out;
	}
	for (int i = first, pipes = 0; i < argc; i++) {
		pipes += !strcmp(argv[i], "-");
		if (pipes > 1) {
			gp_error("replay: standard input (-) is named twice; it can be read once");
			goto out;
		}
	}
	if (options.dialogues && options.explain_given) {
		gp_error("replay: --dialogues and --explain each print their own lines; give one of them");
		goto out;
	}
	if (options.all && (options.dialogues || options.explain_given)) {
		gp_error("replay: --all is for the report; give it without --%s", options.dialogues ? "dialogues" : "explain");
		goto out;
	}
	if (options.dialogues && options.format_given) {
		gp_error("replay: --dialogues prints NDJSON, one line per flow; give it without --format");
		goto out;
	}
	if (gp_options_config(&options, &r.config))
		goto out;
	if (options.dialogues || options.deep)
		r.config->sampling = GP_SAMPLING_ALL;
	if (open_tables(&r))
		goto out;
	r.captures = options.capture_dir;
	r.now_s = (__u64)time(NULL);
	code = replay(&r, &options, argv + first, (size_t)(argc - first)) ? GP_EXIT_FAILED : GP_EXIT_DONE;
out:
	replay_close(&r);
	gp_options_close(&options);
	return code;
}
