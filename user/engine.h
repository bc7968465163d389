/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An engine runs the data plane over frames: natively, or the XDP program through BPF_PROG_TEST_RUN. */
#ifndef GATEPOST_ENGINE_H
#define GATEPOST_ENGINE_H

#include <gatepost/memory.h>

struct gp_config;

/*
 * One captured frame, Ethernet. Borrowed from the source until the next frame is asked for. Both lengths of the
 * record stand as the capture states them; what is counted as `bytes` is captured_bytes.
 */
struct gp_frame {
	const __u8 *data;
	__u32 data_bytes;     /* length of data: GP_FRAME_MIN to GP_FRAME_MAX */
	__u32 captured_bytes; /* captured length of the record */
	__u32 wire_bytes;     /* original length of the record */
	__s32 excess_bytes;   /* length of data minus the captured length of the record: what the stand-in for another
			       * link layer added or took */
	__u64 time_ns;	      /* since the Unix epoch; never runs back */
};

/* Takes one flow record; borrowed for the call. */
typedef void gp_record_fn(void *context, const struct gp_flow_record *record);

/* Takes the sample of a packet, with its bytes; borrowed for the call. */
typedef void gp_sample_fn(void *context, const struct gp_packet_sample *sample, const __u8 *bytes);

struct gp_engine {
	const char *name;
	struct gp_memory memory; /* valid until close */
	/* Counts one frame of GP_FRAME_MIN to GP_FRAME_MAX bytes. Return: 0, or -errno when the kernel refused. */
	int (*frame)(struct gp_engine *engine, const struct gp_frame *frame);
	/* Hands over the records of flows that have ended since the last call; after each frame, so that none is lost. */
	void (*drain)(struct gp_engine *engine, gp_record_fn *take, void *context);
	/* Hands over the samples of the last frame, which the next one drops. */
	void (*samples)(struct gp_engine *engine, gp_sample_fn *take, void *context);
	/* Headers of the last frame, for tests. */
	const struct gp_packet *(*last_packet)(struct gp_engine *engine);
	void (*close)(struct gp_engine *engine);
};

/**
 * gp_engine_native_open() - the data plane compiled for this CPU.
 * @out: closed by (*out)->close().
 *
 * Return: 0, or -ENOMEM.
 */
int gp_engine_native_open(struct gp_engine **out, const struct gp_config *config);

/**
 * gp_engine_kernel_open() - the XDP program that `run` attaches, fed through BPF_PROG_TEST_RUN. Needs root.
 * @out: closed by (*out)->close(); nothing is pinned or attached.
 *
 * Return: 0, or -errno; the reason is logged.
 */
int gp_engine_kernel_open(struct gp_engine **out, const struct gp_config *config);

#endif
