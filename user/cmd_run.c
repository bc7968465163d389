// SPDX-License-Identifier: GPL-2.0-or-later
/* gatepost run: attach, count, judge, report; until SIGINT or SIGTERM. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "config_print.h"
#include "deep.h"
#include "dns.h"
#include "loader.h"
#include "epoch.h"
#include "lists_load.h"
#include "log.h"
#include "memory_setup.h"
#include "tag.h"
#include "tag_filter.h"
#include "witness.h"

#define NS_PER_S 1000000000ll

static const char help[] =
	"usage: gatepost run -i IFACE[:inside|outside|tap]... [OPTION]...\n\n"
	"Attaches to the interfaces, counts and judges, and writes the report when it is stopped (SIGINT, SIGTERM).\n"
	"Packets always pass. inside faces subscribers, outside faces the Internet, tap (default) is a mirror port.\n"
	"What a run that was killed left behind is taken over by the next one with the same configuration.\n\n"
	"  -i, --interface   an interface and the way it faces; may be repeated\n"
	"  --inside PREFIX   where subscribers live; may be repeated (default: private address space)\n"
	"  -c, --config FILE configuration, see gatepost.conf(5)\n"
	"  -n, --dry-run     check the configuration and print all of it, attach nothing\n"
	"  --show-secret     with -n: hash_secret as well\n"
	"  --interval S      write a report every S seconds as well, one line of JSON each (NDJSON)\n"
	"  --format FORMAT   of the last report: json (default), ndjson or text; with --interval: ndjson or text\n"
	"  --all             list hosts without a verdict as well\n"
	"  --deep            read watched flows whole; the kernel gets no more of these packets, so only on taps\n"
	"  --dialogues       no report: what was said on each mail and web flow, as it ends, one line of JSON\n"
	"  --capture-evidence DIR  keep samples of flagged hosts' packets there, one pcapng each\n"
	"  --record-dns FILE keep what the DNS answers (spf.enabled) for replay --dns-answers\n"
	"  --xdp-mode MODE   native (default), or skb: slower, for drivers without XDP\n";

struct run {
	const struct gp_options *options;
	struct gp_config *config;
	struct gp_interface *interfaces;
	struct gp_loader *loader;
	struct gp_world *world;
	struct gp_epoch *epoch;
	struct gp_judge *judge;
	struct gp_witness *witness;
	struct gp_lists_loader *lists;
	struct gp_as_table *as_table; /* NULL without */
	int witness_err;
	struct gp_tag_filters *filters; /* NULL: tags are off */
	struct gp_tag_verdicts *verdicts;
	struct gp_deep *deep; /* NULL: without --deep */
	struct gp_dns *dns;   /* NULL: nothing is looked up */
	FILE *dns_record;     /* NULL: answers are not recorded */
	bool tags_failed; /* and that has been said */
	char *name; /* "eth0, eth1" */
	__u64 start_ns;
	__u64 slice; /* of the last epoch */
	bool opened; /* all of it: from here on the end is a clean one */
	int signals, timer;
};

/* The data plane's clock, bpf_ktime_get_coarse_ns(). */
static __u64 monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (__u64)(t.tv_sec * NS_PER_S + t.tv_nsec);
}

static __s64 realtime_offset_ns(void)
{
	struct timespec wall, mono;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	return (wall.tv_sec - mono.tv_sec) * NS_PER_S + (wall.tv_nsec - mono.tv_nsec);
}

static int write_report(struct run *run, enum gp_format format, bool live)
{
	struct gp_deep_count deep;
	struct gp_report report = {
		.sensor = run->config->sensor,
		.source_kind = "interface",
		.source_name = run->name,
		.start_ns = run->start_ns,
		.end_ns = monotonic_ns(),
		.clock_offset_ns = realtime_offset_ns(),
		.world = run->world,
		.judge = run->judge,
		.nic_missed = gp_loader_missed(run->loader),
		.witness = run->witness,
		.lists = gp_lists_loaded(run->lists),
		.as_table = run->as_table,
		.networks = &run->config->limits.networks,
		.incomplete = gp_loader_lost(run->loader),
		.wire_is_seen = true,
		/* Each CPU may be about to count one packet, and to move those that wait (include/gatepost/hot.h). */
		.live_slack = live ? (__u64)sysconf(_SC_NPROCESSORS_CONF) * (1 + GP_IN_FLIGHT_MAX) : 0,
		.default_inside = run->config->default_inside,
		.all = run->options->all,
		.prefix_bits4 = 24,
		.prefix_bits6 = 48,
		.prefix_rows = 20,
	};
	int err = run->options->dialogues ? 0 : gp_epoch_turn(run->epoch, report.end_ns);

	if (err || run->options->dialogues)
		return err;
	if (run->deep) {
		gp_deep_counts(run->deep, &deep);
		report.deep = &deep;
		report.nic_missed -= deep.lost_as_missed < report.nic_missed ? deep.lost_as_missed : report.nic_missed;
	}
	err = gp_report_write(stdout, &report, format);
	if (!err && fflush(stdout))
		err = -errno;
	if (err)
		gp_error("report: cannot write: %s", strerror(-err));
	return err;
}

