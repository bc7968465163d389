/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a SYN tells of the program that built it: a signature in p0f's words (p0f v3, README, 5 "TCP signatures"), the
 * hops it came, and marks of scanners that keep no state. Pure.
 */
#ifndef GATEPOST_TCP_SIGNATURE_H
#define GATEPOST_TCP_SIGNATURE_H

#include <stdbool.h>

#include "segment.h"

/* The longest: "6:255:512:65535:mss*65535,255:", 39 options of one byte and one of four characters, every quirk that
 * IPv4 can have, ":+", NUL. */
#define GP_TCP_SIGNATURE_TEXT 288

/* Programs whose SYNs carry a number that gives them away. The name is that of the program published; whoever copied
 * its packet bears it, too. */
enum gp_tool {
	GP_TOOL_NONE,
	GP_TOOL_ZMAP,
	GP_TOOL_MASSCAN,
	GP_TOOL_MIRAI,
	GP_TOOLS,
};

struct gp_tcp_signature {
	char text[GP_TCP_SIGNATURE_TEXT]; /* ASCII letters, digits and "*+,-:?" */
	__u16 mss;			  /* 0 without the option */
	__u16 window;			  /* unscaled */
	__u8 ttl;			  /* as it arrived; IPv6: hop limit */
	__u8 ttl_class;			  /* what the sender is taken to have set: 32, 64, 128 or 255 */
	__u8 distance;			  /* hops since then */
	__u8 tool;			  /* enum gp_tool; of a SYN only, never of its answer */
	bool syn_ack;
};

/**
 * gp_tcp_signature() - the signature of a SYN or SYN-ACK.
 * @out:     written only when there is one.
 * @segment: of it ip, ip_bytes and payload_len are read.
 *
 * The text is ver:ittl:olen:mss:wsize,scale:olayout:quirks:pclass, the quirks in the README's order. It is what one
 * packet shows, so nothing is "*". In ittl stands the class of the TTL, because the signature must be the same at every
 * distance. olen counts the extension headers of IPv6, too. mss and scale are 0 without their options. A window
 * that is a multiple of the MSS, also of one for a link of 1500 bytes, which routers on the way reduce in the option
 * but not in the window, or of either less the 12 bytes of time stamps, is mss*N; of the MTU, mtu*N. "%N" is nothing
 * that one packet shows. An option that is cut off, or whose length is not what its kind has, is the last one in
 * olayout, and the quirk is "bad": what lies behind it nobody can read.
 *
 * Return: false for everything but the whole headers of an unfragmented TCP segment with SYN and neither FIN nor RST.
 */
bool gp_tcp_signature(struct gp_tcp_signature *out, const struct gp_segment *segment);

/* "zmap", "masscan", "mirai"; "none", and "unknown" for a number that is no enum gp_tool. */
const char *gp_tool_name(unsigned tool);

/**
 * gp_tool_mark() - what was found in a SYN that bears a tool's name, for a report.
 *
 * All marks want IPv4, because they lie in the identification or compare 32 bits with an address, and no TCP option but
 * MSS (Mirai: none), which no operating system of today sends. Whoever fills the identification at random hits
 * another tool's mark once in 65,536 SYNs (Mirai's: in 2^32): a few marks among many SYNs without one say nothing.
 *   zmap     identification 54321, window 65535, DF not set. ZMap up to 4.0; 4.1.0 (2024-03-21) draws the
 *            identification at random and sends a whole set of options (its CHANGELOG.md), and is not found. The MSS
 *            came with 3.0.0.
 *   masscan  identification = the lower 16 bits of destination address ^ destination port ^ sequence number, DF not
 *            set (masscan, src/templ-pkt.c, "ip_id = ip_them ^ port_them ^ seqno" and default_tcp_template).
 *   mirai    sequence number = destination address, both as big-endian numbers (Antonakakis et al., "Understanding the
 *            Mirai Botnet", USENIX Security 2017, 3: the published scanner's mark).
 * Return: a sentence without a full stop; "" for GP_TOOL_NONE and for a number that is no enum gp_tool.
 */
const char *gp_tool_mark(unsigned tool);

#endif
