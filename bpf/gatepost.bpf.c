// SPDX-License-Identifier: GPL-2.0-or-later
/* The XDP program. One object is loaded per interface; all share the pinned maps. */
#include <entry.h>

SEC("xdp.frags")
int gatepost(struct xdp_md *ctx)
{
	return gp_xdp(ctx);
}

char _license[] SEC("license") = "GPL";