static void take_sample(void *context, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct run *run = context;

	if (!run->witness_err)
		run->witness_err = gp_witness_sample(run->witness, sample, bytes);
}

static void take_record(void *context, const struct gp_flow_record *record)
{
	struct run *run = context;

	gp_world_flow_record(run->world, record);
	if (!run->witness_err)
		run->witness_err = gp_witness_record(run->witness, record);
}

/* What the rings hold. Samples first: a record ends the dialogue that its flow's samples make up. */
static int drain(struct run *run)
{
	gp_loader_samples(run->loader, take_sample, run);
	gp_loader_drain(run->loader, take_record, run);
	return run->witness_err;
}

/* Once per time slice: who is flagged now. */
static int write_verdicts(struct run *run, __u64 now_ns)
{
	const struct gp_finding *findings;
	int count = gp_judge_findings(run->judge, &findings);

	return count < 0 ? count : gp_tag_verdicts_write(run->verdicts, findings, count, now_ns);
}

/* The same: whose packets are kept. */
static int flag(struct run *run)
{
	const struct gp_finding *findings;
	int count = gp_judge_findings(run->judge, &findings);

	if (count >= 0)
		gp_witness_flag(run->witness, run->world, findings, count);
	return count < 0 ? count : 0;
}

/* No kernel says whether a driver leaves room for metadata: the first packet that finds none does. */
static void say_tags_failed(struct run *run)
{
	const struct gp_memory *memory = gp_loader_memory(run->loader);

	for (__u32 i = 0; i < memory->cpu_count && !run->tags_failed; i++)
		run->tags_failed = memory->cpus[i].totals.tags_failed;
	if (run->tags_failed)
		gp_notice("tags: packets bear none where a driver leaves no room for XDP metadata, and such a driver is "
			  "among those of %s; the report counts them (tags_failed). --xdp-mode skb has room for them",
			  run->name);
}

static int tick_tags(struct run *run, __u64 now_ns, bool new_slice)
{
	if (!run->verdicts)
		return 0;
	if (!run->tags_failed)
		say_tags_failed(run);
	return new_slice ? write_verdicts(run, now_ns) : 0;
}

/* Each second: what flows have ended, and, once per time slice, what was counted. */
static int tick(struct run *run)
{
	__u64 now_ns = monotonic_ns();
	bool new_slice = now_ns / GP_SLICE_NS != run->slice;
	__s64 offset_ns = realtime_offset_ns();
	int err;

	/* Lists that are broken now have been complained of, and remain what they were. */
	gp_lists_refresh(run->lists);
	gp_lists_tick(gp_lists_loaded(run->lists), now_ns + (__u64)offset_ns);
	err = drain(run);
	if (run->dns)
		gp_dns_step(run->dns, now_ns);
	if (!err)
		err = gp_witness_tick(run->witness, now_ns, offset_ns, (__u64)time(NULL));
	if (new_slice && !err) {
		gp_loader_check(run->loader);
		err = gp_epoch_turn(run->epoch, now_ns);
	}
	run->slice = now_ns / GP_SLICE_NS;
	if (!err)
		err = gp_judge_tick(run->judge, now_ns);
	if (!err && new_slice && (run->options->capture_dir || run->dns))
		err = flag(run);
	return err ? err : tick_tags(run, now_ns, new_slice);
}

/* The DNS has answered. */
static void take_answers(struct run *run)
{
	__u64 now_ns = monotonic_ns();

	gp_dns_step(run->dns, now_ns);
	gp_witness_answers(run->witness, now_ns);
}

