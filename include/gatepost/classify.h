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

/* The service configured for a port; enum gp_service. */
GP_INLINE __u8 gp_port_service(struct gp_memory *m, __u16 port, __u8 ip_proto)
{
	const struct gp_port *entry = gp_mem_port(m, port);

	if (!entry)
		return GP_SERVICE_OTHER;
	return ip_proto == GP_IP_UDP ? entry->udp_service : entry->tcp_service;
}

/* Without a flow: the destination's port decides, then the source's. */
GP_INLINE __u8 gp_packet_service(struct gp_memory *m, const struct gp_packet *p)
{
	__u8 service;

	if (p->ip_proto != GP_IP_TCP && p->ip_proto != GP_IP_UDP)
		return GP_SERVICE_OTHER;
	service = gp_port_service(m, p->dport, p->ip_proto);
	return service != GP_SERVICE_OTHER ? service : gp_port_service(m, p->sport, p->ip_proto);
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
