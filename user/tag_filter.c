// SPDX-License-Identifier: GPL-2.0-or-later
#include "tag_filter.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf_object.h"
#include "log.h"
#include "tag.skel.h"

#define PROGRAM "gatepost_tag"
#define ANSWER_BYTES (1u << 17) /* the kernel's largest part of a dump is 32 KiB */
#define PRIORITIES 16u		/* tried, one after the other: the first one may be taken by another classifier */
#define OURS_MAX 4u		/* filters of ours on one interface; there is one */

/* Handles of our filters. They outlive the agent, so they carry what the next one has to know. */
enum handle {
	HANDLE_GUEST = 0x67700001, /* the qdisc was there before */
	HANDLE_OWNER = 0x67700002, /* we made it */
};

struct gp_tag_filters {
	struct tag_bpf *skeleton;
	const struct gp_interface *interfaces;
	size_t count; /* attached to so many */
};

struct place {
	__u32 handle, priority;
};

/* What is attached to both hooks of an interface's clsact qdisc. */
struct listing {
	struct place ours[OURS_MAX];
	unsigned our_count, others;
};

static bool is_our_program(__u32 id)
{
	struct bpf_prog_info info = { 0 };
	__u32 bytes = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	bool ours;

	if (fd < 0)
		return false;
	ours = !bpf_obj_get_info_by_fd(fd, &info, &bytes) && !strcmp(info.name, PROGRAM);
	close(fd);
	return ours;
}

static const struct rtattr *find_attribute(const struct rtattr *a, size_t bytes, unsigned type)
{
	for (; RTA_OK(a, bytes); a = RTA_NEXT(a, bytes))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

/* The id of a filter's BPF program; 0 for any other filter. */
static __u32 program_of(const struct nlmsghdr *message)
{
	const struct tcmsg *tc = NLMSG_DATA(message);
	const struct rtattr *first = (const struct rtattr *)((const char *)tc + NLMSG_ALIGN(sizeof(*tc)));
	size_t bytes = message->nlmsg_len - NLMSG_LENGTH(sizeof(*tc));
	const struct rtattr *kind = find_attribute(first, bytes, TCA_KIND), *id;
	const struct rtattr *options = find_attribute(first, bytes, TCA_OPTIONS);
	__u32 value = 0;

	if (!kind || !options || RTA_PAYLOAD(kind) < sizeof("bpf") || memcmp(RTA_DATA(kind), "bpf", sizeof("bpf")))
		return 0;
	id = find_attribute(RTA_DATA(options), RTA_PAYLOAD(options), TCA_BPF_ID);
	if (id && RTA_PAYLOAD(id) >= sizeof(value))
		memcpy(&value, RTA_DATA(id), sizeof(value));
	return value;
}

/* A message of the dump. Each priority begins with one of handle 0, for the classifier itself. */
static void take_filter(struct listing *out, const struct nlmsghdr *message)
{
	const struct tcmsg *tc = NLMSG_DATA(message);
	__u32 program;

	if (message->nlmsg_type != RTM_NEWTFILTER || message->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)) || !tc->tcm_handle)
		return;
	program = program_of(message);
	if (!program || !is_our_program(program))
		out->others++;
	else if (out->our_count < OURS_MAX)
		out->ours[out->our_count++] = (struct place){ .handle = tc->tcm_handle,
							      .priority = TC_H_MAJ(tc->tcm_info) >> 16 };
}

/* Return: 1 when there is more to come, 0 at the end, or -errno. */
static int take_answer(struct listing *out, const struct nlmsghdr *m, size_t bytes)
{
	for (; NLMSG_OK(m, bytes); m = NLMSG_NEXT(m, bytes)) {
		if (m->nlmsg_type == NLMSG_DONE)
			return 0;
		if (m->nlmsg_type == NLMSG_ERROR)
			return m->nlmsg_len < NLMSG_LENGTH(sizeof(int)) ? -EPROTO : *(const int *)NLMSG_DATA(m);
		take_filter(out, m);
	}
	return 1;
}

/* The filters of one hook are added to the listing; none when there is no qdisc. */
static int list_hook(int fd, char *answer, int index, __u32 hook, struct listing *out)
{
	struct {
		struct nlmsghdr header;
		struct tcmsg tc;
	} request = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(request.tc)), .nlmsg_type = RTM_GETTFILTER,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.tc = { .tcm_family = AF_UNSPEC, .tcm_ifindex = index, .tcm_parent = TC_H_MAKE(TC_H_CLSACT, hook) },
	};
	int err = 1;

	if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
		return -errno;
	while (err > 0) {
		ssize_t n = recv(fd, answer, ANSWER_BYTES, 0);

		err = n < 0 ? -errno : take_answer(out, (const struct nlmsghdr *)answer, (size_t)n);
	}
	return err;
}