/* Ticks once per second; a report at each interval. Return: 0 when told to stop, or -errno. */
static int run_until_stopped(struct run *run)
{
	enum gp_format format = run->options->format == GP_FORMAT_TEXT ? GP_FORMAT_TEXT : GP_FORMAT_NDJSON;
	struct pollfd fds[4 + GP_DEEP_SOCKETS] = {
		{ .fd = run->signals, .events = POLLIN },
		{ .fd = run->timer, .events = POLLIN },
		{ .fd = gp_loader_samples_fd(run->loader), .events = POLLIN },
		{ .fd = run->dns ? gp_dns_fd(run->dns) : -1, .events = POLLIN },
	};
	unsigned seconds = 0, sockets;
	int timeout_ms = -1, err;
	__u64 expirations;

	for (;;) {
		sockets = run->deep ? gp_deep_fds(run->deep, fds + 4, &timeout_ms) : 0;
		if (poll(fds, 4 + sockets, timeout_ms) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents)
			return 0;
		if (fds[3].revents)
			take_answers(run);
		err = fds[2].revents ? drain(run) : 0;
		if (!err && sockets)
			err = gp_deep_read(run->deep, fds + 4, sockets);
		if (err)
			return err;
		if (!fds[1].revents || read(run->timer, &expirations, sizeof(expirations)) < 0)
			continue;
		err = tick(run);
		if (err)
			return err;
		seconds += (unsigned)expirations;
		if (!run->options->interval_s || seconds < run->options->interval_s)
			continue;
		seconds = 0;
		err = write_report(run, format, true);
		if (err)
			return err;
	}
}

/* Signals are blocked before anything is attached, so that none can end the process without a clean-up. */
static int open_events(struct run *run)
{
	const struct itimerspec each_second = { .it_interval = { .tv_sec = 1 }, .it_value = { .tv_sec = 1 } };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	run->signals = signalfd(-1, &set, SFD_CLOEXEC);
	run->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (run->signals < 0 || run->timer < 0 || timerfd_settime(run->timer, 0, &each_second, NULL)) {
		int err = -errno;

		gp_error("run: cannot wait for signals and timers: %s", strerror(-err));
		return err;
	}
	return 0;
}

static int open_interfaces(struct run *run)
{
	size_t count = run->options->interface_count, bytes = 1;
	int err = 0;

	run->interfaces = calloc(count, sizeof(*run->interfaces));
	for (size_t i = 0; run->interfaces && i < count && !err; i++) {
		err = gp_interface_parse(&run->interfaces[i], run->options->interfaces[i]);
		for (size_t j = 0; j < i && !err; j++) {
			if (run->interfaces[j].index != run->interfaces[i].index)
				continue;
			gp_error("-i %s: the interface is named twice", run->options->interfaces[i]);
			err = -EINVAL;
		}
		bytes += sizeof(run->interfaces[i].name) + 2;
	}
	if (err)
		return err;
	run->name = calloc(1, bytes);
	if (!run->interfaces || !run->name)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (i)
			strcat(run->name, ", ");
		strcat(run->name, run->interfaces[i].name);
	}
	return 0;
}

/* source_validation: strict is a promise about the lines behind an inside interface; a mirror port has none. */
static bool trusts_inside(const struct run *run)
{
	for (size_t i = 0; i < run->options->interface_count; i++)
		if (run->interfaces[i].side == GP_SIDE_TAP)
			return false;
	return run->config->trust_inside;
}

/* XDP sees what an interface receives: with inside interfaces alone, no answer ever comes by. */
static bool sees_one_direction(const struct run *run)
{
	for (size_t i = 0; i < run->options->interface_count; i++)
		if (run->interfaces[i].side != GP_SIDE_INSIDE)
			return false;
	return true;
}

/* Answers are recorded for replay --dns-answers. */
static int open_dns(struct run *run)
{
	const char *path = run->options->record_dns;
	int err;

	if (!run->config->spf.enabled) {
		if (path)
			gp_notice("--record-dns: spf.enabled is false, so nothing is asked and nothing recorded");
		return 0;
	}
	if (path) {
		run->dns_record = fopen(path, "we");
		if (!run->dns_record) {
			err = -errno;
			gp_error("%s: cannot write: %s", path, strerror(-err));
			return err;
		}
		setlinebuf(run->dns_record);
	}
	return gp_dns_open(&run->dns, &run->config->spf, run->dns_record);
}

