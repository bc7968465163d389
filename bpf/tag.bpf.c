// SPDX-License-Identifier: GPL-2.0-or-later
/* The tc program: what XDP wrote in front of a packet becomes its mark. It decides nothing: the next filter comes. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include <gatepost/mark.h>

/* Set before the object is loaded. */
const volatile __u32 gp_mark_mask = 0;
const volatile __u32 gp_mark_shift = 0;

SEC("tc")
int gatepost_tag(struct __sk_buff *skb)
{
	const struct gp_tag *tag = (const struct gp_tag *)(long)skb->data_meta;

	if ((const void *)(tag + 1) > (const void *)(long)skb->data || !gp_mark_knows(tag))
		return TC_ACT_UNSPEC;
	skb->mark = gp_mark_of(skb->mark, tag, gp_mark_mask, gp_mark_shift);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
