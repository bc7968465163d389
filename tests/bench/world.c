// SPDX-License-Identifier: GPL-2.0-or-later
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "filters.h"
#include "gatepost.skel.h"
#include "measure.h"
#include "memory_setup.h"
#include "tests/bench/bench.skel.h"
#include "tests/bench/textbook.skel.h"

#define TEXTBOOK_PREFIXES 50000u /* networks that a provider knows by name */
#define HOSTS_MIN 256u           /* nobody's pool is smaller than a /24 */

static __u32 log2_of(__u32 power)
{
	return 31 - (__u32)__builtin_clz(power);
}

/*
 * Inside: as many addresses and as many /56 as there are hosts, each with its slot, and twice the room as gatepost has
 * by default. Hosts that speak have a record each, in both families.
 */
static int open_config(struct bench_world *world)
{
	__u32 bits = log2_of(world->hosts < HOSTS_MIN ? HOSTS_MIN : world->hosts);
	char inside4[32], inside6[32], *inside[] = { inside4, inside6 };
	int err;

	snprintf(inside4, sizeof(inside4), "10.0.0.0/%u", 32 - bits);
	snprintf(inside6, sizeof(inside6), "2001:db8::/%u", 56 - bits);
	err = gp_config_open(&world->config, NULL, inside, 2);
	if (err)
		return err;
	world->config->address_slots = 4u << bits;
	while (world->hosts <= BENCH_SEQ_HOSTS && world->config->inside_hosts < 2 * world->hosts)
		world->config->inside_hosts *= 2;
	/* A quarter full at most, so that each host's flow finds a place. */
	while (world->hosts <= BENCH_SEQ_HOSTS && world->config->flow_slots < 4 * world->hosts)
		world->config->flow_slots *= 2;
	return 0;
}

/* gatepost's maps, made and filled by gatepost; its own program stays out of the kernel. */
static int load_maps(struct bench_world *world)
{
	const struct gp_bpf_options options = { .side = GP_SIDE_INSIDE, .cpus = bench_cpus() };
	int err = gp_bpf_open(&world->gatepost, world->config, &options);

	if (err)
		return err;
	bpf_program__set_autoload(world->gatepost.program, false);
	err = gatepost_bpf__load(world->gatepost.skeleton);
	if (!err)
		err = gp_bpf_map(&world->gatepost);
	if (!err && !gp_memory_setup(&world->gatepost.memory, world->config, &world->gatepost.plan))
		err = -ENOSPC;
	return err;
}

/* Maps of one name become one map; the compiler's own (.bss and so on) stay each object's. */
static int share_maps(const struct bpf_object *from, struct bpf_object *to)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, to)
	{
		const struct bpf_map *source = bpf_object__find_map_by_name(from, bpf_map__name(map));
		bool own = bpf_map__is_internal(map) && strncmp(bpf_map__name(map), ".data.", 6);

		if (!err && source && !own)
			err = bpf_map__reuse_fd(map, bpf_map__fd(source));
	}
	return err;
}

/* What one object of the benchmark's is loaded for. */
struct side {
	bool from_outside, tags, quiet;
	enum bench_purpose purpose;
	bool drop;
	int to_ifindex;
};

static int load_side(struct bench_world *world, const struct side *side)
{
	struct bench_bpf *s = bench_bpf__open();
	int err;

	if (!s)
		return -errno;
	*(side->tags  ? &world->tagged[side->from_outside] :
	  side->quiet ? &world->quiet[side->from_outside] :
			&world->sides[side->from_outside]) = s;
	bpf_program__set_autoload(s->progs.bench_gatepost, !side->tags); /* leads conversations for live, too */
	bpf_program__set_autoload(s->progs.bench_gatepost_tags, side->tags);
	bpf_program__set_autoload(s->progs.bench_receive, side->purpose == BENCH_FOR_LIVE);
	s->rodata->gp_knob_side = side->from_outside ? GP_SIDE_OUTSIDE : GP_SIDE_INSIDE;
	s->rodata->gp_knob_tags = side->tags;
	s->rodata->gp_knob_sampling = side->quiet ? GP_SAMPLING_OFF : GP_SAMPLING_SOME;
	s->rodata->bench_drop = side->drop;
	s->rodata->bench_to = (__u32)side->to_ifindex;
	err = bpf_map__set_max_entries(s->maps.bench_lines, world->hosts);
	if (!err)
		err = share_maps(world->gatepost.skeleton->obj, s->obj);
	return err ? err : bench_bpf__load(s);
}

/* Random networks that are not the pool, IPv4 /24 and IPv6 /48, so that the trie has a provider's depth. */
static int fill_tries(struct textbook_bpf *t)
{
	int fd4 = bpf_map__fd(t->maps.textbook_inside4), fd6 = bpf_map__fd(t->maps.textbook_inside6), err = 0;

	for (__u32 i = 0; i < TEXTBOOK_PREFIXES && !err; i++) {
		__u32 network = i * 2654435761u;
		__u32 key4[2] = { 24, htonl(network) };
		__u32 key6[5] = { 48, htonl(0x20000000 | (network >> 4)), htonl(network << 16) };

		if (network >> 24 == 10)
			continue;
		err = bpf_map_update_elem(fd4, key4, &i, BPF_ANY);
		if (!err)
			err = bpf_map_update_elem(fd6, key6, &i, BPF_ANY);
	}
	return err;
}

