/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS as it looks from outside: hellos that say what programs say, flights and records of their sizes. */
#ifndef GATEPOST_TRAFFIC_TLS_H
#define GATEPOST_TRAFFIC_TLS_H

#include <stddef.h>

#include <linux/types.h>

enum tls_client {
	TLS_CHROME,   /* with a post-quantum key share: two segments */
	TLS_FIREFOX,
	TLS_SAFARI,
	TLS_ANDROID,
	TLS_SCHANNEL,
	TLS_OPENSSL,  /* a mail server's */
	TLS_GNUTLS,
	TLS_GO,
	TLS_PYTHON,
	TLS_SMALL,    /* a device's or a bot's: TLS 1.2 */
	TLS_CLIENTS,
};

#define TLS_OVERHEAD 22u /* of a record in TLS 1.3: header 5, content type 1, tag 16 (RFC 8446, 5.2) */

/* All write to @out and return how many bytes. @noise: 65536 bytes of no meaning. */
size_t tls_hello(__u8 *out, enum tls_client client, __u64 seed, const char *name, size_t name_len);

/* ServerHello, ChangeCipherSpec, and what the certificate takes: @bytes in encrypted records. */
size_t tls_flight(__u8 *out, const __u8 *noise, __u64 seed, size_t bytes);

/* ChangeCipherSpec and Finished. */
size_t tls_finished(__u8 *out, const __u8 *noise, __u64 seed);

/* Records that hide so many bytes of plain text. */
size_t tls_records(__u8 *out, const __u8 *noise, __u64 seed, size_t plain);

#endif
