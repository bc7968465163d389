/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp_signature.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <gatepost/parse.h>

enum {
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	TCP_HEADER = 20,
	ETHERNET_MTU = 1500,
	TIMESTAMP_ROOM = 12, /* the option and two bytes of padding, in each segment of data (RFC 7323, A) */
	MSS_MIN = 100,	     /* below, nearly every window is a multiple */
	SCALE_MAX = 14,	     /* RFC 7323, 2.3 */
	ZMAP_ID = 54321,
	ZMAP_WINDOW = 65535,
};

/* TCP option kinds (RFC 9293, 3.2; RFC 7323; RFC 2018). */
enum { KIND_EOL, KIND_NOP, KIND_MSS, KIND_SCALE, KIND_SACK_PERMITTED, KIND_SACK, KIND_TIMESTAMPS = 8 };

enum quirk {
	QUIRK_DF = 1 << 0,
	QUIRK_ID_SET = 1 << 1,
	QUIRK_ID_ZERO = 1 << 2,
	QUIRK_ECN = 1 << 3,
	QUIRK_RESERVED = 1 << 4,
	QUIRK_FLOW_LABEL = 1 << 5,
	QUIRK_SEQ_ZERO = 1 << 6,
	QUIRK_ACK_SET = 1 << 7,
	QUIRK_ACK_ZERO = 1 << 8,
	QUIRK_URGENT_SET = 1 << 9,
	QUIRK_URG = 1 << 10,
	QUIRK_PUSH = 1 << 11,
	QUIRK_TIME_ZERO = 1 << 12,
	QUIRK_PEER_TIME_SET = 1 << 13,
	QUIRK_PADDING_SET = 1 << 14,
	QUIRK_SCALE_EXCESSIVE = 1 << 15,
	QUIRK_BAD = 1 << 16,
};

/* In the order of the bits above. */
static const char *const quirk_names[] = {
	"df",	"id+",	 "id-",	 "ecn",	   "0+",   "flow", "seq-", "ack+", "ack-",
	"uptr+", "urgf+", "pushf+", "ts1-", "ts2+", "opt+", "exws", "bad",
};

/* What is read of the headers before anything is written. */
struct headers {
	const __u8 *tcp, *options;
	__u32 ip_version, ip_options_bytes, options_bytes;
	__u32 quirks;
	__u32 ipv4_id, ipv4_dst; /* IPv4 only */
	__u8 ttl;
	bool syn_ack;
	bool only_mss; /* no option, or MSS alone */
	bool timestamps;
	__u32 mss, scale;
};

struct text {
	char *out;
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
	size_t room = GP_TCP_SIGNATURE_TEXT - text->used;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(text->out + text->used, room, format, arguments);
	va_end(arguments);
	if (n > 0)
		text->used += (size_t)n < room ? (size_t)n : room - 1;
}

static bool read_ipv4(struct headers *h, const __u8 *ip, __u32 bytes)
{
	__u32 header_bytes, flags;

	if (bytes < IPV4_HEADER)
		return false;
	header_bytes = (ip[0] & 15u) * 4;
	flags = gp_load_be16(ip + 6);
	if (header_bytes < IPV4_HEADER || header_bytes > bytes || ip[9] != GP_IP_TCP || flags & 0x3fff)
		return false;
	h->ip_version = 4;
	h->ip_options_bytes = header_bytes - IPV4_HEADER;
	h->ipv4_id = gp_load_be16(ip + 4);
	h->ipv4_dst = gp_load_be32(ip + 16);
	h->ttl = ip[8];
	h->tcp = ip + header_bytes;
	if (flags & 0x4000)
		h->quirks |= QUIRK_DF | (h->ipv4_id ? QUIRK_ID_SET : 0);
	else if (!h->ipv4_id)
		h->quirks |= QUIRK_ID_ZERO;
	if (flags & 0x8000)
		h->quirks |= QUIRK_RESERVED;
	if (ip[1] & 3)
		h->quirks |= QUIRK_ECN;
	return true;
}

static bool read_ipv6(struct headers *h, const __u8 *ip, __u32 bytes)
{
	__u32 at = IPV6_HEADER;
	__u8 next;

	if (bytes < IPV6_HEADER)
		return false;
	next = ip[6];
	for (int i = 0; i < GP_IPV6_EXT_MAX && gp_is_ipv6_extension(next); i++) {
		__u8 type = next;

		if (bytes - at < 8 || (type == GP_IP_FRAGMENT && gp_load_be16(ip + at + 2) & 0xfff9))
			return false;
		next = ip[at];
		at += gp_ipv6_extension_bytes(type, ip[at + 1]);
		if (at > bytes)
			return false;
	}
	if (next != GP_IP_TCP || at - IPV6_HEADER > GP_IPV6_EXT_BYTES_MAX)
		return false;
	h->ip_version = 6;
	h->ip_options_bytes = at - IPV6_HEADER;
	h->ttl = ip[7];
	h->tcp = ip + at;
	if (gp_load_be32(ip) & 0xfffff)
		h->quirks |= QUIRK_FLOW_LABEL;
	if (ip[1] & 0x30)
		h->quirks |= QUIRK_ECN;
	return true;
}

