// SPDX-License-Identifier: GPL-2.0-or-later
#include "live_pair.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/bpf.h>
#include <linux/if_link.h>

#include <bpf/bpf.h>

#include "measure.h"

#define CORES_MAX 2u

/* One sender. */
struct sender {
	pthread_t thread;
	pthread_barrier_t *start;
	unsigned core;
	int fd;
	const struct bench_frame *frame;
	__u32 frames;
	double ns;
	int err;
};

int bench_pair_make(void)
{
	static const char *const commands[] = {
		"ip link add " BENCH_SEND " numrxqueues 2 numtxqueues 2 type veth peer name " BENCH_RECEIVE
		" numrxqueues 2 numtxqueues 2",
		"ip link set dev " BENCH_RECEIVE " address 02:02:02:02:02:02",
		"ip link set dev " BENCH_SEND " addrgenmode none up",
		"ip link set dev " BENCH_RECEIVE " addrgenmode none up",
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (system(commands[i]))
			return -EOPNOTSUPP;
	return 0;
}

__u32 bench_received(void)
{
	struct ifaddrs *all, *i;
	__u32 packets = 0;

	if (getifaddrs(&all))
		return 0;
	for (i = all; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET && !strcmp(i->ifa_name, BENCH_RECEIVE) && i->ifa_data)
			packets = ((const struct rtnl_link_stats *)i->ifa_data)->rx_packets;
	freeifaddrs(all);
	return packets;
}

static void *send_frames(void *argument)
{
	struct sender *s = argument;
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = s->frame->data, .data_size_in = s->frame->bytes,
		    .repeat = (int)s->frames, .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BENCH_BATCH);
	double begin;

	s->err = bench_pin(s->core);
	pthread_barrier_wait(s->start);
	begin = bench_clock_ns();
	if (!s->err && bpf_prog_test_run_opts(s->fd, &o))
		s->err = -errno;
	s->ns = bench_clock_ns() - begin;
	return NULL;
}

int bench_send(unsigned cores, int fd, const struct bench_frame *frame, __u32 frames, double *mpps)
{
	struct sender senders[CORES_MAX];
	pthread_barrier_t start;
	__u32 before = bench_received();
	double rate = 0;
	int err = 0;

	pthread_barrier_init(&start, NULL, cores);
	for (unsigned i = 0; i < cores; i++) {
		senders[i] = (struct sender){ .start = &start, .core = i, .fd = fd, .frame = frame, .frames = frames };
		if (pthread_create(&senders[i].thread, NULL, send_frames, &senders[i]))
			exit(1); /* the others would wait for it for ever */
	}
	for (unsigned i = 0; i < cores; i++) {
		pthread_join(senders[i].thread, NULL);
		rate += frames / senders[i].ns * 1e3;
		err = err ? err : senders[i].err;
	}
	pthread_barrier_destroy(&start);
	*mpps = rate * (bench_received() - before) / ((double)frames * cores);
	return err;
}
