// SPDX-License-Identifier: GPL-2.0-or-later
#include "source_live.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"

#define SNAPLEN 262144
#define BUFFER_BYTES (64 << 20) /* per interface */
#define WAIT_MS 100		/* for a block to fill, before it is handed over */
#define FRAMES_AT_ONCE 4096
#define NS_PER_S 1000000000ll

struct listener {
	const struct gp_interface *interface;
	pcap_t *pcap;
	bool ethernet;
	gp_link_reader *link;
};

struct gp_source_live {
	struct gp_engine *engine;
	struct gp_framer framer;
	struct listener *listeners;
	size_t count;
	/* While frames are read: */
	struct listener *at;
	__s64 offset_ns; /* from their stamps to CLOCK_MONOTONIC */
	gp_sample_fn *sample;
	gp_record_fn *record;
	void *context;
	int err;
	char lost[PCAP_ERRBUF_SIZE + 32]; /* which interface went away, and how; "": none */
};

static __s64 clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static const char *remedy(int code)
{
	switch (code) {
	case PCAP_ERROR_PERM_DENIED:
		return "run as root, or with CAP_NET_RAW";
	case PCAP_ERROR_IFACE_NOT_UP:
		return "bring it up: ip link set dev IFACE up";
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return "name an interface of this network namespace (ip link)";
	default:
		return "look at the interface with ip link";
	}
}

static int listener_failed(const struct listener *listener, const char *what, int code)
{
	const char *reason = listener->pcap ? pcap_geterr(listener->pcap) : "";

	gp_error("%s: %s: %s; %s", listener->interface->name, what, *reason ? reason : pcap_statustostr(code), remedy(code));
	return code == PCAP_ERROR_PERM_DENIED ? -EPERM : -EIO;
}

static int listener_open(struct listener *listener, const struct gp_interface *interface)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	int code;

	listener->interface = interface;
	listener->pcap = pcap_create(interface->name, reason);
	if (!listener->pcap) {
		gp_error("%s: cannot be listened to: %s", interface->name, reason);
		return -EIO;
	}
	pcap_set_snaplen(listener->pcap, SNAPLEN);
	pcap_set_promisc(listener->pcap, 1);
	pcap_set_timeout(listener->pcap, WAIT_MS);
	pcap_set_buffer_size(listener->pcap, BUFFER_BYTES);
	pcap_set_tstamp_precision(listener->pcap, PCAP_TSTAMP_PRECISION_NANO);
	code = pcap_activate(listener->pcap);
	if (code < 0)
		return listener_failed(listener, "cannot be listened to", code);
	if (pcap_setnonblock(listener->pcap, 1, reason) || pcap_get_selectable_fd(listener->pcap) < 0) {
		gp_error("%s: cannot be waited for: %s", interface->name, reason);
		return -EIO;
	}
	listener->ethernet = pcap_datalink(listener->pcap) == DLT_EN10MB;
	listener->link = gp_link_find(pcap_datalink(listener->pcap));
	if (!listener->ethernet && !listener->link) {
		gp_error("%s: packets of this link type (%s) cannot be read; name another interface", interface->name,
			 pcap_datalink_val_to_name(pcap_datalink(listener->pcap)) ?: "unknown");
		return -EINVAL;
	}
	gp_notice("%s: listened to through libpcap; packets that are not read in time are lost and counted", interface->name);
	return 0;
}

int gp_source_live_open(struct gp_source_live **out, struct gp_config *config, const struct gp_interface *interfaces,
			size_t count)
{
	struct gp_source_live *source = calloc(1, sizeof(*source));
	int err;

	if (!source)
		return -ENOMEM;
	*out = source;
	source->listeners = calloc(count, sizeof(*source->listeners));
	if (!source->listeners || gp_framer_open(&source->framer))
		return -ENOMEM;
	err = gp_config_draw_secret(config);
	if (!err)
		err = gp_engine_native_open(&source->engine, config);
	for (size_t i = 0; i < count && !err; i++) {
		source->count = i + 1;
		err = listener_open(&source->listeners[i], &interfaces[i]);
	}
	return err;
}

struct gp_memory *gp_source_live_memory(struct gp_source_live *source)
{
	return &source->engine->memory;
}

unsigned gp_source_live_fds(const struct gp_source_live *source, struct pollfd *fds)
{
	for (size_t i = 0; i < source->count; i++)
		fds[i] = (struct pollfd){ .fd = pcap_get_selectable_fd(source->listeners[i].pcap), .events = POLLIN };
	return (unsigned)source->count;
}

/* The wall clock may be set meanwhile: no stamp lies in the future, and none before the last one. */
static __u64 frame_time(const struct gp_source_live *source, const struct pcap_pkthdr *header)
{
	__s64 stamp = header->ts.tv_sec * NS_PER_S + header->ts.tv_usec + source->offset_ns; /* nanoseconds, as asked for */
	__s64 now = clock_ns(CLOCK_MONOTONIC_COARSE), last = (__s64)source->framer.count.last_ns;

	return (__u64)(stamp > now ? now : stamp < last ? last : stamp);
}

static void take_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	struct gp_source_live *source = (struct gp_source_live *)user;
	const struct gp_captured captured = {
		.data = data,
		.captured_bytes = header->caplen,
		.wire_bytes = header->len,
		.time_ns = frame_time(source, header),
		.ethernet = source->at->ethernet,
		.link = source->at->link,
	};
	struct gp_frame frame;

	if (!gp_framer_take(&source->framer, &captured, &frame))
		return;
	source->err = source->engine->frame(source->engine, &frame);
	source->engine->samples(source->engine, source->sample, source->context);
	source->engine->drain(source->engine, source->record, source->context);
}

int gp_source_live_read(struct gp_source_live *source, gp_sample_fn *sample, gp_record_fn *record, void *context)
{
	source->offset_ns = clock_ns(CLOCK_MONOTONIC) - clock_ns(CLOCK_REALTIME);
	source->sample = sample;
	source->record = record;
	source->context = context;
	for (size_t i = 0; i < source->count && !source->err; i++) {
		int taken;

		source->at = &source->listeners[i];
		taken = *source->lost ? 0 : pcap_dispatch(source->at->pcap, FRAMES_AT_ONCE, take_frame, (u_char *)source);
		if (taken < 0) {
			snprintf(source->lost, sizeof(source->lost), "%s: %s", source->at->interface->name,
				 pcap_geterr(source->at->pcap));
			gp_error("%s; the agent ends with what it has counted", source->lost);
			return -ENETDOWN;
		}
	}
	return source->err;
}

__u64 gp_source_live_missed(struct gp_source_live *source)
{
	__u64 missed = 0;

	for (size_t i = 0; i < source->count; i++) {
		struct pcap_stat stat;

		if (source->listeners[i].pcap && !pcap_stats(source->listeners[i].pcap, &stat))
			missed += stat.ps_drop;
	}
	return missed;
}

const char *gp_source_live_lost(const struct gp_source_live *source)
{
	return *source->lost ? source->lost : NULL;
}

const struct gp_source_count *gp_source_live_count(const struct gp_source_live *source)
{
	return &source->framer.count;
}

void gp_source_live_close(struct gp_source_live *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < source->count; i++)
		if (source->listeners[i].pcap)
			pcap_close(source->listeners[i].pcap);
	if (source->engine)
		source->engine->close(source->engine);
	gp_framer_close(&source->framer);
	free(source->listeners);
	free(source);
}
