/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole ClientHello, read out of a client's TCP stream: what it offers, and whom it asks for. */
#ifndef GATEPOST_HELLO_H
#define GATEPOST_HELLO_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/*
 * A browser's hello with a post-quantum key share has 1.7 to 2 kB. The handshake's length could announce 16 MiB; what
 * is longer than a record may be, or is cut into more records than this, is not read.
 */
#define GP_HELLO_BYTES 16384u /* behind the handshake's own header of 4 bytes */
#define GP_HELLO_RECORDS 64u
#define GP_HELLO_STREAM (4u + GP_HELLO_BYTES + 5u * GP_HELLO_RECORDS) /* nobody need keep more of a stream than this   \
								       */

#define GP_HELLO_CIPHERS 512u    /* OpenSSL knows 160 or so */
#define GP_HELLO_EXTENSIONS 128u /* a browser sends 15 to 20 */
#define GP_HELLO_SIGALGS 128u
#define GP_HELLO_PROTOCOLS 128u /* bytes; "h2" and "http/1.1" need 12 */
#define GP_HELLO_NAME 255u /* a name in the DNS (RFC 1035, 3.1), and a protocol's name in ALPN (RFC 7301, 3.1) */

/*
 * All numbers are in host order. The lists stand in the order of the wire, without GREASE (RFC 8701), which is counted
 * beside them. The names are a stranger's bytes, without a NUL: gp_sanitise() makes text of them.
 */
struct gp_hello {
	__u16 legacy_version;    /* client_version of TLS 1.2 and older */
	__u16 supported_version; /* the greatest number in supported_versions; 0 without one */
	__u16 n_ciphers, n_extensions, n_sigalgs, n_protocols; /* of the first three, as many as are stored */
	__u16 grease_ciphers, grease_extensions, grease_sigalgs, grease_versions, grease_protocols;
	bool malformed; /* a length, a list or a repeated extension contradicts the standards; the rest was still read
			 */
	bool more;      /* a list was longer than its room here, a name longer than GP_HELLO_NAME */
	bool has_sni;   /* the extension server_name was there, whatever stood in it */
	__u8 name_len, protocol_len, protocols_len;
	__u16 ciphers[GP_HELLO_CIPHERS];
	__u16 extensions[GP_HELLO_EXTENSIONS];
	__u16 sigalgs[GP_HELLO_SIGALGS];
	__u8 name[GP_HELLO_NAME];     /* the first host_name of server_name (RFC 6066, 3) */
	__u8 protocol[GP_HELLO_NAME]; /* the first protocol of ALPN (RFC 7301, 3.1) that is no GREASE */
	__u8 protocols[GP_HELLO_PROTOCOLS]; /* all of them, each behind its length, as far as whole ones fit */
};

/**
 * gp_hello_parse() - the ClientHello that a TCP stream begins with.
 * @out:  filled in when the answer is 1, else undefined. Points to nothing.
 * @data: the client's bytes from the first one of its stream on (of the hello's first record, behind STARTTLS and the
 *        like). Borrowed during the call; what follows the hello is not looked at.
 * @len:  how many there are.
 *
 * A hello may be cut into several records at any byte (RFC 8446, 5.1). It is RFC 8446, 4.1.2, which is RFC
 * 5246, 7.4.1.2 and 7.4.1.4, and, without extensions, RFC 6101, 5.6.1.2 as well; SSLv2's form is none.
 *
 * Return: 1 when it is whole; 0 when more bytes are needed, which never happens from GP_HELLO_STREAM bytes on; -1 when
 * this is no ClientHello: other records or messages, lengths in front of the extensions that contradict each other,
 * more than GP_HELLO_BYTES or GP_HELLO_RECORDS. A hello whose extensions contradict themselves is one, and `malformed`.
 */
int gp_hello_parse(struct gp_hello *out, const __u8 *data, size_t len);

/* Is a 16-bit value one of those that RFC 8701, 2 reserves: 0x0a0a, 0x1a1a ... 0xfafa? */
bool gp_hello_is_grease(__u16 value);

#endif
