/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How operating systems, and programs that build their own packets, open a TCP flow. */
#ifndef GATEPOST_TRAFFIC_STACKS_H
#define GATEPOST_TRAFFIC_STACKS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

enum stack {
	STACK_WINDOWS,	   /* 10, 11 */
	STACK_WINDOWS_OLD, /* 7 */
	STACK_LINUX,
	STACK_LINUX_OLD,
	STACK_MACOS,
	STACK_IOS,
	STACK_ANDROID,
	STACK_FREEBSD,
	STACK_EMBEDDED, /* a small one, without options but MSS */
	STACK_CAMERA,	/* Linux of long ago, in a device */
	STACK_RAW,	/* a port scanner's own packet */
	STACK_ZMAP,
	STACK_MASSCAN,
	STACK_MIRAI,
	STACKS,
};

enum stack_id { ID_COUNTS, ID_RANDOM, ID_ZERO, ID_54321, ID_MASSCAN };

struct stack_row {
	const char *name;
	__u8 ttl;
	__u16 window, mss;
	__u8 scale;
	/* M mss, N no operation, W window scale, S selective ACK permitted, T time stamps, E end and padding */
	const char *syn, *answer, *answer_plain; /* options of SYN; of SYN-ACK to a SYN with, without time stamps */
	bool dont_fragment;
	__u8 id; /* enum stack_id, of IPv4 */
	__u8 tries; /* SYNs before it gives up */
};

extern const struct stack_row stack_rows[STACKS];

/* Writes TCP options. @mss: of this flow. Return: bytes, a multiple of 4. */
size_t stack_options(__u8 *out, const struct stack_row *row, const char *layout, __u16 mss, __u32 now, __u32 echo);

/* Does the layout have that letter? */
bool stack_offers(const char *layout, char option);

#endif
