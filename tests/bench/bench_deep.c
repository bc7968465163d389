// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading watched flows whole: run --deep's AF_XDP sockets beside libpcap (AF_PACKET, TPACKET_V3), with the same streams
 * and dialogues behind both. Small web flows go through a veth pair at growing rates: at which is the first packet lost,
 * and what does a packet cost the reader and the receiving kernel? One core sends and receives, another one reads.
 *
 *   bench_deep [--quick]      root; makes a network namespace, which vanishes with it
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_link.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ifaddrs.h>

#include "bpf_object.h"
#include "deep.h"
#include "gatepost.skel.h"
#include "memory_setup.h"
#include "witness.h"
#include "deep_flow.h"
#include "deep_pcap.h"

#include "tests/bench/deep.skel.h"

#define SEND "gpd-send"
#define TAP "gpd-tap"
#define BATCH 64	     /* frames per flush of the sender */
#define FIRST_KPPS 50
#define WARM_KPPS 150
#define WARM_SECONDS 4 /* every flow once at least */
#define MOST_KPPS 4000 /* more than can be sent */
#define STEPS 20	/* of 25 % each */
#define PAUSE_KPPS 500
#define PAUSE_MAX_MS 400
#define BUFFER_BYTES (64 << 20) /* of libpcap: what a queue's socket has */

enum way {
	WAY_NOBODY,	  /* an empty program drops everything: what sending costs */
	WAY_DEEP,	  /* gatepost run --deep */
	WAY_PCAP_COUNTED, /* libpcap behind gatepost's program without --deep */
	WAY_PCAP,	  /* libpcap behind an empty program */
	WAYS,
};

static const char *const way_names[WAYS] = {
	"nobody reads (XDP_DROP)", "--deep: AF_XDP", "libpcap behind gatepost", "libpcap behind an empty program",
};

/* One way of reading, for all rates: the first touch of memory costs more than anything that follows. */
struct reader {
	enum way way;
	pthread_t thread;
	atomic_bool stop;
	struct gp_witness *witness;
	struct gp_deep *deep;
	struct deep_pcap *pcap;
	__u64 read; /* frames, so far */
	double cpu_s; /* of the last rate */
	unsigned pause_ms; /* twice in each measurement */
	int err;
};

struct bench {
	struct deep_bpf *sender;
	struct gp_bpf counted, deep;
	struct gp_config *config;
	struct gp_interface tap;
	double seconds;
};

struct result {
	double kpps;	  /* that arrived */
	double lost;	  /* frames */
	double reader_us; /* CPU per frame */
	double sender_ns; /* of the sending and receiving core, per frame */
};

/* Of one way: the steps at which nothing was lost. */
struct climb {
	struct result steps[STEPS];
	unsigned count;
	unsigned pause_ms; /* of the reader, that cost nothing */
};

