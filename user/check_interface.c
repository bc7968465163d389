// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_interface.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#define HEADROOM_BYTES 256	/* XDP_PACKET_HEADROOM */
#define SHARED_INFO_BYTES 320	/* struct skb_shared_info behind each buffer, on 64-bit machines */
#define ETHERNET_BYTES 14

typedef const struct gp_check_place place;

static bool is_one_of(const char *kind, const char *const *kinds)
{
	for (; *kinds; kinds++)
		if (!strcmp(kind, *kinds))
			return true;
	return false;
}

/* They hand on frames of the interface that they stand on. */
static bool stands_on_another(const struct gp_netif *link)
{
	static const char *const kinds[] = { "vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", NULL };

	return is_one_of(link->kind, kinds);
}

/* They hand on frames of their members, and have no XDP of their own in the driver (a bond has). */
static bool joins_others(const struct gp_netif *link)
{
	static const char *const kinds[] = { "bridge", "vrf", "team", NULL };

	return is_one_of(link->kind, kinds);
}

bool gp_check_may_attach(const struct gp_netif *link)
{
	return link->type == ARPHRD_ETHER && !stands_on_another(link) && !joins_others(link);
}

/* "eth1, eth2"; with an end mark when there are more than fit. */
static const char *list_members(char out[128], place *p, int master)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < p->count; i++) {
		const char *name = p->links[i].name;

		if (p->links[i].master != master)
			continue;
		if (used + strlen(name) + 8 > 128) {
			snprintf(out + used, 128 - used, ", ...");
			break;
		}
		used += (size_t)snprintf(out + used, 128 - used, "%s%s", used ? ", " : "", name);
	}
	return out;
}

/* An interface that has no frames of its own, and which one has. Return: was it one? */
static bool check_wrong_device(struct gp_check *check, place *p)
{
	const struct gp_netif *link = p->nic->link, *lower;
	char members[128];

	if (stands_on_another(link)) {
		lower = link->lower_elsewhere ? NULL : gp_netif_find(p->links, p->count, link->lower);
		gp_check_add(check, GP_CHECK_FAIL, "link", "%s device on %s: native XDP works below it only", link->kind,
			     lower ? lower->name : "an interface of another network namespace");
		gp_check_mend(check, lower ? "attach to %s; gatepost reads VLAN tags itself" :
			      "attach to that interface, in its namespace", lower ? lower->name : "");
	} else if (joins_others(link)) {
		list_members(members, p, link->index);
		gp_check_add(check, GP_CHECK_FAIL, "link", "%s: native XDP works on its members only", link->kind);
		gp_check_mend(check, members[0] ? "attach to its members: %s" : "it has no members%s", members);
	} else if (link->type != ARPHRD_ETHER && link->type != ARPHRD_LOOPBACK) {
		gp_check_add(check, GP_CHECK_FAIL, "link", "no Ethernet (link type %u)%s%s", link->type,
			     link->kind[0] ? ", " : "", link->kind);
		gp_check_mend(check, "attach to the Ethernet interface below it; gatepost reads PPPoE and tunnels itself");
	} else {
		return false;
	}
	return true;
}

/* A member of something is usually the right device; of a bond or team it sees a part of the frames. */
static void check_member(struct gp_check *check, place *p, const char *state)
{
	const struct gp_netif *link = p->nic->link, *master = gp_netif_find(p->links, p->count, link->master);
	const char *name = master ? master->name : "another interface";
	char members[128];

	if (!strcmp(link->member_kind, "bond")) {
		gp_check_add(check, GP_CHECK_WARN, "link", "%s, member of bond %s: sees its own part of the frames",
			     state, name);
		gp_check_mend(check, "attach to %s", name);
	} else if (!strcmp(link->member_kind, "team")) {
		gp_check_add(check, GP_CHECK_WARN, "link", "%s, member of team %s: sees its own part of the frames",
			     state, name);
		gp_check_mend(check, "attach to every member: %s", list_members(members, p, link->master));
	} else if (!strcmp(link->member_kind, "vrf")) {
		gp_check_add(check, GP_CHECK_OK, "link", "%s, in VRF %s", state, name);
	} else if (!strcmp(link->member_kind, "bridge")) {
		gp_check_add(check, GP_CHECK_OK, "link", "%s, port of bridge %s", state, name);
	} else {
		gp_check_add(check, GP_CHECK_OK, "link", "%s, member of %s", state, name);
	}
}