static bool read_tcp(struct headers *h, __u32 bytes)
{
	const __u8 *tcp = h->tcp;
	__u32 flags, header_bytes;

	if (bytes < TCP_HEADER)
		return false;
	flags = tcp[13];
	header_bytes = (tcp[12] >> 4) * 4u;
	if (header_bytes < TCP_HEADER || header_bytes > bytes)
		return false;
	if (!(flags & GP_TCP_SYN) || flags & (GP_TCP_FIN | GP_TCP_RST))
		return false;
	h->syn_ack = flags & GP_TCP_ACK;
	h->options = tcp + TCP_HEADER;
	h->options_bytes = header_bytes - TCP_HEADER;
	/* NS, ECE, CWR: RFC 3168, 6.1.1; RFC 9768 for the first. */
	if (tcp[12] & 1 || flags & 0xc0)
		h->quirks |= QUIRK_ECN;
	if (!gp_load_be32(tcp + 4))
		h->quirks |= QUIRK_SEQ_ZERO;
	if (h->syn_ack != !!gp_load_be32(tcp + 8))
		h->quirks |= h->syn_ack ? QUIRK_ACK_ZERO : QUIRK_ACK_SET;
	if (flags & GP_TCP_URG)
		h->quirks |= QUIRK_URG;
	else if (gp_load_be16(tcp + 18))
		h->quirks |= QUIRK_URGENT_SET;
	if (flags & GP_TCP_PSH)
		h->quirks |= QUIRK_PUSH;
	return true;
}

/* How an option with a length is named, and what lengths it may have. */
static const struct option_kind {
	__u8 kind, min, max;
	const char *name;
} option_kinds[] = {
	{ KIND_MSS, 4, 4, "mss" },   { KIND_SCALE, 3, 3, "ws" },	  { KIND_SACK_PERMITTED, 2, 2, "sok" },
	{ KIND_SACK, 10, 34, "sack" }, { KIND_TIMESTAMPS, 10, 10, "ts" },
};

static const struct option_kind *find_kind(__u8 kind)
{
	for (size_t i = 0; i < sizeof(option_kinds) / sizeof(option_kinds[0]); i++) {
		if (option_kinds[i].kind == kind)
			return &option_kinds[i];
	}
	return NULL;
}

static void read_value(struct headers *h, const __u8 *option)
{
	switch (option[0]) {
	case KIND_MSS:
		h->mss = gp_load_be16(option + 2);
		break;
	case KIND_SCALE:
		h->scale = option[2];
		if (h->scale > SCALE_MAX)
			h->quirks |= QUIRK_SCALE_EXCESSIVE;
		break;
	case KIND_TIMESTAMPS:
		h->timestamps = true;
		if (!gp_load_be32(option + 2))
			h->quirks |= QUIRK_TIME_ZERO;
		if (!h->syn_ack && gp_load_be32(option + 6))
			h->quirks |= QUIRK_PEER_TIME_SET;
		break;
	default:
		break;
	}
}

/* End of options: whatever follows is padding. */
static void read_padding(struct headers *h, struct text *layout, const __u8 *at, __u32 left)
{
	put(layout, "eol+%u,", left);
	for (__u32 i = 0; i < left; i++) {
		if (at[i])
			h->quirks |= QUIRK_PADDING_SET;
	}
}

/* One option with a length. Return: that; 0 when it is malformed. */
static __u32 read_option(struct headers *h, struct text *layout, const __u8 *option, __u32 left)
{
	const struct option_kind *kind = find_kind(option[0]);
	__u32 len = left > 1 ? option[1] : 0;

	if (kind)
		put(layout, "%s,", kind->name);
	else
		put(layout, "?%u,", option[0]);
	if (len < (kind ? kind->min : 2) || len > (kind ? kind->max : left) || len > left) {
		h->quirks |= QUIRK_BAD;
		return 0;
	}
	if (kind)
		read_value(h, option);
	return len;
}

/* Writes the layout of the options, and notes their values and quirks. */
static void read_options(struct headers *h, struct text *layout)
{
	const __u8 *at = h->options, *end = at + h->options_bytes;

	h->only_mss = true;
	while (at < end) {
		__u32 len = 1;

		if (*at != KIND_MSS || at != h->options)
			h->only_mss = false;
		if (*at == KIND_EOL) {
			read_padding(h, layout, at + 1, (__u32)(end - at - 1));
			len = 0;
		} else if (*at == KIND_NOP) {
			put(layout, "nop,");
		} else {
			len = read_option(h, layout, at, (__u32)(end - at));
		}
		if (!len)
			break;
		at += len;
	}
	if (layout->used)
		layout->out[--layout->used] = '\0'; /* the last comma */
}

