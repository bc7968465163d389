/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap_link.h"

#include <stddef.h>

/* <pcap/dlt.h> has these as macros, some of them under numbers that differ by platform; a file's numbers do not. */
enum {
	LINK_NULL = 0,
	LINK_PPP = 9,
	LINK_RAW = 12,
	LINK_RAW_OPENBSD = 14,
	LINK_PPP_HDLC = 50,
	LINK_PPP_ETHER = 51,
	LINK_RAW_FILE = 101,
	LINK_C_HDLC = 104,
	LINK_LOOP = 108,
	LINK_LINUX_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_LINUX_SLL2 = 276,
};

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_MULTICAST = 0x8848,
	ETHERTYPE_PPPOE_DISCOVERY = 0x8863,
	ETHERTYPE_PPPOE_SESSION = 0x8864,
};

static bool payload(struct gp_link_payload *out, __u32 offset, __u16 ethertype)
{
	if (ethertype < GP_ETHERTYPE_MIN)
		return false;
	out->offset = offset;
	out->ethertype = ethertype;
	return true;
}

static bool read_ipv4(const __u8 *record, __u32 bytes, struct gp_link_payload *out)
{
	(void)record;
	(void)bytes;
	return payload(out, 0, ETHERTYPE_IPV4);
}

static bool read_ipv6(const __u8 *record, __u32 bytes, struct gp_link_payload *out)
{
	(void)record;
	(void)bytes;
	return payload(out, 0, ETHERTYPE_IPV6);
}

static bool read_raw(const __u8 *record, __u32 bytes, struct gp_link_payload *out)
{
	if (bytes < 1)
		return false;
	switch (record[0] >> 4) {
	case 4:
		return payload(out, 0, ETHERTYPE_IPV4);
	case 6:
		return payload(out, 0, ETHERTYPE_IPV6);
	}
	return false;
}

static bool read_family(const __u8 *record, __u32 bytes, struct gp_link_payload *out)
{
	__u32 family;

	if (bytes < 4)
		return false;
	family = gp_load_be32(record);
	/* The capturing machine's byte order, which nothing states; address families are small numbers. */
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return payload(out, 4, ETHERTYPE_IPV4);
	case 10: /* Linux */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* Darwin */
		return payload(out, 4, ETHERTYPE_IPV6);
	}
	return false;
}

static bool read_c_hdlc(const __u8 *record, __u32 bytes, struct gp_link_payload *out)
{
	/* Address, control, then an EtherType or one of Cisco's own numbers (RFC 1547, 4.3.1). */
	if (bytes < 4)
		return false;
	return payload(out, 4, gp_load_be16(record + 2));
}

static bool read_ppp(const __u8 *record, __u32 bytes, struct gp_link_payload *out)
{
	__u32 offset = 0;
	__u16 protocol;

	if (bytes < 2)
		return false;
	if (record[0] == 0x0f || record[0] == 0x8f)
		return read_c_hdlc(record, bytes, out);
	if (record[0] == 0xff && record[1] == 0x03)
		offset = 2;
	if (bytes < offset + 1)
		return false;
	/* An odd first byte is the whole field: protocol field compression (RFC 1661, 6.5). */
	if (record[offset] & 1) {
		protocol = record[offset];
		offset += 1;
	} else {
		if (bytes < offset + 2)
			return false;
		protocol = gp_load_be16(record + offset);
		offset += 2;
	}
	switch (protocol) {
	case 0x0021:
		return payload(out, offset, ETHERTYPE_IPV4);
	case 0x0057:
		return payload(out, offset, ETHERTYPE_IPV6);
	case 0x0281:
		return payload(out, offset, ETHERTYPE_MPLS);
	case 0x0283:
		return payload(out, offset, ETHERTYPE_MPLS_MULTICAST);
	}
	return false;
}

static bool read_ppp_ether(const __u8 *record, __u32 bytes, struct gp_link_payload *out)
{
	/* The PPPoE header stays: it is what follows an Ethernet header. Code 0 is a session (RFC 2516, 4). */
	if (bytes < 6)
		return false;
	return payload(out, 0, record[1] ? ETHERTYPE_PPPOE_DISCOVERY : ETHERTYPE_PPPOE_SESSION);
}

/* Does the protocol field of a cooked capture hold an EtherType for this kind of interface? */
static bool sll_has_ethertype(__u16 arphrd)
{
	switch (arphrd) {
	case 770: /* frame relay: Q.922 header follows */
	case 803: /* radiotap header follows */
	case 824: /* netlink: the netlink family */
		return false;
	}
	return true;
}

static bool read_sll(const __u8 *record, __u32 bytes, struct gp_link_payload *out)
{
	if (bytes < 16 || !sll_has_ethertype(gp_load_be16(record + 2)))
		return false;
	return payload(out, 16, gp_load_be16(record + 14));
}

static bool read_sll2(const __u8 *record, __u32 bytes, struct gp_link_payload *out)
{
	if (bytes < 20 || !sll_has_ethertype(gp_load_be16(record + 8)))
		return false;
	return payload(out, 20, gp_load_be16(record));
}

static const struct {
	int dlt;
	gp_link_reader *read;
} links[] = {
	{ LINK_NULL, read_family },	   { LINK_LOOP, read_family },	   { LINK_RAW, read_raw },
	{ LINK_RAW_OPENBSD, read_raw },	   { LINK_RAW_FILE, read_raw },	   { LINK_IPV4, read_ipv4 },
	{ LINK_IPV6, read_ipv6 },	   { LINK_PPP, read_ppp },	   { LINK_PPP_HDLC, read_ppp },
	{ LINK_PPP_ETHER, read_ppp_ether }, { LINK_C_HDLC, read_c_hdlc },  { LINK_LINUX_SLL, read_sll },
	{ LINK_LINUX_SLL2, read_sll2 },
};

gp_link_reader *gp_link_find(int dlt)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].dlt == dlt)
			return links[i].read;
	}
	return NULL;
}