/* Return: 0, or -errno; what is on the egress hook counts among the others. */
static int list_filters(int index, struct listing *out)
{
	const struct timeval patience = { .tv_sec = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err;
	char *answer = malloc(ANSWER_BYTES);

	*out = (struct listing){ 0 };
	if (fd < 0 || !answer)
		err = fd < 0 ? -errno : -ENOMEM;
	else if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		err = -errno;
	else
		err = list_hook(fd, answer, index, TC_H_MIN_INGRESS, out) ?:
		      list_hook(fd, answer, index, TC_H_MIN_EGRESS, out);
	free(answer);
	if (fd >= 0)
		close(fd);
	return err;
}

static int take_off(int index, const struct place *place)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = index, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = place->handle, .priority = place->priority);

	return bpf_tc_detach(&hook, &options);
}

/* Goes unless somebody has put something on it. */
static int remove_qdisc(int index)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = index, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	struct listing left;
	int err = list_filters(index, &left);

	if (err || left.our_count || left.others)
		return err;
	return bpf_tc_hook_destroy(&hook);
}

static const char *remedy(int err)
{
	switch (err) {
	case -ENOENT:
	case -EOPNOTSUPP:
		return "the kernel needs NET_SCH_INGRESS and NET_CLS_BPF (modprobe sch_ingress cls_bpf); or run without "
		       "tags";
	case -EEXIST:
		return "the first priorities of its ingress hook are taken; see tc filter show dev IFACE ingress";
	default:
		return gp_bpf_remedy(err);
	}
}

/* Finds a priority, the first one if possible: later filters are to see the mark. Return: 0 or -errno. */
static int put_on(int index, int program_fd, const struct listing *present, bool made)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = index, .attach_point = BPF_TC_INGRESS);
	int err = -EEXIST;

	if (present->our_count) {
		LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program_fd, .flags = BPF_TC_F_REPLACE,
			    .handle = present->ours[0].handle, .priority = present->ours[0].priority);

		return bpf_tc_attach(&hook, &options);
	}
	/* -EINVAL: another kind of classifier, or another protocol, has that priority */
	for (__u32 priority = 1; priority <= PRIORITIES && (err == -EEXIST || err == -EINVAL); priority++) {
		LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program_fd, .priority = priority,
			    .handle = made ? HANDLE_OWNER : HANDLE_GUEST);

		err = bpf_tc_attach(&hook, &options);
	}
	return err;
}

static int attach(const struct gp_interface *interface, int program_fd)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = interface->index, .attach_point = BPF_TC_INGRESS);
	struct listing present;
	bool made = false;
	int err = list_filters(interface->index, &present);

	if (!err) {
		err = bpf_tc_hook_create(&hook);
		made = !err;
		if (err == -EEXIST)
			err = 0;
	}
	if (!err)
		err = put_on(interface->index, program_fd, &present, made);
	if (!err)
		return 0;
	gp_error("%s: tags: cannot attach the tc program: %s; %s", interface->name, strerror(-err), remedy(err));
	if (made)
		remove_qdisc(interface->index);
	return err;
}

int gp_tag_filters_clean(int index, unsigned *removed)
{
	char name[IF_NAMESIZE] = "";
	struct listing present;
	bool owner = false;
	int err = list_filters(index, &present);

	if (!err && !present.our_count)
		return 0;
	gp_bpf_quiet();
	for (unsigned i = 0; i < present.our_count && !err; i++) {
		owner |= present.ours[i].handle == HANDLE_OWNER;
		err = take_off(index, &present.ours[i]);
		*removed += !err;
	}
	if (!err && owner)
		err = remove_qdisc(index);
	if (err && if_indextoname((unsigned)index, name)) /* one that is gone took all with it */
		gp_error("%s: tags: cannot take the tc program off: %s; see: tc filter show dev %s ingress", name,
			 strerror(-err), name);
	return err;
}

int gp_tag_filters_open(struct gp_tag_filters **out, const struct gp_config *config,
			const struct gp_interface *interfaces, size_t count)
{
	struct gp_tag_filters *filters = calloc(1, sizeof(*filters));
	int err;

	if (!filters)
		return -ENOMEM;
	gp_bpf_quiet();
	filters->interfaces = interfaces;
	filters->skeleton = tag_bpf__open();
	err = filters->skeleton ? 0 : -errno;
	if (!err) {
		filters->skeleton->rodata->gp_mark_mask = config->mark_mask;
		filters->skeleton->rodata->gp_mark_shift = config->mark_shift;
		err = tag_bpf__load(filters->skeleton);
	}
	if (err)
		gp_error("tags: cannot load the tc program: %s; %s", strerror(-err), gp_bpf_remedy(err));
	for (; !err && filters->count < count; filters->count += !err)
		err = attach(&interfaces[filters->count],
			     bpf_program__fd(filters->skeleton->progs.gatepost_tag));
	if (err) {
		gp_tag_filters_close(filters);
		return err;
	}
	*out = filters;
	return 0;
}

void gp_tag_filters_close(struct gp_tag_filters *filters)
{
	unsigned removed = 0;

	for (size_t i = 0; i < filters->count; i++)
		gp_tag_filters_clean(filters->interfaces[i].index, &removed);
	tag_bpf__destroy(filters->skeleton);
	free(filters);
}
