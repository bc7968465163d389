// SPDX-License-Identifier: GPL-2.0-or-later
#include "neighbours.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tests/bench/jump.skel.h"

#define OBJECTS "/usr/lib/*/bpf/"
#define LISTED 3u /* value of an address in xdp-filter's maps: as source and as destination */

/* Deny lists single addresses, and counts each hit; "all" also looks at Ethernet addresses and ports. */
static const char *const objects[] = { "xdpfilt_dny_ip.o", "xdpfilt_alw_ip.o", "xdpfilt_alw_all.o" };

static const struct {
	const char *case_name;
	enum bench_encap encap;
	__u32 hosts;
} runs[] = {
	{ "UDP other", BENCH_PLAIN, 1 },       { "TLS bulk up", BENCH_PLAIN, 1 }, { "TLS bulk up", BENCH_QINQ, 1 },
	{ "TLS bulk up", BENCH_PPPOE, 1 },     { "TLS bulk up", BENCH_IPV6, 1 },  { "TLS bulk up", BENCH_PLAIN, 1024 },
	{ "TLS bulk up", BENCH_PLAIN, 65536 },
};

#define RUNS (sizeof(runs) / sizeof(*runs))
#define HOSTS_MAX 65536u

static const struct bench_case *find_case(const char *name)
{
	size_t i = 0;

	while (strcmp(bench_cases[i].name, name))
		i++;
	return &bench_cases[i];
}

/* Puts every host on the list. */
static int list_hosts(const struct bpf_object *object)
{
	const struct bpf_map *map4 = bpf_object__find_map_by_name(object, "filter_ipv4"),
			     *map6 = bpf_object__find_map_by_name(object, "filter_ipv6");
	int cpus = libbpf_num_possible_cpus(), err = 0;
	__u64 *values = calloc((size_t)(cpus > 0 ? cpus : 1), sizeof(*values));

	if (!values || cpus < 1 || !map4 || !map6)
		err = -EINVAL;
	for (int i = 0; i < cpus && !err; i++)
		values[i] = LISTED;
	for (__u32 host = 0; host < HOSTS_MAX && !err; host++) {
		__u32 key4 = htonl(BENCH_INSIDE4 + host);
		__u32 key6[4] = { htonl(BENCH_INSIDE6), htonl(host << 8), 0, htonl(1) };

		err = bpf_map_update_elem(bpf_map__fd(map4), &key4, values, BPF_ANY);
		if (!err)
			err = bpf_map_update_elem(bpf_map__fd(map6), key6, values, BPF_ANY);
	}
	free(values);
	return err;
}

/* Its maps are pinned by default, which would leave traces and share them with a running xdp-filter. */
static int load_neighbour(struct bpf_object *object)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, object)
	{
		if (!err)
			err = bpf_map__set_pin_path(map, NULL);
		if (!err && !strncmp(bpf_map__name(map), "filter_ipv", 10))
			err = bpf_map__set_max_entries(map, 2 * HOSTS_MAX);
	}
	if (!err)
		err = bpf_object__load(object);
	return err ? err : list_hosts(object);
}

static double time_behind_jump(struct jump_bpf *jump, int fd, const struct bench_frame *frame, double slice_ns)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(jump->maps.bench_next), &zero, &fd, BPF_ANY))
		return -1;
	return bench_time_slice(bpf_program__fd(jump->progs.bench_jump), &jump->bss->bench_knobs, frame, slice_ns);
}

/* Return: 0, or -1 when the kernel refuses. */
static int measure(struct bench_neighbour *out, struct jump_bpf *jump, int fd, const struct bench_effort *effort)
{
	int floor_fd = bpf_program__fd(jump->progs.bench_landing);
	struct bench_frame frame;

	bench_frame_build(&frame, out->bench_case, out->encap, bench_case_length(out->bench_case));
	bench_aim(&jump->bss->bench_knobs, &frame, out->hosts);
	for (__u32 i = 0; i < effort->rounds; i++) {
		double floor = time_behind_jump(jump, floor_fd, &frame, effort->slice_ns);
		double ns = time_behind_jump(jump, fd, &frame, effort->slice_ns);

		if (floor < 0 || ns < 0)
			return -1;
		if (!i || floor < out->floor_ns)
			out->floor_ns = floor;
		if (!i || ns < out->ns)
			out->ns = ns;
	}
	printf("%-18s  %-12s  %-5s  %8u  %8.1f  %8.1f  %8.1f\n", out->program, out->bench_case->name,
	       bench_encap_names[out->encap], out->hosts, out->floor_ns, out->ns, out->ns - out->floor_ns);
	return 0;
}

static size_t measure_object(struct bench_neighbour *out, size_t max, struct jump_bpf *jump, const char *name,
			     struct bpf_object *object, const struct bench_effort *effort)
{
	const struct bpf_program *program = bpf_object__next_program(object, NULL);
	size_t n = 0;

	for (size_t i = 0; i < RUNS && n < max; i++) {
		out[n] = (struct bench_neighbour){ .bench_case = find_case(runs[i].case_name),
						   .encap = runs[i].encap,
						   .hosts = runs[i].hosts };
		snprintf(out[n].program, sizeof(out[n].program), "%.*s", (int)strcspn(name, "."), name);
		if (measure(&out[n], jump, bpf_program__fd(program), effort)) {
			printf("%-18s  skipped: the kernel refuses the jump into it\n", name);
			break;
		}
		n++;
	}
	return n;
}

static size_t try_object(struct bench_neighbour *out, size_t max, struct jump_bpf *jump, const char *name,
			 const struct bench_effort *effort)
{
	struct bpf_object *object = NULL;
	char pattern[128];
	size_t n = 0;
	glob_t found;
	int err;

	snprintf(pattern, sizeof(pattern), OBJECTS "%s", name);
	if (glob(pattern, 0, NULL, &found)) {
		printf("%-18s  skipped: no %s (package xdp-tools)\n", name, pattern);
		return 0;
	}
	object = bpf_object__open_file(found.gl_pathv[0], NULL);
	err = object ? load_neighbour(object) : -errno;
	if (err)
		printf("%-18s  skipped: %s does not load: %s\n", name, found.gl_pathv[0], strerror(-err));
	else
		n = measure_object(out, max, jump, name, object, effort);
	globfree(&found);
	bpf_object__close(object);
	return n;
}

size_t bench_neighbours(struct bench_neighbour *out, size_t max, const struct bench_effort *effort)
{
	struct jump_bpf *jump = jump_bpf__open_and_load();
	size_t n = 0;

	printf("\n%-18s  %-12s  %-5s  %8s  %8s  %8s  %8s\n", "neighbours, ns", "case", "encap", "hosts", "floor", "ns",
	       "over");
	if (!jump) {
		printf("skipped: the jump into them does not load: %s\n", strerror(errno));
		return 0;
	}
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++)
		n += try_object(out + n, max - n, jump, objects[i], effort);
	jump_bpf__destroy(jump);
	return n;
}
