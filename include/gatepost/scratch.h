/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one packet needs while it is worked on; one per CPU, since it would not fit on the BPF stack. */
#ifndef GATEPOST_SCRATCH_H
#define GATEPOST_SCRATCH_H

#include <gatepost/abi.h>
#include <gatepost/http.h>
#include <gatepost/smtp.h>
#include <gatepost/tls.h>

/* One end of a packet: who it is counted as. */
struct gp_end {
	struct gp_addr addr; /* as in the packet */
	int slot;	     /* inside; else GP_NO_SLOT or GP_NO_ROOM */
	__u8 owner;	     /* 1: of the packet; what finds no room there is overflow */
	__u8 pad[3];
};

#define GP_NO_SLOT (-1) /* outside */
#define GP_NO_ROOM (-2) /* inside, and all chunks are taken */
#define GP_ASK (-3)	/* perhaps inside: the ranges have to be asked */

/* The end of a client's segment to a mail server: where a mail's text ends, the client stops and waits. */
struct gp_tail {
	__u8 data[GP_TAIL_BYTES]; /* the last bytes that are new */
	__u32 len;		  /* 0: not captured */
	__u32 whole;		  /* 1: there are no others */
};

/* What a server said to a log-in (include/gatepost/login.h). */
struct gp_login_reply {
	__u32 outcome; /* enum gp_login_outcome */
	__u32 pad;
};

struct gp_scratch {
	struct gp_packet packet;
	struct gp_end src, dst;
	struct gp_window window;
	struct gp_tail tail;
	struct gp_smtp_lines lines;
	struct gp_login_reply login;
	struct gp_http_request request;
	struct gp_tls_hello hello;
	struct gp_flow_record record;
	struct gp_packet_sample sample;
};

/* What belongs to one CPU: it counts here without atomics, and works in its scratch. */
struct gp_cpu {
	struct gp_totals totals;
	__u32 slice;	/* of hot lines, + 1; 0: none yet */
	__u32 shared;	/* 1: other CPUs count in this slice as well */
	__u32 hot_base; /* first hot line of the slice */
	__u32 due_next; /* the place in `due` that is next, and was filled longest ago */
	__u64 due[GP_DUE];    /* GP_DUE_BYTES etc. */
	__u64 due_ns[GP_DUE]; /* the packet's time, in replay; live 0: asking costs more than the microseconds are worth */
	struct gp_scratch scratch;
} __attribute__((aligned(64)));

#endif
