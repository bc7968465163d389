/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which service a flow belongs to: by its port as configured, and by its payload where that is readable. */
#ifndef GATEPOST_CLASSIFY_H
#define GATEPOST_CLASSIFY_H

#include <gatepost/http.h>
#include <gatepost/memory.h>
#include <gatepost/protocols.h>
#include <gatepost/smtp.h>
#include <gatepost/tls.h>

/* A service that may index an array, whatever it was read from. */
GP_INLINE __u32 gp_service_bounded(__u32 service)
{
	GP_OPAQUE(service);
	return service < GP_SERVICES ? service : GP_SERVICE_OTHER;
}

/* A port's entry as a byte of the port table. */
GP_INLINE __u8 gp_port_byte(struct gp_port port)
{
	return (__u8)(port.tcp_service | port.udp_service << 3 | port.scan_class << 6);
}

/* What is configured for a port. */
GP_INLINE struct gp_port gp_port_of(struct gp_memory *m, __u32 port)
{
	__u32 byte = gp_mem_port(m, port);

	return (struct gp_port){ .tcp_service = byte & 7, .udp_service = byte >> 3 & 7, .scan_class = byte >> 6 & 3 };
}

/* The service configured for a port; enum gp_service. */
GP_INLINE __u8 gp_port_service(struct gp_memory *m, __u16 port, __u8 ip_proto)
{
	struct gp_port entry = gp_port_of(m, port);

	return ip_proto == GP_IP_UDP ? entry.udp_service : entry.tcp_service;
}

/* The service that a packet is sent to: its destination's port. */
GP_INLINE __u32 gp_packet_service_to(struct gp_memory *m, const struct gp_packet *p)
{
	if (p->ip_proto != GP_IP_TCP && p->ip_proto != GP_IP_UDP)
		return GP_SERVICE_OTHER;
	return gp_port_service(m, p->dport, p->ip_proto);
}

/* The service that a packet comes from: its source's port. */
GP_INLINE __u32 gp_packet_service_from(struct gp_memory *m, const struct gp_packet *p)
{
	if (p->ip_proto != GP_IP_TCP && p->ip_proto != GP_IP_UDP)
		return GP_SERVICE_OTHER;
	return gp_port_service(m, p->sport, p->ip_proto);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define GP_HEAD(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)
#else
#define GP_HEAD(a, b, c, d) ((__u32)(d) | (__u32)(c) << 8 | (__u32)(b) << 16 | (__u32)(a) << 24)
#endif

/* The first four bytes of a payload: a TLS record of type handshake, major version 3? */
GP_INLINE int gp_head_is_tls(__u32 head)
{
	return (head & GP_HEAD(0xff, 0xff, 0, 0)) == GP_HEAD(0x16, 0x03, 0, 0);
}

/* Three digits and a blank or a hyphen: a reply of SMTP (RFC 5321, 4.2). */
GP_INLINE int gp_head_is_reply(__u32 head)
{
	__u32 last = head & GP_HEAD(0, 0, 0, 0xff);

	return (head & GP_HEAD(0xf8, 0xf0, 0xf0, 0)) == GP_HEAD('0', '0', '0', 0) &&
	       (last == GP_HEAD(0, 0, 0, ' ') || last == GP_HEAD(0, 0, 0, '-'));
}

/**
 * gp_head_is_known() - on a port that nobody named: may this segment begin something that is read?
 *
 * The beginning of a command of SMTP, of a request or response of HTTP, of a reply, of a TLS handshake, of SSH. Bulk data looks
 * like this about once in a million segments; then the flow table says that it is none.
 */
GP_INLINE int gp_head_is_known(__u32 head)
{
	if ((head & GP_HEAD(0x40, 0x40, 0x40, 0x00)) != GP_HEAD(0x40, 0x40, 0x40, 0x00)) /* no letters */
		return gp_head_is_tls(head) || gp_head_is_reply(head);
	switch (head & GP_HEAD(0xdf, 0xdf, 0xdf, 0xdf)) {
	case GP_HEAD('E', 'H', 'L', 'O'):
	case GP_HEAD('H', 'E', 'L', 'O'):
	case GP_HEAD('L', 'H', 'L', 'O'):
	case GP_HEAD('M', 'A', 'I', 'L'):
	case GP_HEAD('R', 'C', 'P', 'T'):
	case GP_HEAD('D', 'A', 'T', 'A'):
	case GP_HEAD('B', 'D', 'A', 'T'):
	case GP_HEAD('R', 'S', 'E', 'T'):
	case GP_HEAD('N', 'O', 'O', 'P'):
	case GP_HEAD('Q', 'U', 'I', 'T'):
	case GP_HEAD('S', 'T', 'A', 'R'):
	case GP_HEAD('A', 'U', 'T', 'H'):
	case GP_HEAD('V', 'R', 'F', 'Y'):
	case GP_HEAD('G', 'E', 'T', 0):
	case GP_HEAD('P', 'O', 'S', 'T'):
	case GP_HEAD('H', 'E', 'A', 'D'):
	case GP_HEAD('P', 'U', 'T', 0):
	case GP_HEAD('O', 'P', 'T', 'I'):
	case GP_HEAD('D', 'E', 'L', 'E'):
	case GP_HEAD('C', 'O', 'N', 'N'):
	case GP_HEAD('P', 'A', 'T', 'C'):
	case GP_HEAD('T', 'R', 'A', 'C'):
	case GP_HEAD('H', 'T', 'T', 'P'):
	case GP_HEAD('S', 'S', 'H', '-' & 0xdf):
		return 1;
	default:
		return 0;
	}
}

/* A TLS record of type handshake (RFC 8446, 5.1). */
GP_INLINE int gp_is_tls_handshake(const struct gp_window *w)
{
	return w->len >= 3 && w->data[0] == 0x16 && w->data[1] == 0x03;
}

/**
 * gp_classify_payload() - what the first payload of a flow on an unlisted port says.
 * @from_client: 1 when the client sent it.
 *
 * Return: enum gp_service; GP_SERVICE_OTHER when it says nothing.
 */
GP_INLINE __u8 gp_classify_payload(const struct gp_window *w, int from_client, struct gp_http_request *request)
{
	if (!from_client)
		return gp_smtp_is_greeting(w) ? GP_SERVICE_SMTP : GP_SERVICE_OTHER;
	if (gp_smtp_is_hello(w))
		return GP_SERVICE_SMTP;
	if (gp_is_tls_handshake(w))
		return GP_SERVICE_TLS;
	gp_http_request(w, request);
	return request->match == GP_MATCH_YES ? GP_SERVICE_HTTP : GP_SERVICE_OTHER;
}

#endif
