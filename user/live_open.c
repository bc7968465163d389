// SPDX-License-Identifier: GPL-2.0-or-later
/* The live agent's parts: opened in order, closed in reverse. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "live_private.h"
#include "log.h"

static int open_interfaces(struct gp_live *live)
{
	size_t count = live->config->interface_count;
	int err = 0;

	live->interfaces = calloc(count + 1, sizeof(*live->interfaces));
	live->name = calloc(count + 1, sizeof(live->interfaces->name) + 2);
	if (!live->interfaces || !live->name)
		return -ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		err = gp_interface_find(&live->interfaces[i], &live->config->interfaces[i]);
		if (i)
			strcat(live->name, ", ");
		strcat(live->name, live->interfaces[i].name);
	}
	return err;
}

/* source_validation: strict is a promise about the lines behind an inside interface; a mirror port has none. */
static bool trusts_inside(const struct gp_live *live)
{
	for (size_t i = 0; i < live->config->interface_count; i++)
		if (live->interfaces[i].side == GP_SIDE_TAP)
			return false;
	return live->config->trust_inside;
}

/* XDP sees what an interface receives: with inside interfaces alone, no answer ever comes by. */
static bool sees_one_direction(const struct gp_live *live)
{
	for (size_t i = 0; i < live->config->interface_count; i++)
		if (live->interfaces[i].side != GP_SIDE_INSIDE)
			return false;
	return true;
}

/* Answers are recorded for replay --dns-answers. */
static int open_dns(struct gp_live *live)
{
	const char *path = live->options->record_dns;
	int err;

	if (!live->config->spf.enabled) {
		if (path)
			gp_notice("--record-dns: spf.enabled is false, so nothing is asked and nothing recorded");
		return 0;
	}
	if (path) {
		live->dns_record = fopen(path, "we");
		if (!live->dns_record) {
			err = -errno;
			gp_error("%s: cannot write: %s", path, strerror(-err));
			return err;
		}
		setlinebuf(live->dns_record);
	}
	return gp_dns_open(&live->dns, &live->config->spf, live->dns_record);
}

static int open_witness(struct gp_live *live)
{
	const struct gp_witness_options options = {
		.config = live->config,
		.memory = gp_feed_memory(live),
		.print = live->options->dialogues ? stdout : NULL,
		.trust_inside = trusts_inside(live),
		.capture_dir = live->options->capture_dir,
		.offset_ns = gp_live_offset_ns(),
		.now_s = (__u64)time(NULL),
		.lists = gp_lists_loaded(live->lists),
		.resolver = { live->dns ? gp_dns_get : NULL, live->dns },
	};
	int err = gp_witness_open(&live->witness, &options);
	struct gp_heard heard;

	if (err)
		return err;
	heard = gp_witness_heard(live->witness);
	gp_judge_hear(live->judge, &heard);
	gp_judge_classes(live->judge, live->classes);
	gp_judge_origins(live->judge, gp_as_number, live->as_table);
	return 0;
}

/* What is known of addresses beforehand. */
static int open_tables(struct gp_live *live)
{
	const struct gp_config *config = live->config;
	int err = gp_lists_load(&live->lists, config->lists, config->list_count);

	if (!err)
		err = gp_classes_open(&live->classes, config->classes, config->class_count, config->class_prefixes,
				      config->class_prefix_count);
	return !err && live->config->as_table[0] ? gp_as_open(&live->as_table, live->config->as_table) : err;
}

static int open_world(struct gp_live *live)
{
	/* What libpcap brings is counted in the agent's own memory, which ends with it. */
	const struct gp_epoch_options options = {
		.journal = live->loader ? live->config->journal : NULL,
		.live = live->loader,
	};
	int err = gp_world_open(&live->world, gp_feed_memory(live));

	if (!err)
		err = gp_epoch_open(&live->epoch, live->world, &options);
	if (!err)
		err = gp_judge_open(&live->judge, live->world, &live->config->limits, trusts_inside(live));
	if (!err)
		err = open_dns(live);
	return err ? err : open_witness(live);
}

static int open_tags(struct gp_live *live)
{
	int err = gp_tag_filters_open(&live->filters, live->config, live->interfaces, live->config->interface_count);

	return err ? err : gp_tag_verdicts_open(&live->verdicts, live->world, live->config->tag_expiry_s);
}

static int take_segment(void *context, const struct gp_segment *segment)
{
	return gp_witness_segment(context, segment);
}

