// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What one packet costs: the XDP program by BPF_PROG_TEST_RUN beside an empty one, and the native engine, in one run.
 * One host, caches hot, and the same frame again and again, so that payload is new only once: absolute figures move
 * from machine to machine, ratios hold. Prints a table and writes JSON.
 *
 *   bench FILE.json      root
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <json-c/json.h>
#include <linux/bpf.h>

#include "bpf_object.h"
#include "engine.h"
#include "filters.h"
#include "gatepost.skel.h"
#include "memory_setup.h"

#define REPEAT 300000
#define ROUNDS 7
#define NOW_NS (1000 * 1000000000ull)

enum encap {
	PLAIN,
	QINQ,
	PPPOE_QINQ,
	ENCAPS,
};

static const char *const encap_names[ENCAPS] = { "plain", "qinq", "pppoe" };

struct bench_case {
	const char *name;
	__u16 ethertype;
	__u8 ip_proto, tcp_flags;
	__u16 sport, dport;
	const char *payload;
	size_t padding; /* bytes of zeros after it */
};

static const struct bench_case cases[] = {
	{ .name = "non-IP", .ethertype = 0x88cc },
	{ .name = "UDP other", .ethertype = 0x0800, .ip_proto = 17, .sport = 4000, .dport = 5000, .padding = 64 },
	{ .name = "TCP other", .ethertype = 0x0800, .ip_proto = 6, .tcp_flags = 0x10, .sport = 4000, .dport = 5000,
	  .padding = 64 },
	{ .name = "TLS bulk data", .ethertype = 0x0800, .ip_proto = 6, .tcp_flags = 0x10, .sport = 443, .dport = 40000,
	  .payload = "\x17\x03\x03", .padding = 1400 },
	{ .name = "HTTP request", .ethertype = 0x0800, .ip_proto = 6, .tcp_flags = 0x18, .sport = 40000, .dport = 80,
	  .payload = "GET / HTTP/1.1\r\nHost: example.net\r\nCookie: a=b\r\nReferer: http://example.net/\r\n\r\n" },
	{ .name = "SMTP SYN", .ethertype = 0x0800, .ip_proto = 6, .tcp_flags = 0x02, .sport = 40000, .dport = 25 },
	{ .name = "SMTP command", .ethertype = 0x0800, .ip_proto = 6, .tcp_flags = 0x18, .sport = 40000, .dport = 25,
	  .payload = "MAIL FROM:<someone@example.net>\r\n" },
	{ .name = "SMTP reply", .ethertype = 0x0800, .ip_proto = 6, .tcp_flags = 0x18, .sport = 25, .dport = 40000,
	  .payload = "250 2.1.0 Ok\r\n" },
};

#define CASES (sizeof(cases) / sizeof(*cases))

static void put16(__u8 **at, __u16 value)
{
	*(*at)++ = (__u8)(value >> 8);
	*(*at)++ = (__u8)value;
}

static void put32(__u8 **at, __u32 value)
{
	put16(at, (__u16)(value >> 16));
	put16(at, (__u16)value);
}

static void put_link(__u8 **at, enum encap encap, __u16 ethertype, __u16 ip_bytes)
{
	memset(*at, 2, 12);
	*at += 12;
	if (encap != PLAIN) {
		put16(at, 0x88a8);
		put16(at, 100);
		put16(at, 0x8100);
		put16(at, 200);
	}
	if (encap != PPPOE_QINQ || ethertype != 0x0800) {
		put16(at, ethertype);
		return;
	}
	put16(at, 0x8864);
	put16(at, 0x1100);
	put16(at, 7);
	put16(at, (__u16)(ip_bytes + 2));
	put16(at, 0x0021);
}

/* Return: length. The subscriber is 10.0.0.7, the other end 192.0.2.25. */
static size_t build(__u8 *frame, const struct bench_case *c, enum encap encap)
{
	size_t payload = (c->payload ? strlen(c->payload) : 0) + c->padding;
	size_t ip_bytes = 20 + (c->ip_proto == 6 ? 20 : 8) + payload;
	int from_subscriber = c->sport >= 4000;
	__u8 *at = frame;

	put_link(&at, encap, c->ethertype, (__u16)ip_bytes);
	if (c->ethertype != 0x0800)
		return (size_t)(at - frame) + 46;
	put32(&at, 0x45000000u | (__u32)ip_bytes);
	put32(&at, 0x00014000);
	put32(&at, 0x40000000u | (__u32)c->ip_proto << 16);
	put32(&at, from_subscriber ? 0x0a000007 : 0xc0000219);
	put32(&at, from_subscriber ? 0xc0000219 : 0x0a000007);
	put16(&at, c->sport);
	put16(&at, c->dport);
	if (c->ip_proto == 6) {
		put32(&at, 1000);
		put32(&at, 2000);
		put16(&at, (__u16)(0x5000 | c->tcp_flags));
		put16(&at, 65535);
		put32(&at, 0);
	} else {
		put16(&at, (__u16)(8 + payload));
		put16(&at, 0);
	}
	if (c->payload)
		memcpy(at, c->payload, strlen(c->payload));
	return (size_t)(at - frame) + payload;
}