/* Return: does it make sense to look at the rest? */
static bool check_link(struct gp_check *check, place *p)
{
	const struct gp_netif *link = p->nic->link;
	char state[48], members[128];

	if (check_wrong_device(check, p))
		return false;
	snprintf(state, sizeof(state), "up, MTU %u", link->mtu);
	if (!(link->flags & IFF_UP)) {
		gp_check_add(check, GP_CHECK_WARN, "link", "down");
		gp_check_mend(check, "ip link set dev %s up", link->name);
	} else if (!link->carrier) {
		gp_check_add(check, GP_CHECK_WARN, "link", "up, but there is no carrier");
		gp_check_mend(check, "the cable, the transceiver, or the other end");
	} else if (link->master) {
		check_member(check, p, state);
	} else if (!strcmp(link->kind, "bond")) {
		gp_check_add(check, GP_CHECK_OK, "link", "%s, bond of %s", state, list_members(members, p, link->index));
	} else {
		gp_check_add(check, GP_CHECK_OK, "link", "%s", state);
	}
	return true;
}

static const char *driver_name(const struct gp_nic *nic)
{
	return nic->driver[0] ? nic->driver : nic->link->kind[0] ? nic->link->kind : "the driver";
}

/* Does the driver run XDP, as far as anybody knows? */
static bool native_impossible(const struct gp_nic *nic)
{
	return !nic->xdp_err && !(nic->xdp_features & GP_XDP_BASIC);
}

static void check_xdp(struct gp_check *check, place *p)
{
	const struct gp_nic *nic = p->nic;
	__u64 bits = nic->xdp_features;

	if (nic->xdp_err) {
		gp_check_add(check, GP_CHECK_WARN, "xdp", "unknown: %s; %s", driver_name(nic),
			     nic->xdp_err == -ENOENT ? "before Linux 6.3 the kernel does not say what a driver can" :
						       strerror(-nic->xdp_err));
		gp_check_mend(check, "gatepost run tells: it attaches natively or says why not");
	} else if (native_impossible(nic)) {
		gp_check_add(check, GP_CHECK_WARN, "xdp", "%s has no native XDP, only the slower generic one",
			     driver_name(nic));
		gp_check_mend(check, "gatepost run --xdp-mode skb, or another network card");
	} else {
		gp_check_add(check, GP_CHECK_OK, "xdp", "%s: native%s%s%s", driver_name(nic),
			     bits & GP_XDP_FRAGS ? ", frames of several buffers" : "",
			     bits & GP_XDP_REDIRECT ? ", redirect" : "", bits & GP_XDP_ZEROCOPY ? ", zero-copy AF_XDP" : "");
	}
}

static const char *mode_name(__u8 mode)
{
	static const char *const names[] = {
		[XDP_ATTACHED_NONE] = "no",
		[XDP_ATTACHED_DRV] = "native",
		[XDP_ATTACHED_SKB] = "generic",
		[XDP_ATTACHED_HW] = "hardware",
		[XDP_ATTACHED_MULTI] = "more than one",
	};

	return mode < sizeof(names) / sizeof(*names) ? names[mode] : "unknown";
}

/* ip link's word for taking a program off: "xdp" means native where the driver has it. */
static const char *mode_switch(__u8 mode)
{
	return mode == XDP_ATTACHED_SKB ? "xdpgeneric" : mode == XDP_ATTACHED_HW ? "xdpoffload" : "xdp";
}

static void check_our_program(struct gp_check *check, const struct gp_nic *nic)
{
	if (check->facts.running) {
		gp_check_fine(check, "program", "%s, attached in %s mode by the gatepost that runs", nic->programs,
			      mode_name(nic->link->xdp_mode));
		return;
	}
	gp_check_add(check, GP_CHECK_FAIL, "program", "%s, left attached in %s mode by a gatepost that has ended",
		     nic->programs, mode_name(nic->link->xdp_mode));
	gp_check_mend(check, "gatepost detach -i %s", nic->link->name);
}

