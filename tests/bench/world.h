/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One step of the benchmark: so many inside hosts, gatepost's maps sized for them, and each program that is timed
 * loaded over them. gatepost's own code makes and fills its maps; the benchmark's object only borrows them.
 */
#ifndef GATEPOST_BENCH_WORLD_H
#define GATEPOST_BENCH_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf_object.h"
#include "frames.h"
#include "knobs.h"

struct bench_bpf;
struct textbook_bpf;

/* Which programs of the benchmark's object are loaded; the large ones take the verifier a while. */
enum bench_purpose {
	BENCH_FOR_ROWS,
	BENCH_FOR_LIVE,
};

struct bench_world {
	__u32 hosts; /* a power of two */
	struct gp_config *config;
	struct gp_bpf gatepost;
	struct bench_bpf *sides[2]; /* frames from inside, from outside: the side is a constant of the program */
	struct bench_bpf *tagged[2]; /* the same with tags; not for live */
	struct bench_bpf *quiet[2];  /* the same without samples; not for live */
	struct textbook_bpf *textbook;
	const struct bench_case *warm[2]; /* of IPv4, of IPv6: the case that every host was last shown in */
};

/**
 * bench_world_open() - load everything for one number of hosts.
 * @world: closed by bench_world_close(), also after an error.
 * @drop: gatepost's XDP_PASS becomes XDP_DROP.
 * @to_ifindex: where the live sender sends.
 *
 * Return: 0, or -errno (said on stderr).
 */
int bench_world_open(struct bench_world *world, __u32 hosts, enum bench_purpose purpose, bool drop, int to_ifindex);
void bench_world_close(struct bench_world *world);

/* The file descriptor of a program, for frames from that side. */
int bench_world_program(const struct bench_world *world, enum bench_program program, bool from_outside);

/* The knobs of the object that a program lies in. */
struct bench_knobs *bench_world_knobs(const struct bench_world *world, enum bench_program program, bool from_outside);

/* What each host has sent so far is forgotten, for one program. */
void bench_world_restart_streams(const struct bench_world *world, enum bench_program program, bool from_outside);

/* Empties gatepost's flow table. */
void bench_world_clear_flows(struct bench_world *world);

/* What the agent does on its tick, so that the data plane finds everything ready. */
void bench_world_tick(struct bench_world *world);

/* The compiler of the BPF objects; static text of the world. */
const char *bench_world_compiler(const struct bench_world *world);

#endif
