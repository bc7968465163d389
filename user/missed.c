// SPDX-License-Identifier: GPL-2.0-or-later
#include "missed.h"

#include <ctype.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define STATS_MAX 65536u /* more than any driver has; a bound on what is believed */

/* The statistics of a device in an answer to RTM_GETLINK (rtnetlink(7)). */
static void read_answer(struct gp_missed *out, bool dropped, const struct nlmsghdr *message, size_t bytes)
{
	const struct rtattr *attribute;
	struct rtnl_link_stats64 stats;
	int left;

	if (!NLMSG_OK(message, bytes) || message->nlmsg_type != RTM_NEWLINK)
		return;
	attribute = IFLA_RTA(NLMSG_DATA(message));
	left = (int)IFLA_PAYLOAD(message);
	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		size_t size = RTA_PAYLOAD(attribute) < sizeof(stats) ? RTA_PAYLOAD(attribute) : sizeof(stats);

		if (attribute->rta_type != IFLA_STATS64)
			continue;
		memset(&stats, 0, sizeof(stats));
		memcpy(&stats, RTA_DATA(attribute), size);
		out->link = stats.rx_missed_errors + stats.rx_fifo_errors + (dropped ? stats.rx_dropped : 0);
	}
}

/* By netlink: /sys shows the network namespace that it was mounted in, and older calls have 32 bits. */
static void read_link(struct gp_missed *out, bool dropped, const char *interface)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
	} ask = {
		.head = { .nlmsg_len = sizeof(ask), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(interface) },
	};
	union {
		struct nlmsghdr head;
		char bytes[32768];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t bytes;

	if (fd < 0)
		return;
	if (ask.link.ifi_index && send(fd, &ask, sizeof(ask), 0) == sizeof(ask)) {
		bytes = recv(fd, &answer, sizeof(answer), 0);
		if (bytes > 0)
			read_answer(out, dropped, &answer.head, (size_t)bytes);
	}
	close(fd);
}

static bool is_loss(const char *name)
{
	static const char *const losses[] = { "drop",	    "miss",    "discard",  "no_buf", "nobuf",
					      "out_of_buf", "overrun", "over_err", "fifo" };

	if (!strstr(name, "rx") || strstr(name, "xdp") || strstr(name, "filter"))
		return false;
	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++)
		if (strstr(name, losses[i]))
			return true;
	return false;
}

/* "rx0_drops", "rx_queue_3_drops", "rx-12.drops", "[2]: rx_discards". */
static bool is_of_queue(const char *name)
{
	while (*name && !isdigit((unsigned char)*name))
		name++;
	return *name;
}

/* Return: whether the driver has a name for any loss. */
static bool add_stats(struct gp_missed *out, const struct ethtool_gstrings *names, const struct ethtool_stats *stats)
{
	bool named = false;

	for (__u32 i = 0; i < names->len && i < stats->n_stats; i++) {
		char name[ETH_GSTRING_LEN + 1] = "";

		for (size_t at = 0; at < ETH_GSTRING_LEN; at++)
			name[at] = (char)tolower(names->data[i * ETH_GSTRING_LEN + at]);
		if (!is_loss(name))
			continue;
		named = true;
		*(is_of_queue(name) ? &out->queues : &out->driver) += stats->data[i];
	}
	return named;
}

static int ask_driver(int fd, const char *interface, void *command)
{
	struct ifreq request = { .ifr_data = command };

	memcpy(request.ifr_name, interface, strnlen(interface, sizeof(request.ifr_name) - 1));
	return ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
}

static __u32 count_stats(int fd, const char *interface)
{
	union {
		struct ethtool_sset_info info;
		char room[sizeof(struct ethtool_sset_info) + sizeof(__u32)];
	} ask = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_STATS } };
	__u32 count;

	if (ask_driver(fd, interface, &ask) || !ask.info.sset_mask)
		return 0;
	memcpy(&count, ask.room + offsetof(struct ethtool_sset_info, data), sizeof(count));
	return count <= STATS_MAX ? count : 0;
}

static bool is_driver(int fd, const char *interface, const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	return !ask_driver(fd, interface, &info) && !strcmp(info.driver, name);
}

/* Return: whether the driver tells of all that it lost. */
static bool read_driver(struct gp_missed *out, const char *interface)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	__u32 count = fd < 0 ? 0 : count_stats(fd, interface);
	struct ethtool_gstrings *names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	struct ethtool_stats *stats = calloc(1, sizeof(*stats) + (size_t)count * sizeof(__u64));
	bool named = false;

	if (count && names && stats) {
		*names = (struct ethtool_gstrings){ .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = count };
		*stats = (struct ethtool_stats){ .cmd = ETHTOOL_GSTATS, .n_stats = count };
		if (!ask_driver(fd, interface, names) && !ask_driver(fd, interface, stats))
			named = add_stats(out, names, stats) && !is_driver(fd, interface, "veth");
	}
	free(names);
	free(stats);
	if (fd >= 0)
		close(fd);
	return named;
}

void gp_missed_read(struct gp_missed *out, const char *interface)
{
	memset(out, 0, sizeof(*out));
	read_link(out, !read_driver(out, interface), interface);
}

bool gp_missed_has_redirects(const char *interface)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && (is_driver(fd, interface, "veth") || is_driver(fd, interface, "virtio_net"));

	if (fd >= 0)
		close(fd);
	return has;
}

/* A device that was reset begins at 0 again. */
static __u64 since(__u64 before, __u64 now)
{
	return now >= before ? now - before : now;
}

__u64 gp_missed_since(const struct gp_missed *before, const char *interface)
{
	struct gp_missed now;
	__u64 link, driver, queues, most;

	gp_missed_read(&now, interface);
	link = since(before->link, now.link);
	driver = since(before->driver, now.driver);
	queues = since(before->queues, now.queues);
	most = driver > queues ? driver : queues;
	return link > most ? link : most;
}