static void check_program(struct gp_check *check, place *p)
{
	const struct gp_nic *nic = p->nic;
	const struct gp_netif *link = nic->link;

	if (link->xdp_mode == XDP_ATTACHED_NONE) {
		gp_check_fine(check, "program", "no XDP program is attached");
	} else if (nic->ours) {
		check_our_program(check, nic);
	} else if (!nic->programs[0]) {
		gp_check_add(check, GP_CHECK_WARN, "program", "XDP program %u is attached in %s mode; whose is unknown",
			     link->xdp_program, mode_name(link->xdp_mode));
		gp_check_mend(check, "bpftool prog show id %u", link->xdp_program);
	} else if (nic->dispatcher && check->facts.dispatcher) {
		gp_check_fine(check, "program", "%s, by libxdp's dispatcher: gatepost can join", nic->programs);
	} else {
		gp_check_add(check, GP_CHECK_FAIL, "program", "%s (id %u) is attached alone, in %s mode", nic->programs,
			     link->xdp_program, mode_name(link->xdp_mode));
		gp_check_mend(check, "if nobody needs it: ip link set dev %s %s off", link->name,
			      mode_switch(link->xdp_mode));
	}
}

static void check_queues(struct gp_check *check, place *p)
{
	const struct gp_nic *nic = p->nic;
	unsigned most = nic->rx_channels_max > nic->rx_channels ? nic->rx_channels_max : nic->rx_channels;
	unsigned want = most < p->cpus ? most : p->cpus;

	if (!nic->channels_known) {
		if (nic->link->rx_queues == 1)
			gp_check_fine(check, "queues", "1 receive queue, %u CPU%s", p->cpus, p->cpus == 1 ? "" : "s");
		else
			gp_check_fine(check, "queues", "%u receive queues at most, %u CPU%s; the driver tells no more",
				      nic->link->rx_queues, p->cpus, p->cpus == 1 ? "" : "s");
		return;
	}
	if (nic->rx_channels >= want) {
		gp_check_fine(check, "queues", "%u receive queue%s, %u CPU%s%s", nic->rx_channels,
			      nic->rx_channels == 1 ? "" : "s", p->cpus, p->cpus == 1 ? "" : "s",
			      nic->rx_channels < p->cpus ? "; the driver has no more" : "");
		return;
	}
	gp_check_add(check, GP_CHECK_WARN, "queues", "%u receive queue%s of %u in use, %u CPUs: the others stand idle",
		     nic->rx_channels, nic->rx_channels == 1 ? "" : "s", most, p->cpus);
	gp_check_mend(check, "ethtool -L %s %s %u", nic->link->name, nic->combined ? "combined" : "rx", want);
}

/* Drivers differ by some bytes; without frags all of them refuse what is much above a page. */
static void check_mtu(struct gp_check *check, place *p)
{
	const struct gp_nic *nic = p->nic;
	long most = p->page_bytes - HEADROOM_BYTES - SHARED_INFO_BYTES - ETHERNET_BYTES;
	unsigned mtu = nic->link->mtu;

	if (mtu <= most) {
		gp_check_fine(check, "mtu", "%u: a frame fits one buffer", mtu);
	} else if (native_impossible(nic)) {
		gp_check_fine(check, "mtu", "%u: generic XDP takes frames of any length", mtu);
	} else if (nic->xdp_err) {
		gp_check_add(check, GP_CHECK_WARN, "mtu", "%u: more than one buffer (about %ld); unknown whether %s can",
			     mtu, most, driver_name(nic));
		gp_check_mend(check, "if run is refused: ip link set dev %s mtu %ld", nic->link->name, most);
	} else if (nic->xdp_features & GP_XDP_FRAGS) {
		gp_check_fine(check, "mtu", "%u: frames of several buffers, which %s can", mtu, driver_name(nic));
	} else {
		gp_check_add(check, GP_CHECK_FAIL, "mtu", "%u: native XDP in %s takes one buffer, about %ld bytes", mtu,
			     driver_name(nic), most);
		gp_check_mend(check, "ip link set dev %s mtu %ld, or gatepost run --xdp-mode skb", nic->link->name, most);
	}
}

