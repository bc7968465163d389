// SPDX-License-Identifier: GPL-2.0-or-later
#include "framer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ETHER_HEADER 14u

int gp_framer_open(struct gp_framer *framer)
{
	*framer = (struct gp_framer){ .room = malloc(GP_FRAME_MAX) };
	return framer->room ? 0 : -ENOMEM;
}

void gp_framer_close(struct gp_framer *framer)
{
	free(framer->room);
}

/* The time of the record in the timeline, which never runs back. */
static __u64 timeline_time(struct gp_source_count *count, __u64 time_ns)
{
	if (!count->received.packets) {
		count->first_ns = time_ns;
	} else if (time_ns < count->last_ns) {
		count->time_reversed++;
		return count->last_ns;
	}
	count->last_ns = time_ns;
	return time_ns;
}

static void count_add(struct gp_count *count, __u32 bytes)
{
	count->packets++;
	count->bytes += bytes;
}

/* Put an Ethernet header where the record's own link header was. Return: false, counted, if that cannot be. */
static bool frame_from_link(struct gp_framer *framer, const struct gp_captured *captured, struct gp_frame *frame)
{
	struct gp_link_payload payload;
	__u32 payload_bytes;

	if (!captured->link || !captured->link(captured->data, frame->captured_bytes, &payload)) {
		count_add(&framer->count.link_type, frame->captured_bytes);
		return false;
	}
	payload_bytes = frame->captured_bytes - payload.offset;
	if (payload_bytes > GP_FRAME_MAX - ETHER_HEADER) {
		count_add(&framer->count.too_long, frame->captured_bytes);
		return false;
	}
	memset(framer->room, 0, ETHER_HEADER - 2);
	framer->room[ETHER_HEADER - 2] = (__u8)(payload.ethertype >> 8);
	framer->room[ETHER_HEADER - 1] = (__u8)payload.ethertype;
	memcpy(framer->room + ETHER_HEADER, captured->data + payload.offset, payload_bytes);
	frame->data = framer->room;
	frame->data_bytes = ETHER_HEADER + payload_bytes;
	return true;
}

static bool frame_from_ethernet(struct gp_framer *framer, const struct gp_captured *captured, struct gp_frame *frame)
{
	if (frame->captured_bytes < GP_FRAME_MIN) {
		count_add(&framer->count.too_short, frame->captured_bytes);
		return false;
	}
	if (frame->captured_bytes > GP_FRAME_MAX) {
		count_add(&framer->count.too_long, frame->captured_bytes);
		return false;
	}
	frame->data = captured->data;
	frame->data_bytes = frame->captured_bytes;
	return true;
}

bool gp_framer_take(struct gp_framer *framer, const struct gp_captured *captured, struct gp_frame *frame)
{
	struct gp_source_count *count = &framer->count;
	bool usable;

	frame->captured_bytes = captured->captured_bytes;
	frame->wire_bytes = captured->wire_bytes;
	frame->time_ns = timeline_time(count, captured->time_ns);
	count_add(&count->received, frame->captured_bytes);
	count->wire_bytes += frame->wire_bytes;
	if (captured->ethernet)
		usable = frame_from_ethernet(framer, captured, frame);
	else
		usable = frame_from_link(framer, captured, frame);
	if (usable)
		frame->excess_bytes = (__s32)frame->data_bytes - (__s32)frame->captured_bytes;
	return usable;
}
