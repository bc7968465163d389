// SPDX-License-Identifier: GPL-2.0-or-later
/* The XDP programs, without and with tags, and for --deep: one of them is loaded per interface; all share the pinned maps. */
#include <deep.h>
#include <entry.h>

SEC("xdp.frags")
int gatepost(struct xdp_md *ctx)
{
	return gp_xdp(ctx);
}

SEC("xdp.frags")
int gatepost_tags(struct xdp_md *ctx)
{
	return gp_xdp_tagged(ctx);
}

SEC("xdp.frags")
int gatepost_deep(struct xdp_md *ctx)
{
	return gp_xdp_deep(ctx);
}

char _license[] SEC("license") = "GPL";
