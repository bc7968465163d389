// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the live agent's packets come from: XDP programs, or libpcap. */
#include <errno.h>

#include "live_private.h"
#include "log.h"
#include "memory_reload.h"

int gp_feed_open(struct gp_live *live)
{
	size_t count = live->config->interface_count;

	if (live->options->pcap_source)
		return gp_source_live_open(&live->capture, live->config, live->interfaces, count);
	return gp_loader_open(&live->loader, live->config, live->interfaces, count, live->options->skb_mode);
}

struct gp_memory *gp_feed_memory(const struct gp_live *live)
{
	return live->loader ? gp_loader_memory(live->loader) : gp_source_live_memory(live->capture);
}

__u64 gp_feed_start_ns(const struct gp_live *live)
{
	return live->loader ? gp_loader_start_ns(live->loader) : gp_live_now_ns();
}

unsigned gp_feed_fds(const struct gp_live *live, struct pollfd *fds)
{
	if (live->capture)
		return gp_source_live_fds(live->capture, fds);
	*fds = (struct pollfd){ .fd = gp_loader_samples_fd(live->loader), .events = POLLIN };
	return 1;
}

static void take_sample(void *context, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct gp_live *live = context;

	if (!live->witness_err)
		live->witness_err = gp_witness_sample(live->witness, sample, bytes);
}

static void take_record(void *context, const struct gp_flow_record *record)
{
	struct gp_live *live = context;

	gp_world_flow_record(live->world, record);
	if (!live->witness_err)
		live->witness_err = gp_witness_record(live->witness, record);
}

int gp_feed_read(struct gp_live *live)
{
	if (live->capture) {
		int err = gp_source_live_read(live->capture, take_sample, take_record, live);

		return err ? err : live->witness_err;
	}
	/* Samples first: a record ends the dialogue that its flow's samples make up. */
	gp_loader_samples(live->loader, take_sample, live);
	gp_loader_drain(live->loader, take_record, live);
	return live->witness_err;
}

void gp_feed_tell(const struct gp_live *live, struct gp_report *report)
{
	const struct gp_source_count *count;

	report->incomplete = gp_feed_lost(live);
	if (live->loader) {
		report->nic_missed = gp_loader_missed(live->loader);
		report->wire_is_seen = true;
		return;
	}
	count = gp_source_live_count(live->capture);
	report->too_short = count->too_short;
	report->too_long = count->too_long;
	report->link_type = count->link_type;
	report->wire_bytes = count->wire_bytes;
	report->time_reversed = count->time_reversed;
	report->pcap_dropped = gp_source_live_missed(live->capture);
}

/* An interface that came back has neither its filters nor its sockets. */
void gp_feed_check(struct gp_live *live)
{
	if (!live->loader || !gp_loader_check(live->loader))
		return;
	if (live->filters)
		gp_tag_filters_close(live->filters);
	live->filters = NULL;
	if (live->config->tags)
		gp_tag_filters_open(&live->filters, live->config, live->interfaces, live->config->interface_count);
	if (live->deep)
		gp_notice("--deep: flows of an interface that came back are not read until the next start");
}

bool gp_feed_is_whole(const struct gp_live *live)
{
	return live->loader ? gp_loader_is_whole(live->loader) : !gp_source_live_lost(live->capture);
}

const char *gp_feed_lost(const struct gp_live *live)
{
	return live->loader ? gp_loader_lost(live->loader) : gp_source_live_lost(live->capture);
}

/* Nothing runs beside the agent then. */
static void wait_for_nobody(void *context)
{
	(void)context;
}

int gp_feed_reload(struct gp_live *live, const struct gp_config *config)
{
	if (live->loader)
		return gp_loader_reload(live->loader, config);
	return gp_memory_reload(gp_source_live_memory(live->capture), config, wait_for_nobody, NULL);
}

int gp_feed_end(struct gp_live *live)
{
	return live->loader ? gp_loader_detach(live->loader) : 0;
}

void gp_feed_close(struct gp_live *live, bool leave)
{
	gp_source_live_close(live->capture);
	if (live->loader && leave)
		gp_loader_leave(live->loader);
	else if (live->loader)
		gp_loader_close(live->loader);
}
