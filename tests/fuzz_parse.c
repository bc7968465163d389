/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes through gp_parse() and gp_glance(). The lowest bit of the first byte switches tunnels on; the rest is the frame. */
#include <string.h>

#include <gatepost/parse.h>

#include "fuzz.h"
#include "glance_check.h"

/* Everything but the padding. */
#define RECORD_BYTES sizeof(struct gp_packet)

/* What holds for every record, whatever the frame. */
static void check_record(const struct gp_packet *p, size_t len, __u32 tunnels)
{
	MUST(p->status < GP_PARSE_STATUSES);
	MUST(p->status != GP_PARSE_FRAME_TOO_LONG && p->status != GP_PARSE_LINK_TYPE);
	MUST(p->ip_version == 0 || p->ip_version == 4 || p->ip_version == 6);
	MUST(p->fragment <= GP_FRAGMENT_LATER && p->tunnel <= GP_TUNNEL_GTPU);
	MUST((p->status == GP_PARSE_FRAGMENT_LATER) == (p->fragment == GP_FRAGMENT_LATER));
	MUST(tunnels || p->tunnel == GP_TUNNEL_NONE);
	MUST(p->c_vlan <= 0xfff || p->c_vlan == GP_VLAN_NONE);
	MUST(p->s_vlan <= 0xfff || p->s_vlan == GP_VLAN_NONE);
	MUST(p->mpls_label <= 0xfffff);
	if (p->status != GP_PARSE_OK)
		return;
	MUST(p->ip_version);
	MUST(p->payload_offset <= len);
	MUST(p->vlan_tags <= 4 && p->mpls_labels <= 8);
	MUST(p->ip_proto == 6 || p->ip_proto == 17 || (!p->sport && !p->dport));
	MUST(p->ip_proto == 6 || (!p->tcp_flags && !p->seq && !p->ack && !p->window));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_packet got, again, outer;
	__u32 tunnels;
	int glanced;

	if (!size)
		return 0;
	tunnels = data[0] & 1;
	data++;
	size--;
	memset(&got, 0x00, sizeof(got));
	memset(&again, 0xff, sizeof(again));
	MUST(gp_parse(data, data + size, tunnels, &got) == got.status);
	gp_parse(data, data + size, tunnels, &again);
	MUST(!memcmp(&got, &again, RECORD_BYTES));
	check_record(&got, size, tunnels);
	MUST(!glance_check(data, size, tunnels, &again, &glanced));
	/* A packet that was not followed into a tunnel reads as if tunnels were off. */
	if (tunnels && got.status == GP_PARSE_OK && got.tunnel == GP_TUNNEL_NONE) {
		gp_parse(data, data + size, 0, &outer);
		MUST(!memcmp(&got, &outer, RECORD_BYTES));
	}
	return 0;
}