static void put_window(struct text *text, const struct headers *h, __u32 window)
{
	__u32 headers = (h->ip_version == 4 ? IPV4_HEADER : IPV6_HEADER) + TCP_HEADER;
	const struct {
		__u32 bytes;
		const char *unit;
		bool wanted;
	} units[] = {
		{ h->mss, "mss", true },
		{ h->mss - TIMESTAMP_ROOM, "mss", h->timestamps },
		{ ETHERNET_MTU - headers, "mss", true },
		{ ETHERNET_MTU - headers - TIMESTAMP_ROOM, "mss", h->timestamps },
		{ h->mss + headers, "mtu", true },
		{ ETHERNET_MTU, "mtu", true },
	};

	for (size_t i = 0; window && h->mss >= MSS_MIN && i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].wanted && window % units[i].bytes == 0) {
			put(text, "%s*%u", units[i].unit, window / units[i].bytes);
			return;
		}
	}
	put(text, "%u", window);
}

static void put_quirks(struct text *text, __u32 quirks)
{
	bool first = true;

	for (unsigned i = 0; i < sizeof(quirk_names) / sizeof(quirk_names[0]); i++) {
		if (quirks & 1u << i) {
			put(text, "%s%s", first ? "" : ",", quirk_names[i]);
			first = false;
		}
	}
}

static __u8 ttl_class(__u8 ttl)
{
	return ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}

static enum gp_tool find_tool(const struct headers *h, __u32 window)
{
	__u32 seq = gp_load_be32(h->tcp + 4), dport = gp_load_be16(h->tcp + 2);

	if (h->ip_version != 4 || h->syn_ack || !h->only_mss || h->quirks & QUIRK_BAD)
		return GP_TOOL_NONE;
	if (seq == h->ipv4_dst && !h->options_bytes)
		return GP_TOOL_MIRAI;
	if (h->quirks & QUIRK_DF)
		return GP_TOOL_NONE;
	if (h->ipv4_id == ZMAP_ID && window == ZMAP_WINDOW)
		return GP_TOOL_ZMAP;
	if (h->ipv4_id == ((h->ipv4_dst ^ dport ^ seq) & 0xffff))
		return GP_TOOL_MASSCAN;
	return GP_TOOL_NONE;
}

static bool read_headers(struct headers *h, const struct gp_segment *segment)
{
	const __u8 *ip = segment->ip;
	__u32 bytes = segment->ip_bytes;

	if (!bytes)
		return false;
	if (ip[0] >> 4 == 4 ? !read_ipv4(h, ip, bytes) : ip[0] >> 4 != 6 || !read_ipv6(h, ip, bytes))
		return false;
	return read_tcp(h, bytes - (__u32)(h->tcp - ip));
}

bool gp_tcp_signature(struct gp_tcp_signature *out, const struct gp_segment *segment)
{
	char room[GP_TCP_SIGNATURE_TEXT] = "";
	struct text layout = { .out = room }, text = { .out = out->text };
	struct headers h = { 0 };
	__u32 window;

	if (!read_headers(&h, segment))
		return false;
	window = gp_load_be16(h.tcp + 14);
	read_options(&h, &layout);
	put(&text, "%u:%u:%u:%u:", h.ip_version, ttl_class(h.ttl), h.ip_options_bytes, h.mss);
	put_window(&text, &h, window);
	put(&text, ",%u:%s:", h.scale, room);
	put_quirks(&text, h.quirks);
	put(&text, ":%c", segment->payload_len ? '+' : '0');
	out->mss = (__u16)h.mss;
	out->window = (__u16)window;
	out->ttl = h.ttl;
	out->ttl_class = ttl_class(h.ttl);
	out->distance = (__u8)(out->ttl_class - h.ttl);
	out->tool = (__u8)find_tool(&h, window);
	out->syn_ack = h.syn_ack;
	return true;
}

static const struct {
	const char *name, *mark;
} tools[GP_TOOLS] = {
	[GP_TOOL_NONE] = { "none", "" },
	[GP_TOOL_ZMAP] = { "zmap", "IP identification 54321, window 65535, no TCP option but MSS" },
	[GP_TOOL_MASSCAN] = { "masscan", "IP identification is destination address ^ destination port ^ sequence number, "
					 "no TCP option but MSS" },
	[GP_TOOL_MIRAI] = { "mirai", "sequence number is the destination address, no TCP options" },
};

const char *gp_tool_name(unsigned tool)
{
	return tool < GP_TOOLS ? tools[tool].name : "unknown";
}

const char *gp_tool_mark(unsigned tool)
{
	return tool < GP_TOOLS ? tools[tool].mark : "";
}