/* The sockets come after the programs: a driver that has none attached refuses zero-copy. */
static int open_deep(struct gp_live *live)
{
	const struct gp_deep_maps maps = {
		.xsks = gp_loader_map(live->loader, "gp_xsks"),
		.sums = gp_loader_map(live->loader, "gp_deep_sums"),
	};
	int err = gp_deep_open(&live->deep, &maps, live->config, live->interfaces, live->config->interface_count,
			       live->options->skb_mode, take_segment, live->witness);

	if (!err)
		gp_feed_memory(live)->control->sample_beyond = gp_deep_frame_max(live->deep);
	return err;
}

/* Return: 0, or -EINVAL (logged). */
static int plan_deep(struct gp_live *live)
{
	live->config->deep = true;
	if (live->config->tags) {
		gp_error("run: --deep takes packets from the kernel, where tags would be read: take tags out of the "
			 "configuration");
		return -EINVAL;
	}
	return gp_deep_plan(live->interfaces, live->config->interface_count);
}

/* libpcap sees both what an interface receives and what it sends. Return: 0, or -EINVAL (logged). */
static int plan_pcap(const struct gp_live *live)
{
	if (live->options->deep || live->options->skb_mode || live->config->tags) {
		gp_error("run: --deep, --xdp-mode and tags are matters of XDP; leave them out with --source pcap");
		return -EINVAL;
	}
	for (size_t i = 0; i < live->config->interface_count; i++) {
		if (live->interfaces[i].side == GP_SIDE_TAP)
			continue;
		gp_error("run: --source pcap sees both directions of %s: name one interface, as -i %s:tap",
			 live->interfaces[i].name, live->interfaces[i].name);
		return -EINVAL;
	}
	return 0;
}

int gp_live_plan(struct gp_live **out, const struct gp_options *options, struct gp_config *config)
{
	struct gp_live *live = calloc(1, sizeof(*live));
	int err;

	*out = live;
	if (!live) {
		gp_config_close(config);
		return -ENOMEM;
	}
	live->options = options;
	live->config = config;
	live->signals = live->timer = -1;
	err = open_tables(live);
	if (err)
		return -EINVAL;
	err = open_interfaces(live);
	if (!err && options->pcap_source)
		return plan_pcap(live);
	return !err && options->deep ? plan_deep(live) : err;
}

/* Signals are blocked before anything is attached, so that none can end the process without a clean-up. */
static int open_events(struct gp_live *live)
{
	const struct itimerspec each_second = { .it_interval = { .tv_sec = 1 }, .it_value = { .tv_sec = 1 } };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	live->signals = signalfd(-1, &set, SFD_CLOEXEC);
	live->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (live->signals < 0 || live->timer < 0 || timerfd_settime(live->timer, 0, &each_second, NULL)) {
		int err = -errno;

		gp_error("run: cannot wait for signals and timers: %s", strerror(-err));
		return err;
	}
	return 0;
}

int gp_live_open(struct gp_live *live)
{
	int err = open_events(live);

	if (err)
		return err;
	err = gp_feed_open(live);
	if (err)
		return err;
	live->start_ns = gp_feed_start_ns(live);
	err = open_world(live);
	if (!err && live->config->tags)
		err = open_tags(live);
	if (!err)
		gp_feed_memory(live)->control->sample_beyond = 0;
	if (!err && live->config->deep)
		err = open_deep(live);
	if (err)
		return err;
	if (sees_one_direction(live)) {
		gp_notice("inside interfaces only: answers are not seen, so failures are not judged and nobody is "
			  "called a scanner; attach the outside as well");
		gp_judge_one_direction(live->judge);
	}
	err = gp_live_tick(live);
	live->opened = !err;
	return err;
}

/* Who cannot go on with what a killed agent left leaves it as it was found. */
void gp_live_close(struct gp_live *live)
{
	bool leaves;

	if (!live)
		return;
	leaves = live->loader && gp_loader_took_over(live->loader) && !live->opened;
	if (live->filters)
		gp_tag_filters_close(live->filters);
	if (live->verdicts)
		gp_tag_verdicts_close(live->verdicts);
	if (live->deep)
		gp_deep_close(live->deep);
	if (live->witness)
		gp_witness_close(live->witness);
	gp_dns_close(live->dns);
	if (live->dns_record && fclose(live->dns_record))
		gp_error("%s: cannot write: %s", live->options->record_dns, strerror(errno));
	if (live->judge)
		gp_judge_close(live->judge);
	if (live->epoch)
		gp_epoch_close(live->epoch, leaves);
	if (live->world)
		gp_world_close(live->world);
	gp_feed_close(live, leaves);
	gp_lists_unload(live->lists);
	gp_as_close(live->as_table);
	gp_classes_close(live->classes);
	if (live->config)
		gp_config_close(live->config);
	if (live->timer >= 0)
		close(live->timer);
	if (live->signals >= 0)
		close(live->signals);
	free(live->interfaces);
	free(live->name);
	free(live);
}
