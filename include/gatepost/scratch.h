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
	struct gp_addr addr; /* masked to bits */
	__u8 bits;
	__u8 role;  /* enum gp_role */
	__u8 owner; /* 1: of the packet; what finds no room there is overflow */
	__u8 pad[5];
};

/* The end of a client's segment to a mail server: where a mail's text ends, the client stops and waits. */
struct gp_tail {
	__u8 data[GP_TAIL_BYTES]; /* the last bytes that are new */
	__u32 len;		  /* 0: not captured */
	__u32 whole;		  /* 1: there are no others */
};

struct gp_scratch {
	struct gp_packet packet;
	struct gp_end src, dst;
	struct gp_window window;
	struct gp_tail tail;
	struct gp_smtp_lines lines;
	struct gp_http_request request;
	struct gp_tls_hello hello;
};

#endif