static int open_witness(struct run *run)
{
	const struct gp_witness_options options = {
		.config = run->config,
		.memory = gp_loader_memory(run->loader),
		.print = run->options->dialogues ? stdout : NULL,
		.trust_inside = trusts_inside(run),
		.capture_dir = run->options->capture_dir,
		.offset_ns = realtime_offset_ns(),
		.now_s = (__u64)time(NULL),
		.lists = gp_lists_loaded(run->lists),
		.resolver = { run->dns ? gp_dns_get : NULL, run->dns },
	};
	int err = gp_witness_open(&run->witness, &options);
	struct gp_heard heard;

	if (err)
		return err;
	heard = gp_witness_heard(run->witness);
	gp_judge_hear(run->judge, &heard);
	gp_judge_origins(run->judge, gp_as_number, run->as_table);
	return 0;
}

/* What is known of addresses beforehand. */
static int open_tables(struct run *run)
{
	int err = gp_lists_load(&run->lists, run->config->lists, run->config->list_count);

	return !err && run->config->as_table[0] ? gp_as_open(&run->as_table, run->config->as_table) : err;
}

static int open_world(struct run *run)
{
	const struct gp_epoch_options options = { .journal = run->config->journal, .live = true };
	int err = gp_world_open(&run->world, gp_loader_memory(run->loader));

	if (!err)
		err = gp_epoch_open(&run->epoch, run->world, &options);
	if (!err)
		err = gp_judge_open(&run->judge, run->world, &run->config->limits, trusts_inside(run));
	if (!err)
		err = open_dns(run);
	return err ? err : open_witness(run);
}

static int open_tags(struct run *run)
{
	int err = gp_tag_filters_open(&run->filters, run->config, run->interfaces, run->options->interface_count);

	return err ? err : gp_tag_verdicts_open(&run->verdicts, run->world, run->config->tag_expiry_s);
}

static int take_segment(void *context, const struct gp_segment *segment)
{
	return gp_witness_segment(context, segment);
}

/* The sockets come after the programs: a driver that has none attached refuses zero-copy. */
static int open_deep(struct run *run)
{
	const struct gp_deep_maps maps = {
		.xsks = gp_loader_map(run->loader, "gp_xsks"),
		.sums = gp_loader_map(run->loader, "gp_deep_sums"),
	};
	int err = gp_deep_open(&run->deep, &maps, run->config, run->interfaces, run->options->interface_count,
			       run->options->skb_mode, take_segment, run->witness);

	if (!err)
		gp_loader_memory(run->loader)->control->sample_beyond = gp_deep_frame_max(run->deep);
	return err;
}

static int run_open(struct run *run)
{
	size_t count = run->options->interface_count;
	int err = open_events(run);

	if (err)
		return err;
	err = gp_loader_open(&run->loader, run->config, run->interfaces, count, run->options->skb_mode);
	if (err)
		return err;
	run->start_ns = gp_loader_start_ns(run->loader);
	err = open_world(run);
	if (!err && run->config->tags)
		err = open_tags(run);
	if (!err)
		gp_loader_memory(run->loader)->control->sample_beyond = 0;
	if (!err && run->config->deep)
		err = open_deep(run);
	if (err)
		return err;
	if (sees_one_direction(run)) {
		gp_notice("inside interfaces only: answers are not seen, so failures are not judged and nobody is "
			  "called a scanner; attach the outside as well");
		gp_judge_one_direction(run->judge);
	}
	err = tick(run);
	run->opened = !err;
	return err;
}

/* Who cannot go on with what a killed agent left leaves it as it was found. */
static void run_close(struct run *run)
{
	if (run->filters)
		gp_tag_filters_close(run->filters);
	if (run->verdicts)
		gp_tag_verdicts_close(run->verdicts);
	bool leaves = run->loader && gp_loader_took_over(run->loader) && !run->opened;

	if (run->deep)
		gp_deep_close(run->deep);
	if (run->witness)
		gp_witness_close(run->witness);
	gp_dns_close(run->dns);
	if (run->dns_record && fclose(run->dns_record))
		gp_error("%s: cannot write: %s", run->options->record_dns, strerror(errno));
	if (run->judge)
		gp_judge_close(run->judge);
	if (run->epoch)
		gp_epoch_close(run->epoch, leaves);
	if (run->world)
		gp_world_close(run->world);
	if (leaves)
		gp_loader_leave(run->loader);
	else if (run->loader)
		gp_loader_close(run->loader);
	gp_lists_unload(run->lists);
	gp_as_close(run->as_table);
	if (run->config)
		gp_config_close(run->config);
	if (run->timer >= 0)
		close(run->timer);
	if (run->signals >= 0)
		close(run->signals);
	free(run->interfaces);
	free(run->name);
}

