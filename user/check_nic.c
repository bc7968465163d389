// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_nic.h"

#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xdp/libxdp.h>

#include "bpf_object.h"
#include "check_read.h"

#define FEATURES_MAX 256

static int ethtool(int fd, const char *name, void *command)
{
	struct ifreq request = { .ifr_data = command };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCETHTOOL, &request);
}

static void read_channels(struct gp_nic *nic, int fd)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	if (ethtool(fd, nic->link->name, &channels))
		return;
	nic->channels_known = channels.combined_count + channels.rx_count > 0;
	nic->rx_channels = channels.combined_count + channels.rx_count;
	nic->combined = channels.max_combined > 0;
	nic->rx_channels_max = nic->combined ? channels.max_combined : channels.max_rx;
}

/* How many features the kernel knows. */
static unsigned count_features(int fd, const char *name)
{
	struct ethtool_sset_info *info = calloc(1, sizeof(*info) + sizeof(info->data[0]));
	unsigned count = 0;

	if (!info)
		return 0;
	info->cmd = ETHTOOL_GSSET_INFO;
	info->sset_mask = 1ull << ETH_SS_FEATURES;
	if (!ethtool(fd, name, info) && info->sset_mask)
		count = info->data[0] < FEATURES_MAX ? info->data[0] : FEATURES_MAX;
	free(info);
	return count;
}

static struct gp_nic_feature *feature_slot(struct gp_nic *nic, const char *name)
{
	if (!strcmp(name, "rx-vlan-hw-parse"))
		return &nic->vlan_ctag;
	if (!strcmp(name, "rx-vlan-stag-hw-parse"))
		return &nic->vlan_stag;
	if (!strcmp(name, "rx-lro"))
		return &nic->lro;
	if (!strcmp(name, "rx-gro-hw"))
		return &nic->gro_hw;
	return NULL;
}

/* Names and bits come apart, in the same order. */
static void read_features(struct gp_nic *nic, int fd)
{
	unsigned count = count_features(fd, nic->link->name), blocks = (count + 31) / 32;
	struct ethtool_gstrings *names = calloc(1, sizeof(*names) + FEATURES_MAX * ETH_GSTRING_LEN);
	struct ethtool_gfeatures *bits = calloc(1, sizeof(*bits) + FEATURES_MAX / 32 * sizeof(bits->features[0]));

	if (!count || !names || !bits)
		goto out;
	*names = (struct ethtool_gstrings){ .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = count };
	*bits = (struct ethtool_gfeatures){ .cmd = ETHTOOL_GFEATURES, .size = blocks };
	if (ethtool(fd, nic->link->name, names) || ethtool(fd, nic->link->name, bits))
		goto out;
	for (unsigned i = 0; i < count && i < names->len && i / 32 < bits->size; i++) {
		const struct ethtool_get_features_block *block = &bits->features[i / 32];
		char name[ETH_GSTRING_LEN + 1] = { 0 };
		__u32 bit = 1u << i % 32;
		struct gp_nic_feature *f;

		memcpy(name, names->data + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
		f = feature_slot(nic, name);
		if (f)
			*f = (struct gp_nic_feature){
				.known = true,
				.on = block->active & bit,
				.fixed = !(block->available & bit) || block->never_changed & bit,
			};
	}
out:
	free(names);
	free(bits);
}

static void read_driver(struct gp_nic *nic)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (!ethtool(fd, nic->link->name, &info)) {
		info.driver[sizeof(info.driver) - 1] = '\0';
		snprintf(nic->driver, sizeof(nic->driver), "%s", info.driver);
	}
	read_channels(nic, fd);
	read_features(nic, fd);
	close(fd);
}

static void add_program(struct gp_nic *nic, const struct xdp_program *program)
{
	const char *name = program ? xdp_program__name(program) : NULL;
	size_t used = strlen(nic->programs);

	if (!program)
		return;
	snprintf(nic->programs + used, sizeof(nic->programs) - used, "%s%s", used ? ", " : "",
		 name && *name ? name : "one without a name");
	nic->ours = nic->ours || gp_bpf_is_ours(name);
}

static void read_programs(struct gp_nic *nic)
{
	struct xdp_multiprog *present = xdp_multiprog__get_from_ifindex(nic->link->index);
	struct xdp_program *program = NULL;

	if (libxdp_get_error(present))
		return;
	if (xdp_multiprog__is_legacy(present)) {
		add_program(nic, xdp_multiprog__main_prog(present));
	} else {
		nic->dispatcher = true;
		while ((program = xdp_multiprog__next_prog(program, present)))
			add_program(nic, program);
	}
	add_program(nic, xdp_multiprog__hw_prog(present));
	xdp_multiprog__close(present);
}

/* ip-sysctl: the maximum of conf/all and conf/IFACE is used. */
static void read_rp_filter(struct gp_nic *nic)
{
	char path[64];
	long all, own;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter", nic->link->name);
	if (gp_read_number(&own, path) || gp_read_number(&all, "/proc/sys/net/ipv4/conf/all/rp_filter"))
		return;
	nic->rp_filter_known = true;
	nic->rp_filter = own > all ? own : all;
}

void gp_nic_read(struct gp_nic *out, const struct gp_netif *link, bool programs)
{
	*out = (struct gp_nic){ .link = link };
	out->xdp_err = gp_netif_xdp_features(&out->xdp_features, link->index);
	read_driver(out);
	if (programs && link->xdp_mode != XDP_ATTACHED_NONE)
		read_programs(out);
	read_rp_filter(out);
}