static int fill_pools(struct bench_world *world)
{
	__u32 bits = log2_of(world->hosts < HOSTS_MIN ? HOSTS_MIN : world->hosts), value = 1;
	__u32 key4[2] = { 32 - bits, htonl(BENCH_INSIDE4) }, key6[5] = { 56 - bits, htonl(BENCH_INSIDE6) };
	struct textbook_bpf *t = world->textbook;
	int err = bpf_map_update_elem(bpf_map__fd(t->maps.textbook_inside4), key4, &value, BPF_ANY);

	return err ? err : bpf_map_update_elem(bpf_map__fd(t->maps.textbook_inside6), key6, &value, BPF_ANY);
}

/* Room for the hosts of both families, twice over, and never less than anybody would choose. */
static int load_textbook(struct bench_world *world)
{
	struct textbook_bpf *t = world->textbook = textbook_bpf__open();
	int err;

	if (!t)
		return -errno;
	err = bpf_map__set_max_entries(t->maps.textbook_hosts, world->hosts < 32768 ? 65536 : 2 * world->hosts);
	if (!err)
		err = textbook_bpf__load(t);
	if (!err)
		err = fill_tries(t);
	return err ? err : fill_pools(world);
}

int bench_world_open(struct bench_world *world, __u32 hosts, enum bench_purpose purpose, bool drop, int to_ifindex)
{
	const char *what = "configuration";
	int err;

	memset(world, 0, sizeof(*world));
	world->hosts = hosts;
	err = open_config(world);
	if (!err) {
		what = "gatepost's maps";
		err = load_maps(world);
	}
	for (int i = 0; i < (purpose == BENCH_FOR_ROWS ? 6 : 2) && !err; i++) {
		what = "the benchmark's programs";
		err = load_side(world, &(struct side){ i & 1, i & 2, i & 4, purpose, drop, to_ifindex });
	}
	if (!err && purpose == BENCH_FOR_ROWS) {
		what = "the textbook program";
		err = load_textbook(world);
	}
	if (err)
		fprintf(stderr, "bench: %u hosts: %s: %s; GATEPOST_DEBUG=1 shows libbpf's words\n", hosts, what,
			strerror(-err));
	return err;
}

void bench_world_close(struct bench_world *world)
{
	textbook_bpf__destroy(world->textbook);
	for (int i = 0; i < 2; i++) {
		bench_bpf__destroy(world->sides[i]);
		bench_bpf__destroy(world->tagged[i]);
		bench_bpf__destroy(world->quiet[i]);
	}
	if (world->gatepost.skeleton)
		gp_bpf_close(&world->gatepost);
	if (world->config)
		gp_config_close(world->config);
	memset(world, 0, sizeof(*world));
}

int bench_world_program(const struct bench_world *world, enum bench_program program, bool from_outside)
{
	const struct bench_bpf *s = world->sides[from_outside];

	switch (program) {
	case BENCH_FLOOR:
		return bpf_program__fd(s->progs.bench_floor);
	case BENCH_UNDO:
		return bpf_program__fd(s->progs.bench_undo);
	case BENCH_LINE:
		return bpf_program__fd(s->progs.bench_one_line);
	case BENCH_LINE_ALONE:
		return bpf_program__fd(s->progs.bench_one_line_alone);
	case BENCH_GATEPOST:
		return bpf_program__fd(s->progs.bench_gatepost);
	case BENCH_QUIET:
		return bpf_program__fd(world->quiet[from_outside]->progs.bench_gatepost);
	case BENCH_TAGGED:
		return bpf_program__fd(world->tagged[from_outside]->progs.bench_gatepost_tags);
	default:
		return bpf_program__fd(world->textbook->progs.bench_textbook);
	}
}

/* The object that a program but the textbook's lies in. */
static const struct bench_bpf *object_of(const struct bench_world *world, enum bench_program program, bool from_outside)
{
	return program == BENCH_TAGGED ? world->tagged[from_outside] :
	       program == BENCH_QUIET  ? world->quiet[from_outside] :
					 world->sides[from_outside];
}

struct bench_knobs *bench_world_knobs(const struct bench_world *world, enum bench_program program, bool from_outside)
{
	if (program != BENCH_TEXTBOOK)
		return &object_of(world, program, from_outside)->bss->bench_knobs;
	world->textbook->bss->textbook_from_outside = from_outside;
	return &world->textbook->bss->bench_knobs;
}

void bench_world_restart_streams(const struct bench_world *world, enum bench_program program, bool from_outside)
{
	__u32 *sent = program == BENCH_TEXTBOOK ? world->textbook->bss->bench_sent
						: object_of(world, program, from_outside)->bss->bench_sent;

	memset(&sent[program * BENCH_SEQ_HOSTS], 0, BENCH_SEQ_HOSTS * sizeof(*sent));
}

void bench_world_clear_flows(struct bench_world *world)
{
	memset(world->gatepost.memory.flows, 0,
	       world->gatepost.plan.flow_slots * sizeof(*world->gatepost.memory.flows));
}

void bench_world_tick(struct bench_world *world)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	gp_filters_prepare(&world->gatepost.memory, (__u64)now.tv_sec * 1000000000ull + (__u64)now.tv_nsec);
}

const char *bench_world_compiler(const struct bench_world *world)
{
	return (const char *)world->sides[0]->rodata->bench_compiler;
}
