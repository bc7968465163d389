/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What journal.c and journal_record.c share: how a record begins. */
#ifndef GATEPOST_JOURNAL_PRIVATE_H
#define GATEPOST_JOURNAL_PRIVATE_H

#include "journal.h"

#define GP_RECORD_MAGIC 0x63657270u /* "prec" */

struct gp_record_head {
	__u32 magic;
	__u32 kind;  /* enum gp_record_kind */
	__u64 words; /* of the record, this head included */
	__u64 epoch;
	__u64 now_ns;	    /* the data plane's clock */
	__u32 hosts, cells; /* entries of these kinds */
	__u64 checksum;	    /* of all other words */
};
#define GP_RECORD_HEAD_WORDS (sizeof(struct gp_record_head) / 8)
_Static_assert(sizeof(struct gp_record_head) == 48, "the format of a journal");

/* Of a whole record, at least a head long. */
__u64 gp_record_checksum(const __u64 *words, size_t count);

#endif
