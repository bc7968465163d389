/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signatures in a capture, for tests/tcp_signature.py: for each frame that has one its number, counted from 1 as
 * tshark does, "syn" or "syn-ack", distance, tool, signature, and in hexadecimal digits its headers from IP on.
 */
#include <stdio.h>

#include "source_pcap.h"
#include "tcp_signature.h"

static void print(__u64 number, const struct gp_segment *segment)
{
	struct gp_tcp_signature signature;

	if (!gp_tcp_signature(&signature, segment))
		return;
	printf("%llu %s %u %s %s ", number, signature.syn_ack ? "syn-ack" : "syn", signature.distance,
	       gp_tool_name(signature.tool), signature.text);
	for (unsigned i = 0; i < segment->ip_bytes; i++)
		printf("%02x", segment->ip[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	struct gp_source_pcap *source;
	struct gp_segment segment;
	struct gp_frame frame;
	int err;

	if (argc != 2) {
		fputs("usage: print_tcp_signature CAPTURE\n", stderr);
		return 2;
	}
	err = gp_source_pcap_open(&source, argv + 1, 1);
	if (err)
		return 1;
	while ((err = gp_source_pcap_next(source, &frame)) == 1) {
		if (gp_segment_from_frame(&segment, &frame, true))
			print(gp_source_pcap_count(source)->received.packets, &segment);
	}
	gp_source_pcap_close(source);
	return err ? 1 : 0;
}