static int run_agent(struct run *run)
{
	int err = run_open(run), report_err, off;

	if (err)
		return err;
	gp_notice("running; SIGINT or SIGTERM ends it with a report");
	err = run_until_stopped(run);
	/* Off first: then the counters stand still, and the books must balance to the packet. */
	off = gp_loader_detach(run->loader);
	gp_epoch_wait(run->epoch);
	/* A program that was not taken off may still be counting: what waits stays named as in flight. */
	if (!off)
		gp_memory_flush(gp_loader_memory(run->loader), monotonic_ns());
	report_err = tick(run);
	if (!report_err && run->deep)
		report_err = gp_deep_drain(run->deep);
	if (!report_err)
		report_err = gp_witness_finish(run->witness);
	if (!report_err)
		report_err = gp_epoch_turn(run->epoch, monotonic_ns());
	if (!report_err)
		report_err = gp_judge_finish(run->judge, monotonic_ns());
	if (!report_err)
		report_err = write_report(run, run->options->interval_s && run->options->format == GP_FORMAT_JSON ?
					  GP_FORMAT_NDJSON : run->options->format, off);
	return err ? err : report_err ? report_err : gp_loader_lost(run->loader) ? -ENOENT : 0;
}

static bool check_dialogues(const struct gp_options *options)
{
	if (!options->dialogues || (!options->interval_s && !options->format_given))
		return true;
	gp_error("run: --dialogues has one format and no reports; give it without --interval and --format");
	return false;
}

/* Return: 0, or -EINVAL (logged). */
static int plan_deep(struct run *run)
{
	run->config->deep = true;
	if (run->config->tags) {
		gp_error("run: --deep takes packets from the kernel, where tags would be read: take tags out of the "
			 "configuration");
		return -EINVAL;
	}
	return gp_deep_plan(run->interfaces, run->options->interface_count);
}

/* -n: what would be in force, and whether the files that it names can be read. Return: enum gp_exit. */
static int print_config(struct run *run)
{
	const struct gp_options *options = run->options;
	int err;

	if (gp_options_config(options, &run->config) ||
	    gp_config_interfaces(run->config, options->interfaces, options->interface_count))
		return GP_EXIT_USAGE;
	err = gp_config_print(stdout, run->config, options->show_secret);
	if (err) {
		gp_error("standard output: cannot write: %s", strerror(-err));
		return GP_EXIT_FAILED;
	}
	return open_tables(run) ? GP_EXIT_USAGE : GP_EXIT_DONE;
}

int gp_cmd_run(int argc, char **argv)
{
	struct gp_options options;
	struct run run = { .options = &options, .signals = -1, .timer = -1 };
	int first = 0, code = GP_EXIT_USAGE, err;

	if (gp_options_parse(&options, argc, argv, "cCdDEfiIaxRnS", &first))
		goto out;
	if (options.help) {
		code = gp_print(help);
		goto out;
	}
	if (first < argc) {
		gp_error("run: %s is no option; interfaces are named with -i", argv[first]);
		goto out;
	}
	if (options.show_secret && !options.dry_run) {
		gp_error("run: --show-secret is for -n");
		goto out;
	}
	if (options.dry_run) {
		code = print_config(&run);
		goto out;
	}
	if (!options.interface_count) {
		gp_error("run: no interface named; give at least one with -i, as -i eth0:inside");
		goto out;
	}
	if (!check_dialogues(&options))
		goto out;
	if (gp_options_config(&options, &run.config))
		goto out;
	if (open_tables(&run))
		goto out;
	err = open_interfaces(&run);
	if (!err && options.deep)
		err = plan_deep(&run);
	if (err) {
		code = err == -EINVAL ? GP_EXIT_USAGE : GP_EXIT_FAILED;
		goto out;
	}
	code = run_agent(&run) ? GP_EXIT_FAILED : GP_EXIT_DONE;
out:
	run_close(&run);
	gp_options_close(&options);
	return code;
}