/* An unreadable switch of a driver that has none is off. */
static void check_vlan_tags(struct gp_check *check, place *p)
{
	const struct gp_nic *nic = p->nic;
	const struct gp_nic_feature *c = &nic->vlan_ctag, *s = &nic->vlan_stag;
	bool mend_c = c->on && !c->fixed, mend_s = s->on && !s->fixed;

	if (!c->known) {
		gp_check_add(check, GP_CHECK_WARN, "vlan_tags", "unknown: the driver does not list its offloads");
	} else if (!c->on && !s->on) {
		gp_check_fine(check, "vlan_tags", "left in the frames");
	} else {
		gp_check_add(check, GP_CHECK_WARN, "vlan_tags",
			     "taken out by the card%s: gatepost cannot see them, nor count their bytes",
			     c->on ? "" : " (802.1ad)");
		if (mend_c || mend_s)
			gp_check_mend(check, "ethtool -K %s%s%s", nic->link->name, mend_c ? " rxvlan off" : "",
				      mend_s ? " rx-vlan-stag-hw-parse off" : "");
		else
			gp_check_mend(check, "nothing on this card: the driver has fixed it");
	}
}

/* LRO and GRO in hardware merge frames before XDP sees them; the kernel's own GRO comes behind. */
static void check_merging(struct gp_check *check, place *p)
{
	const struct gp_nic *nic = p->nic;
	const char *name = nic->link->name;

	if (nic->lro.on) {
		gp_check_add(check, GP_CHECK_FAIL, "merging",
			     "LRO is on: drivers refuse XDP then, or packets are merged unseen");
		gp_check_mend(check, nic->lro.fixed ? "gatepost run is refused on %s: another network card" :
			      "ethtool -K %s lro off", name);
	} else if (nic->gro_hw.on && nic->gro_hw.fixed) {
		gp_check_add(check, GP_CHECK_WARN, "merging", "GRO in hardware is on and fixed: %s may refuse native XDP",
			     driver_name(nic));
		gp_check_mend(check, !strcmp(nic->driver, "virtio_net") ?
			      "guest_tso4=off,guest_tso6=off at the hypervisor, or gatepost run --xdp-mode skb" :
			      "gatepost run tells; if it is refused: gatepost run --xdp-mode skb");
	} else if (nic->gro_hw.on) {
		gp_check_add(check, GP_CHECK_WARN, "merging", "GRO in hardware is on: packets may be merged unseen");
		gp_check_mend(check, "ethtool -K %s rx-gro-hw off", name);
	} else if (!nic->lro.known) {
		gp_check_add(check, GP_CHECK_WARN, "merging", "unknown: the driver does not list its offloads");
	} else {
		gp_check_fine(check, "merging", "packets arrive one by one; the kernel's GRO is behind XDP");
	}
}

/*
 * What the promise of source_validation: strict could rest on. This host's own check comes behind XDP, which has counted
 * the packet by then, and knows interfaces, not lines: between two subscribers of one interface it sees no difference.
 */
static void check_source_validation(struct gp_check *check, place *p)
{
	const struct gp_nic *nic = p->nic;

	if (!p->side_known || p->side != GP_SIDE_INSIDE)
		return;
	if (p->fib_rule) {
		gp_check_fine(check, "source_validation", "an nft fib rule drops foreign sources, behind XDP; strict also "
			      "needs access lines that keep to their own addresses");
	} else if (!nic->rp_filter_known) {
		gp_check_add(check, GP_CHECK_WARN, "source_validation", "unknown: rp_filter cannot be read");
		gp_check_mend(check, "leave source_validation: none in the configuration");
	} else if (nic->rp_filter == 1) {
		gp_check_fine(check, "source_validation", "rp_filter 1 drops foreign IPv4 sources, behind XDP; strict also "
			      "needs access lines that keep to their own addresses");
	} else {
		gp_check_add(check, GP_CHECK_WARN, "source_validation",
			     "rp_filter %ld%s: sources are not checked here; without access lines that do, a scanner inside "
			     "is suspected at most", nic->rp_filter, nic->rp_filter == 2 ? " (loose)" : "");
		gp_check_mend(check, "leave source_validation: none; or sysctl -w net.ipv4.conf.%s.rp_filter=1, and uRPF "
			      "on the access lines", nic->link->name);
	}
}

void gp_check_interface(struct gp_check *check, const struct gp_check_place *p)
{
	static const char *const sides[] = {
		[GP_SIDE_TAP] = "tap",
		[GP_SIDE_INSIDE] = "inside",
		[GP_SIDE_OUTSIDE] = "outside",
	};

	gp_check_subject(check, p->nic->link->name, p->side_known ? sides[p->side] : NULL);
	if (!check_link(check, p))
		return;
	check_xdp(check, p);
	check_program(check, p);
	check_queues(check, p);
	check_mtu(check, p);
	check_vlan_tags(check, p);
	check_merging(check, p);
	check_source_validation(check, p);
}