static double clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static double thread_cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int make_pair(void)
{
	static const char *const commands[] = {
		"ip link add " SEND " numrxqueues 2 numtxqueues 2 type veth peer name " TAP " numrxqueues 2 numtxqueues 2",
		"ip link set dev " SEND " addrgenmode none up",
		"ip link set dev " TAP " addrgenmode none up",
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (system(commands[i]))
			return -EOPNOTSUPP;
	return 0;
}

/* Packets that the tap's program was given. The kernel's 32-bit counter: differences only. */
static __u32 received(void)
{
	struct ifaddrs *all, *i;
	__u32 packets = 0;

	if (getifaddrs(&all))
		return 0;
	for (i = all; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET && !strcmp(i->ifa_name, TAP) && i->ifa_data)
			packets = ((const struct rtnl_link_stats *)i->ifa_data)->rx_packets;
	freeifaddrs(all);
	return packets;
}

/* SYN, SYN-ACK, ACK; a request; two segments of the response, acknowledged; FIN of both. */
static void write_flow(struct deep_step *steps)
{
	static const char request[] = "GET /a HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux)\r\n"
				      "Accept: */*\r\n\r\n";
	static const char response[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2837\r\nX: 0123456789"
				       "\r\n\r\n";
	const __u32 get = sizeof(request) - 1, part = DEEP_FRAME_BYTES - 54;
	const struct deep_step all[DEEP_STEPS] = {
		{ 54, 0x02, 0, 1000, 0, 0, "" },
		{ 54, 0x12, 1, 5000, 1001, 0, "" },
		{ 54, 0x10, 0, 1001, 5001, 0, "" },
		{ 54 + get, 0x18, 0, 1001, 5001, 1, "" },
		{ DEEP_FRAME_BYTES, 0x10, 1, 5001, 1001 + get, 1, "" },
		{ DEEP_FRAME_BYTES, 0x18, 1, 5001 + part, 1001 + get, 0, "" },
		{ 54, 0x10, 0, 1001 + get, 5001 + 2 * part, 0, "" },
		{ 54, 0x11, 0, 1001 + get, 5001 + 2 * part, 0, "" },
		{ 54, 0x11, 1, 5001 + 2 * part, 1002 + get, 0, "" },
		{ 54, 0x10, 0, 1002 + get, 5002 + 2 * part, 0, "" },
	};

	memcpy(steps, all, sizeof(all));
	memcpy(steps[3].head, request, get < DEEP_HEAD_BYTES ? get : DEEP_HEAD_BYTES);
	memcpy(steps[4].head, response, sizeof(response) - 1 < DEEP_HEAD_BYTES ? sizeof(response) - 1 : DEEP_HEAD_BYTES);
}

/* What else the reader has to do, twice a second. */
static void pause_now_and_then(const struct reader *r, double *next_s)
{
	const struct timespec pause = { .tv_nsec = (long)r->pause_ms * 1000000 };

	if (!r->pause_ms || clock_s(CLOCK_MONOTONIC) < *next_s)
		return;
	nanosleep(&pause, NULL);
	*next_s = clock_s(CLOCK_MONOTONIC) + 0.5;
}

static void read_deep(struct reader *r)
{
	double next_s = clock_s(CLOCK_MONOTONIC) + 0.2;
	struct pollfd fds[GP_DEEP_SOCKETS];
	struct gp_deep_count count;

	while (!atomic_load(&r->stop) && !r->err) {
		int timeout_ms;
		unsigned sockets = gp_deep_fds(r->deep, fds, &timeout_ms);

		if (poll(fds, sockets, timeout_ms < 0 ? 20 : timeout_ms) >= 0)
			r->err = gp_deep_read(r->deep, fds, sockets);
		pause_now_and_then(r, &next_s);
	}
	gp_deep_drain(r->deep);
	gp_deep_counts(r->deep, &count);
	r->read = count.frames;
}

static void take_frame(void *context, const struct gp_frame *frame)
{
	struct reader *r = context;
	struct gp_segment segment;

	r->read++;
	if (gp_segment_from_frame(&segment, frame, false))
		gp_witness_segment(r->witness, &segment);
}

static void read_pcap(struct reader *r)
{
	double next_s = clock_s(CLOCK_MONOTONIC) + 0.2;

	while (!atomic_load(&r->stop)) {
		deep_pcap_read(r->pcap, 20, take_frame, r);
		pause_now_and_then(r, &next_s);
	}
	while (deep_pcap_read(r->pcap, 20, take_frame, r))
		;
}

static void *read_frames(void *argument)
{
	struct reader *r = argument;
	double begin;

	r->err = pin(1);
	begin = thread_cpu_s();
	if (r->way == WAY_DEEP)
		read_deep(r);
	else
		read_pcap(r);
	r->cpu_s = thread_cpu_s() - begin;
	return NULL;
}

static void sleep_until(double at_s)
{
	struct timespec t = { .tv_sec = (time_t)at_s, .tv_nsec = (long)((at_s - (double)(time_t)at_s) * 1e9) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* Sends for some time. @busy_s: out; what the core spent on sending and receiving. Return: 0, or -errno. */
static int send_at(struct bench *b, double kpps, double seconds, double *busy_s)
{
	static __u8 frame[DEEP_FRAME_BYTES] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0 };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frame, .data_size_in = sizeof(frame), .batch_size = BATCH,
		    .repeat = (int)(kpps * 1e3 * seconds), .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	double begin = clock_s(CLOCK_THREAD_CPUTIME_ID);

	b->sender->bss->deep_gap_ns = (__u64)(1e6 / kpps);
	b->sender->bss->deep_waited_ns = 0;
	if (bpf_prog_test_run_opts(bpf_program__fd(b->sender->progs.deep_send), &o))
		return -errno;
	*busy_s = clock_s(CLOCK_THREAD_CPUTIME_ID) - begin - (double)b->sender->bss->deep_waited_ns / 1e9;
	return 0;
}

static int program_of(const struct bench *b, enum way way)
{
	switch (way) {
	case WAY_NOBODY:
		return bpf_program__fd(b->sender->progs.deep_drop);
	case WAY_DEEP:
		return bpf_program__fd(b->deep.program);
	case WAY_PCAP_COUNTED:
		return bpf_program__fd(b->counted.program);
	default:
		return bpf_program__fd(b->sender->progs.deep_pass);
	}
}

static int take_segment(void *context, const struct gp_segment *segment)
{
	return gp_witness_segment(context, segment);
}

static int open_reader(struct reader *r, struct bench *b)
{
	struct gp_deep_maps maps;
	int err = bpf_xdp_attach(b->tap.index, program_of(b, r->way), XDP_FLAGS_DRV_MODE, NULL);

	if (err || r->way == WAY_NOBODY)
		return err;
	err = gp_witness_open(&r->witness, &(struct gp_witness_options){ .config = b->config, .memory = &b->deep.memory });
	if (err)
		return err;
	if (r->way != WAY_DEEP) {
		r->pcap = deep_pcap_open(TAP, BUFFER_BYTES);
		return r->pcap ? 0 : -EOPNOTSUPP;
	}
	maps.xsks = bpf_map__fd(b->deep.skeleton->maps.gp_xsks);
	maps.sums = bpf_map__fd(b->deep.skeleton->maps.gp_deep_sums);
	return gp_deep_open(&r->deep, &maps, b->config, &b->tap, 1, false, take_segment, r->witness);
}

static void close_reader(struct reader *r, struct bench *b)
{
	if (r->deep)
		gp_deep_close(r->deep);
	if (r->pcap)
		deep_pcap_close(r->pcap);
	if (r->witness)
		gp_witness_close(r->witness);
	bpf_xdp_detach(b->tap.index, XDP_FLAGS_DRV_MODE, NULL);
}

/* One way at one rate. Return: 0, or -errno. */
static int measure(struct bench *b, struct reader *r, double kpps, struct result *out)
{
	__u32 before = received(), frames;
	__u64 read_before = r->read;
	double busy_s = 0, begin;
	int err;

	atomic_store(&r->stop, false);
	err = r->way == WAY_NOBODY ? 0 : -pthread_create(&r->thread, NULL, read_frames, r);
	if (err)
		return err;
	begin = clock_s(CLOCK_MONOTONIC);
	err = send_at(b, kpps, b->seconds, &busy_s);
	begin = clock_s(CLOCK_MONOTONIC) - begin;
	sleep_until(clock_s(CLOCK_MONOTONIC) + 0.1);
	frames = received() - before;
	atomic_store(&r->stop, true);
	if (r->way != WAY_NOBODY)
		pthread_join(r->thread, NULL);
	*out = (struct result){
		.kpps = frames / begin / 1e3,
		.lost = r->way == WAY_NOBODY ? 0 : (double)frames - (double)(r->read - read_before),
		.reader_us = r->read == read_before ? 0 : r->cpu_s / (double)(r->read - read_before) * 1e6,
		.sender_ns = frames ? busy_s / frames * 1e9 : 0,
	};
	return err ? err : r->err;
}

/* Best of three: what is lost, or sent too slowly, only once was somebody else's who had the machine meanwhile. */
static int measure_again(struct bench *b, struct reader *reader, double kpps, struct result *out)
{
	struct result r;
	int err = 0;

	for (int i = 0; i < 3 && !err; i++) {
		err = measure(b, reader, kpps, &r);
		if (i == 0 || (r.lost <= 0 && (out->lost > 0 || r.kpps > out->kpps)))
			*out = r;
		if (out->lost <= 0 && out->kpps > 0.95 * kpps)
			break;
	}
	return err;
}

static void print_result(double kpps, const struct result *r, double nobody_ns)
{
	printf("  %9.0f %9.0f %9.0f  %14.3f  %20.0f\n", kpps, r->kpps, r->lost, r->reader_us, r->sender_ns - nobody_ns);
	fflush(stdout);
}

/* Steps the rate up until frames are lost or no more can be sent. */
static int climb(struct bench *b, struct reader *reader, double nobody_ns, struct climb *out)
{
	struct result r;
	double seconds = b->seconds;
	int err;

	b->seconds = WARM_SECONDS;
	err = measure(b, reader, WARM_KPPS, &r);
	b->seconds = seconds;

	printf("\n%s\n  %9s %9s %9s  %14s  %20s\n", way_names[reader->way], "kpps", "arrived", "lost", "reader us/pkt",
	       "receive path ns/pkt");
	for (double kpps = FIRST_KPPS; out->count < STEPS && !err; kpps *= 1.25) {
		err = measure_again(b, reader, kpps, &r);
		if (err)
			break;
		print_result(kpps, &r, nobody_ns);
		if (r.lost > 0)
			return 0;
		out->steps[out->count++] = r;
		if (r.kpps < 0.9 * kpps)
			break;
	}
	printf("  nothing was lost at the fastest that could be sent\n");
	return err;
}

/* How long may the reader do something else at a rate? */
static int climb_pauses(struct bench *b, struct reader *reader, struct climb *out)
{
	struct result r;
	int err = 0;

	for (unsigned ms = 4; ms <= PAUSE_MAX_MS && !err; ms += ms / 4) {
		reader->pause_ms = ms;
		err = measure_again(b, reader, PAUSE_KPPS, &r);
		if (r.lost > 0)
			break;
		out->pause_ms = ms;
	}
	printf("  the reader pauses at %d kpps: nothing is lost up to %u ms\n", PAUSE_KPPS, out->pause_ms);
	return err;
}

static int run_way(struct bench *b, enum way way, struct result *nobody, struct climb *out)
{
	struct reader r = { .way = way };
	int err = open_reader(&r, b);

	if (!err && way == WAY_NOBODY)
		err = measure(b, &r, MOST_KPPS, nobody);
	else if (!err)
		err = climb(b, &r, nobody->sender_ns, out);
	if (!err && way != WAY_NOBODY)
		err = climb_pauses(b, &r, out);
	close_reader(&r, b);
	return err;
}

static int load(struct gp_bpf *bpf, struct gp_config *config, const struct gp_interface *tap)
{
	const struct gp_bpf_options options = { .side = GP_SIDE_TAP, .deep_queues = tap->deep_queues,
					       .deep_chunk = tap->deep_chunk };
	int err = gp_bpf_open(bpf, config, &options);

	if (!err)
		err = gatepost_bpf__load(bpf->skeleton);
	if (!err)
		err = gp_bpf_map(bpf);
	if (!err)
		gp_memory_setup(&bpf->memory, config, &bpf->plan);
	return err;
}

static int open_bench(struct bench *b)
{
	char *inside[] = { "10.0.0.0/8" };
	int err;

	if (unshare(CLONE_NEWNET) || make_pair())
		return -EOPNOTSUPP;
	b->tap = (struct gp_interface){ .name = TAP, .index = (int)if_nametoindex(TAP), .side = GP_SIDE_TAP };
	err = gp_config_open(&b->config, NULL, inside, 1);
	if (!err)
		err = gp_deep_plan(&b->tap, 1);
	if (!err)
		err = load(&b->counted, b->config, &b->tap);
	if (!err) {
		b->config->deep = true;
		err = load(&b->deep, b->config, &b->tap);
	}
	if (err)
		return err;
	b->sender = deep_bpf__open();
	if (!b->sender)
		return -errno;
	b->sender->rodata->deep_to = if_nametoindex(SEND);
	err = deep_bpf__load(b->sender);
	if (!err)
		write_flow(b->sender->bss->deep_steps);
	return err;
}

static void close_bench(struct bench *b)
{
	if (b->sender)
		deep_bpf__destroy(b->sender);
	if (b->counted.skeleton)
		gp_bpf_close(&b->counted);
	if (b->deep.skeleton)
		gp_bpf_close(&b->deep);
	if (b->config)
		gp_config_close(b->config);
}

static double fastest(const struct climb *climb)
{
	double kpps = 0;

	for (unsigned i = 0; i < climb->count; i++)
		kpps = climb->steps[i].kpps > kpps ? climb->steps[i].kpps : kpps;
	return kpps;
}

/* CPU at the highest rate at which none of them lost anything. */
static void print_ratios(const struct climb *climbs, double nobody_ns)
{
	unsigned step = STEPS;
	double cost[WAYS];

	for (int way = WAY_DEEP; way < WAYS; way++)
		step = climbs[way].count < step ? climbs[way].count : step;
	if (!step)
		return;
	printf("\n%-34s %14s %9s  at %4.0f kpps: %13s %20s %17s\n", "", "kpps, no loss", "pause ms",
	       climbs[WAY_DEEP].steps[step - 1].kpps, "reader us/pkt", "receive path ns/pkt", "kpps of one core");
	for (int way = WAY_DEEP; way < WAYS; way++) {
		const struct result *r = &climbs[way].steps[step - 1];

		cost[way] = r->reader_us * 1e3 + r->sender_ns - nobody_ns;
		printf("%-34s %14.0f %9u %28.3f %20.0f %17.0f\n", way_names[way], fastest(&climbs[way]),
		       climbs[way].pause_ms, r->reader_us, r->sender_ns - nobody_ns, 1e6 / cost[way]);
	}
	for (int way = WAY_DEEP + 1; way < WAYS; way++)
		printf("--deep over %s: reader's CPU x %.2f, CPU in all x %.2f\n", way_names[way],
		       climbs[WAY_DEEP].steps[step - 1].reader_us / climbs[way].steps[step - 1].reader_us,
		       cost[WAY_DEEP] / cost[way]);
	printf("Reader: getrusage() of its thread. Receive path: CPU of the thread that sends, which its core's softirqs run in, "
	       "less its pauses and what sending alone costs.\n");
}

static unsigned mean_bytes(const struct bench *b)
{
	unsigned bytes = 0;

	for (int i = 0; i < DEEP_STEPS; i++)
		bytes += b->sender->bss->deep_steps[i].bytes;
	return bytes / DEEP_STEPS;
}

int main(int argc, char **argv)
{
	struct bench b = { .seconds = argc > 1 && !strcmp(argv[1], "--quick") ? 0.5 : 2 };
	struct result nobody = { 0 };
	struct climb climbs[WAYS] = { 0 };
	int err;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		printf("deep: skipped: one CPU only; one sends and receives, another one reads\n");
		return 0;
	}
	err = open_bench(&b);
	if (!err)
		err = pin(0);
	for (int way = WAY_NOBODY; way < WAYS && !err; way++) {
		err = run_way(&b, way, &nobody, &climbs[way]);
		if (way == WAY_NOBODY)
			printf("deep: web flows of 10 packets (%u bytes on average); sending alone costs %.0f ns per packet\n",
			       mean_bytes(&b), nobody.sender_ns);
	}
	if (!err)
		print_ratios(climbs, nobody.sender_ns);
	close_bench(&b);
	if (err)
		fprintf(stderr, "bench_deep: %s\n", strerror(-err));
	return err ? 1 : 0;
}
