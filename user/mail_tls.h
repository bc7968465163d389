/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a mail client's TLS handshake ends: what it sends behind that is mail, as far as its size can tell. */
#ifndef GATEPOST_MAIL_TLS_H
#define GATEPOST_MAIL_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/* What the client sent, record by record (RFC 8446, 5.1). Zero before its first byte. */
struct gp_mail_tls {
	__u64 bytes;	/* passed so far, gaps included */
	__u64 finished; /* of these, up to and with the record of Finished; 0 until that was seen */
	__u32 left;	/* of this record's payload */
	__u16 payload;	/* length of it */
	__u8 have;	/* bytes in head */
	__u8 head[9];	/* a record's header, and the first bytes of its payload */
	__u8 hidden;	/* records of application data before Finished */
	bool changed;	/* ChangeCipherSpec came */
	bool lost;	/* no telling any more */
};

/**
 * gp_mail_tls_bytes() - what a client sends, from the first byte of its first record on.
 *
 * Finished is, up to TLS 1.2, the first handshake record behind ChangeCipherSpec (RFC 5246, 7.4.9) that is no second
 * ClientHello (RFC 8446, 4.1.4); in TLS 1.3, the first record of application data of 53 or 69 bytes: header, hash of
 * 32 or 48 bytes, content type and tag (4.4.4, 5.2). Before it a certificate may pass, in at most three records.
 */
void gp_mail_tls_bytes(struct gp_mail_tls *tls, const __u8 *data, size_t len);

/* So many bytes are missing. */
void gp_mail_tls_gap(struct gp_mail_tls *tls, size_t len);

#endif
