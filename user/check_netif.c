// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_netif.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES (1u << 17) /* the kernel's largest part of a dump is 32 KiB */

/* <linux/netdev.h> came with 6.3; Debian 12 has 6.1. */
#define NETDEV_CMD_DEV_GET 1
#define NETDEV_A_DEV_IFINDEX 1
#define NETDEV_A_DEV_XDP_FEATURES 3

struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct {
			struct genlmsghdr command;
			struct rtattr attribute;
			char value[16];
		} generic;
	};
};

/* What to do with each message of an answer. Return: 0 or -errno, which ends the reading. */
typedef int (*take_fn)(void *context, const struct nlmsghdr *message);

/* Return: 1 when there is more to come, 0 at the end, or -errno. */
static int take_messages(const struct nlmsghdr *m, size_t bytes, take_fn take, void *context)
{
	int err;

	for (; NLMSG_OK(m, bytes); m = NLMSG_NEXT(m, bytes)) {
		if (m->nlmsg_type == NLMSG_DONE)
			return 0;
		if (m->nlmsg_type == NLMSG_ERROR)
			return m->nlmsg_len < NLMSG_LENGTH(sizeof(int)) ? -EPROTO : *(const int *)NLMSG_DATA(m);
		err = take(context, m);
		if (err || !(m->nlmsg_flags & NLM_F_MULTI))
			return err;
	}
	return 1;
}

/* One request and all of its answer; a second of silence is -EAGAIN. */
static int ask(int protocol, struct request *request, take_fn take, void *context)
{
	const struct timeval patience = { .tv_sec = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), err = 1;
	char *answer = malloc(ANSWER_BYTES);

	if (fd < 0 || !answer) {
		err = fd < 0 ? -errno : -ENOMEM;
		goto out;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    send(fd, request, request->header.nlmsg_len, 0) < 0)
		err = -errno;
	while (err > 0) {
		ssize_t n = recv(fd, answer, ANSWER_BYTES, 0);

		err = n < 0 ? -errno : take_messages((const struct nlmsghdr *)answer, (size_t)n, take, context);
	}
out:
	free(answer);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Attributes [1..max] of a list into a table; absent ones are NULL. */
static void index_attributes(const struct rtattr **table, unsigned max, const struct rtattr *a, size_t bytes)
{
	memset(table, 0, (max + 1) * sizeof(*table));
	for (; RTA_OK(a, bytes); a = RTA_NEXT(a, bytes))
		if ((a->rta_type & NLA_TYPE_MASK) <= max)
			table[a->rta_type & NLA_TYPE_MASK] = a;
}

static __u32 number(const struct rtattr *a)
{
	__u32 value = 0;

	if (a && RTA_PAYLOAD(a) >= sizeof(value))
		memcpy(&value, RTA_DATA(a), sizeof(value));
	return value;
}

static void text(char *out, size_t size, const struct rtattr *a)
{
	size_t n = a ? RTA_PAYLOAD(a) : 0;

	if (n >= size)
		n = size - 1;
	if (n)
		memcpy(out, RTA_DATA(a), n);
	out[n] = '\0';
}

static void take_nested(struct gp_netif *link, const struct rtattr *info, const struct rtattr *xdp)
{
	const struct rtattr *a[IFLA_INFO_MAX + 1], *x[IFLA_XDP_MAX + 1];

	if (info) {
		index_attributes(a, IFLA_INFO_MAX, RTA_DATA(info), RTA_PAYLOAD(info));
		text(link->kind, sizeof(link->kind), a[IFLA_INFO_KIND]);
		text(link->member_kind, sizeof(link->member_kind), a[IFLA_INFO_SLAVE_KIND]);
	}
	if (xdp) {
		index_attributes(x, IFLA_XDP_MAX, RTA_DATA(xdp), RTA_PAYLOAD(xdp));
		if (x[IFLA_XDP_ATTACHED] && RTA_PAYLOAD(x[IFLA_XDP_ATTACHED]) >= 1)
			link->xdp_mode = *(const __u8 *)RTA_DATA(x[IFLA_XDP_ATTACHED]);
		link->xdp_program = number(x[IFLA_XDP_PROG_ID]);
	}
}

struct link_list {
	struct gp_netif *links;
	size_t count;
};

static int take_link(void *context, const struct nlmsghdr *m)
{
	const struct ifinfomsg *info = NLMSG_DATA(m);
	const struct rtattr *a[IFLA_MAX + 1];
	struct link_list *list = context;
	struct gp_netif *link;

	if (m->nlmsg_type != RTM_NEWLINK || m->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return 0;
	link = realloc(list->links, (list->count + 1) * sizeof(*link));
	if (!link)
		return -ENOMEM;
	list->links = link;
	link += list->count++;
	index_attributes(a, IFLA_MAX, IFLA_RTA(info), IFLA_PAYLOAD(m));
	*link = (struct gp_netif){
		.index = info->ifi_index,
		.flags = info->ifi_flags,
		.type = info->ifi_type,
		.mtu = number(a[IFLA_MTU]),
		.rx_queues = number(a[IFLA_NUM_RX_QUEUES]),
		.master = (int)number(a[IFLA_MASTER]),
		.lower = (int)number(a[IFLA_LINK]),
		.lower_elsewhere = a[IFLA_LINK_NETNSID],
		.carrier = info->ifi_flags & IFF_RUNNING,
	};
	text(link->name, sizeof(link->name), a[IFLA_IFNAME]);
	take_nested(link, a[IFLA_LINKINFO], a[IFLA_XDP]);
	return 0;
}

int gp_netifs_read(struct gp_netif **out, size_t *count)
{
	struct request request = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(request.link)),
			.nlmsg_type = RTM_GETLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
	};
	struct link_list list = { 0 };
	int err = ask(NETLINK_ROUTE, &request, take_link, &list);

	if (err) {
		free(list.links);
		return err;
	}
	*out = list.links;
	*count = list.count;
	return 0;
}