static int load_empty(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "floor", "GPL", insns, 2, NULL);
}

/* Best of ROUNDS: what disturbs a measurement only ever adds. Return: ns per packet, below 0 when it failed. */
static double time_kernel(int fd, const __u8 *frame, size_t bytes)
{
	double best = -1;

	for (int i = 0; i < ROUNDS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frame, .data_size_in = (__u32)bytes, .repeat = REPEAT);

		if (bpf_prog_test_run_opts(fd, &o))
			return -1;
		if (best < 0 || o.duration < best)
			best = o.duration;
	}
	return best;
}

static double time_native(struct gp_engine *engine, const __u8 *data, size_t bytes)
{
	const struct gp_frame frame = {
		.data = data, .data_bytes = (__u32)bytes, .captured_bytes = (__u32)bytes, .wire_bytes = (__u32)bytes,
		.time_ns = NOW_NS,
	};
	double best = -1;

	for (int i = 0; i < ROUNDS; i++) {
		struct timespec begin, end;
		double ns;

		clock_gettime(CLOCK_MONOTONIC, &begin);
		for (int n = 0; n < REPEAT; n++)
			engine->frame(engine, &frame);
		clock_gettime(CLOCK_MONOTONIC, &end);
		ns = ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / REPEAT;
		if (best < 0 || ns < best)
			best = ns;
	}
	return best;
}

static struct json_object *bench_host(void)
{
	struct json_object *host = json_object_new_object();
	struct utsname name;

	uname(&name);
	json_object_object_add(host, "kernel", json_object_new_string(name.release));
	json_object_object_add(host, "machine", json_object_new_string(name.machine));
	json_object_object_add(host, "compiler", json_object_new_string(__VERSION__));
	return host;
}

/* One case in one encapsulation. Return: 0, or -1. */
static int bench_row(struct json_object *rows, const struct bench_case *c, enum encap encap, const int fds[2],
		     struct gp_engine *native)
{
	struct json_object *row = json_object_new_object();
	__u8 frame[2048] = { 0 };
	size_t bytes = build(frame, c, encap);
	double floor = time_kernel(fds[0], frame, bytes), ns = time_kernel(fds[1], frame, bytes);
	double native_ns = time_native(native, frame, bytes);

	if (floor < 0 || ns < 0) {
		fprintf(stderr, "bench: %s: the kernel refused the test run\n", c->name);
		return -1;
	}
	printf("%-14s  %-6s  %8.0f  %8.0f  %8.0f  %10.0f\n", c->name, encap_names[encap], floor, ns, ns - floor,
	       native_ns);
	json_object_object_add(row, "case", json_object_new_string(c->name));
	json_object_object_add(row, "encap", json_object_new_string(encap_names[encap]));
	json_object_object_add(row, "hosts", json_object_new_int(1));
	json_object_object_add(row, "ns", json_object_new_double(ns));
	json_object_object_add(row, "floor_ns", json_object_new_double(floor));
	json_object_object_add(row, "native_ns", json_object_new_double(native_ns));
	json_object_array_add(rows, row);
	return 0;
}

static int bench_rows(struct json_object *rows, const struct gp_config *config)
{
	const struct gp_bpf_options options = { .side = GP_SIDE_TAP, .replay = true };
	struct gp_engine *native;
	struct gp_bpf bpf;
	int fds[2], err;

	err = gp_bpf_open(&bpf, config, &options);
	if (err || gatepost_bpf__load(bpf.skeleton) || gp_bpf_map(&bpf) || gp_engine_native_open(&native, config)) {
		fprintf(stderr, "bench: cannot load the XDP program; it needs root\n");
		return -1;
	}
	gp_memory_setup(&bpf.memory, config);
	gp_filters_prepare(&bpf.memory, NOW_NS);
	gp_filters_prepare(&native->memory, NOW_NS);
	bpf.skeleton->bss->gp_replay_now_ns = NOW_NS;
	fds[0] = load_empty();
	fds[1] = bpf_program__fd(bpf.skeleton->progs.gatepost);
	printf("%-14s  %-6s  %8s  %8s  %8s  %10s\n", "case", "encap", "floor ns", "xdp ns", "over", "native ns");
	for (size_t i = 0; i < CASES && !err; i++)
		for (int encap = 0; encap < ENCAPS && !err; encap++)
			err = bench_row(rows, &cases[i], (enum encap)encap, fds, native);
	native->close(native);
	gp_bpf_close(&bpf);
	return err;
}

int main(int argc, char **argv)
{
	struct json_object *bench = json_object_new_object(), *rows = json_object_new_array();
	struct gp_config *config;
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: bench FILE.json\n");
		return 2;
	}
	if (gp_config_open(&config, NULL, NULL, 0))
		return 1;
	json_object_object_add(bench, "host", bench_host());
	json_object_object_add(bench, "rows", rows);
	err = bench_rows(rows, config);
	if (!err && json_object_to_file_ext(argv[1], bench, JSON_C_TO_STRING_PRETTY)) {
		fprintf(stderr, "bench: %s: %s\n", argv[1], json_util_get_last_err());
		err = -1;
	}
	json_object_put(bench);
	gp_config_close(config);
	return err ? 1 : 0;
}
