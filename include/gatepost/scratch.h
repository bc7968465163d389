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

struct gp_scratch {
	struct gp_packet packet;
	struct gp_end src, dst;
	struct gp_window window;
	__u8 tail[GP_TAIL_BYTES]; /* the payload's last bytes, right-aligned */
	__u32 tail_ends_body;	  /* gp_smtp_body_ends() of it */
	__u32 pad;
	struct gp_smtp_lines lines;
	struct gp_http_request request;
	struct gp_tls_hello hello;
};

#endif