const struct gp_netif *gp_netif_find(const struct gp_netif *links, size_t count, int index)
{
	for (size_t i = 0; i < count && index; i++)
		if (links[i].index == index)
			return &links[i];
	return NULL;
}

struct generic_answer {
	unsigned attribute; /* wanted */
	__u64 value;
	bool found;
};

static int take_generic(void *context, const struct nlmsghdr *m)
{
	size_t head = NLMSG_LENGTH(GENL_HDRLEN), bytes;
	struct generic_answer *answer = context;
	const struct rtattr *a;

	if (m->nlmsg_len < head)
		return -EPROTO;
	bytes = m->nlmsg_len - head;
	for (a = (const void *)((const char *)m + head); RTA_OK(a, bytes); a = RTA_NEXT(a, bytes)) {
		if ((a->rta_type & NLA_TYPE_MASK) != answer->attribute || RTA_PAYLOAD(a) > sizeof(answer->value))
			continue;
		/* Whatever its width, in a union of this machine's integers. */
		union {
			__u16 u16;
			__u32 u32;
			__u64 u64;
		} value = { 0 };

		memcpy(&value, RTA_DATA(a), RTA_PAYLOAD(a));
		answer->value = RTA_PAYLOAD(a) == 2 ? value.u16 : RTA_PAYLOAD(a) == 4 ? value.u32 : value.u64;
		answer->found = true;
	}
	return 0;
}

/* One command with one attribute, for one number. @bytes of value, 16 at most. */
static int ask_generic(__u64 *out, int family, int command, int attribute, const void *value, size_t bytes, int wanted)
{
	struct request request = {
		.header = { .nlmsg_type = (__u16)family, .nlmsg_flags = NLM_F_REQUEST },
		.generic = {
			.command = { .cmd = (__u8)command, .version = 1 },
			.attribute = { .rta_type = (unsigned short)attribute,
				       .rta_len = (unsigned short)RTA_LENGTH(bytes) },
		},
	};
	struct generic_answer answer = { .attribute = (unsigned)wanted };
	int err;

	memcpy(request.generic.value, value, bytes);
	request.header.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN + RTA_SPACE(bytes));
	err = ask(NETLINK_GENERIC, &request, take_generic, &answer);
	if (!err && !answer.found)
		err = -ENOENT;
	*out = answer.value;
	return err;
}

int gp_netif_xdp_features(__u64 *out, int index)
{
	__u64 family;
	int err = ask_generic(&family, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, "netdev",
			      sizeof("netdev"), CTRL_ATTR_FAMILY_ID);

	return err ? err : ask_generic(out, (int)family, NETDEV_CMD_DEV_GET, NETDEV_A_DEV_IFINDEX, &index,
				       sizeof(index), NETDEV_A_DEV_XDP_FEATURES);
}
