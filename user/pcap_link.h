/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies below a capture record's link header, as an EtherType. Pure. */
#ifndef GATEPOST_PCAP_LINK_H
#define GATEPOST_PCAP_LINK_H

#include <stdbool.h>

#include <gatepost/types.h>

#define GP_ETHERTYPE_MIN 0x0600u /* below it the field is a length (IEEE 802.3) or a pseudo protocol of Linux */

struct gp_link_payload {
	__u32 offset;	 /* bytes of link header, all captured */
	__u16 ethertype; /* at least GP_ETHERTYPE_MIN */
};

/*
 * Reads the link header of one record of @bytes captured bytes. Return: false, with *out untouched, when the header is
 * cut off or names a protocol that has no EtherType.
 */
typedef bool gp_link_reader(const __u8 *record, __u32 bytes, struct gp_link_payload *out);

/**
 * gp_link_find() - the reader for a link type other than Ethernet.
 * @dlt: as pcap_datalink() gives it (tcpdump.org/linktypes.html describes the headers).
 *
 * Return: NULL when the link type cannot be put behind an EtherType.
 */
gp_link_reader *gp_link_find(int dlt);

#endif
