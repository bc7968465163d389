/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF object of the data plane: opened, sized, loaded, and its maps mapped into this process. */
#ifndef GATEPOST_BPF_OBJECT_H
#define GATEPOST_BPF_OBJECT_H

#include <stdbool.h>

#include "config.h"
#include "engine.h"

struct bpf_program;
struct gatepost_bpf;
struct ring_buffer;

#define GP_MAPS 26

/* Which way the packets come, and where the maps live. */
struct gp_bpf_options {
	enum gp_side side;
	bool replay;	     /* time comes with each packet */
	unsigned cpus;	     /* that may run the program, for the number of slices */
	const char *pin_dir; /* NULL: maps are not pinned. Maps found there are used, and must be of the same size */
	__u32 deep_first, deep_queues; /* with config->deep: places of the interface's sockets in gp_xsks */
	__u32 deep_chunk;	       /* and what a frame has room in, in bytes */
};

struct gp_bpf {
	struct gatepost_bpf *skeleton;
	struct bpf_program *program; /* the one that is loaded; the skeleton's */
	struct gp_settings plan; /* sizes of the maps */
	bool commits;		 /* there is a shadow: not in replay */
	struct gp_memory memory; /* after gp_bpf_map() */
	struct ring_buffer *ring; /* flow records */
	gp_record_fn *take;	  /* while they are handed over */
	void *take_context;
	struct ring_buffer *sample_ring;
	gp_sample_fn *take_sample; /* while they are handed over */
	void *take_sample_context;
	void *mapped[GP_MAPS];
	size_t mapped_bytes[GP_MAPS];
};

/**
 * gp_bpf_open() - open the object and size its maps; nothing is in the kernel yet.
 * @bpf: zeroed here; closed by gp_bpf_close(), also after an error.
 *
 * Return: 0, or -errno (logged).
 */
int gp_bpf_open(struct gp_bpf *bpf, const struct gp_config *config, const struct gp_bpf_options *options);

enum gp_bpf_kind {
	GP_BPF_PLAIN,
	GP_BPF_TAGS,
	GP_BPF_DEEP, /* redirects what the agent is to read whole (bpf/deep.h) */
	GP_BPF_KINDS,
};

/* Which program is to be loaded. As configured, without being called. */
void gp_bpf_choose(struct gp_bpf *bpf, enum gp_bpf_kind kind);

/* Is this the name of one of our XDP programs? */
bool gp_bpf_is_ours(const char *name);

/**
 * gp_bpf_map() - make the maps of a loaded object this process's memory.
 *
 * Return: 0, or -errno (logged).
 */
int gp_bpf_map(struct gp_bpf *bpf);

/* Hands over the records of flows that have ended since the last call. */
void gp_bpf_drain(struct gp_bpf *bpf, gp_record_fn *take, void *context);

/* Hands over the samples that have come since the last call; with take NULL they are dropped. */
void gp_bpf_samples(struct gp_bpf *bpf, gp_sample_fn *take, void *context);

/* Can be polled: readable when many samples wait. */
int gp_bpf_samples_fd(const struct gp_bpf *bpf);

/* Unmaps and closes; programs and maps live on in the kernel where they are attached or pinned. */
void gp_bpf_close(struct gp_bpf *bpf);

/* libbpf's own words only when they are asked for (GATEPOST_DEBUG): the reason is named by whoever calls it. */
void gp_bpf_quiet(void);

/* What to do about an error of loading or attaching; static text. @err: -errno. */
const char *gp_bpf_remedy(int err);

#endif
