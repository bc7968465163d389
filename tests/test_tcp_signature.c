/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SYNs of operating systems and of scanners, built here, as signatures. Each lies with its last byte before a page that
 * may not be touched, and is cut at each length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "random.h"
#include "tcp_signature.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define HEADERS_MAX 700u /* IPv6, extension headers, TCP */

#define SYN GP_TCP_SYN
#define ACK GP_TCP_ACK
#define DF 0x4000
#define TARGET 0xc0000219u /* 192.0.2.25 */
#define MSS(n) "\x02\x04" n
#define MSS1460 MSS("\x05\xb4")
#define SACK_PERMITTED "\x04\x02"
#define TIME "\x08\x0a\x01\x02\x03\x04\0\0\0\0"
#define TIME_OF(own, peer) "\x08\x0a" own peer
#define SCALE(n) "\x03\x03" n
#define NOP "\x01"
#define EOL "\0"
#define LINUX_OPTIONS(mss, scale) mss SACK_PERMITTED TIME NOP SCALE(scale)
#define OPTIONS(s) .options = s, .options_bytes = sizeof(s) - 1
#define IP_OPTIONS(s) .ip_options = s, .ip_options_bytes = sizeof(s) - 1
#define NOPS4 NOP NOP NOP NOP
#define NOPS16 NOPS4 NOPS4 NOPS4 NOPS4

struct row {
	const char *name;
	__u8 version, tos, ttl;
	__u16 id, fragment;	      /* IPv4 */
	__u32 flow_label;	      /* IPv6 */
	__u8 next;		      /* IPv6: what the first header is; 0: TCP */
	const char *ip_options;	      /* or extension headers */
	size_t ip_options_bytes;
	__u16 flags, window, urgent, dport; /* flags with NS as 0x100 */
	__u32 seq, ack;
	const char *options;
	size_t options_bytes;
	__u32 payload_len;
	const char *text; /* NULL: no signature */
	__u8 distance, tool;
};

#define V4(ttl_, id_, fragment_) .version = 4, .ttl = (ttl_), .id = (id_), .fragment = (fragment_), .dport = 25
#define V6(ttl_, label) .version = 6, .ttl = (ttl_), .flow_label = (label), .dport = 25
#define TCP(flags_, window_) .flags = (flags_), .window = (window_), .seq = 0x51525354

static const struct row rows[] = {
	/* Operating systems. */
	{ "Linux 3.x", V4(64, 0x1234, DF), TCP(SYN, 29200), OPTIONS(LINUX_OPTIONS(MSS1460, "\x07")),
	  .text = "4:64:0:1460:mss*20,7:mss,sok,ts,nop,ws:df,id+:0" },
	{ "Linux 5.x, 11 hops", V4(53, 0x1234, DF), TCP(SYN, 64240), OPTIONS(LINUX_OPTIONS(MSS1460, "\x07")),
	  .text = "4:64:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0", .distance = 11 },
	{ "Linux behind PPPoE, MSS clamped", V4(60, 0x1234, DF), TCP(SYN, 64240),
	  OPTIONS(LINUX_OPTIONS(MSS("\x05\xac"), "\x07")),
	  .text = "4:64:0:1452:mss*44,7:mss,sok,ts,nop,ws:df,id+:0", .distance = 4 },
	{ "Linux over IPv6", V6(64, 0x12345), TCP(SYN, 64800), OPTIONS(LINUX_OPTIONS(MSS("\x05\xa0"), "\x07")),
	  .text = "6:64:0:1440:mss*45,7:mss,sok,ts,nop,ws:flow:0" },
	{ "Linux, answer", V4(64, 0, DF), TCP(SYN | ACK, 65160), .ack = 7, OPTIONS(LINUX_OPTIONS(MSS1460, "\x07")),
	  .text = "4:64:0:1460:mss*45,7:mss,sok,ts,nop,ws:df:0" },
	{ "Linux, loopback", V4(64, 0x1234, DF), TCP(SYN, 65495), OPTIONS(LINUX_OPTIONS(MSS("\xff\xd7"), "\x07")),
	  .text = "4:64:0:65495:mss*1,7:mss,sok,ts,nop,ws:df,id+:0" },
	{ "Android", V4(62, 0x1234, DF), TCP(SYN, 65535), OPTIONS(LINUX_OPTIONS(MSS1460, "\x09")),
	  .text = "4:64:0:1460:65535,9:mss,sok,ts,nop,ws:df,id+:0", .distance = 2 },
	{ "Windows 7", V4(121, 0x1234, DF), TCP(SYN, 8192), OPTIONS(MSS1460 NOP SCALE("\x08") NOP NOP SACK_PERMITTED),
	  .text = "4:128:0:1460:8192,8:mss,nop,ws,nop,nop,sok:df,id+:0", .distance = 7 },
	{ "Windows 10 and 11", V4(128, 0x1234, DF), TCP(SYN, 64240), OPTIONS(MSS1460 NOP SCALE("\x08") NOP NOP SACK_PERMITTED),
	  .text = "4:128:0:1460:mss*44,8:mss,nop,ws,nop,nop,sok:df,id+:0" },
	{ "Windows over IPv6", V6(128, 0x54321), TCP(SYN, 64800), OPTIONS(MSS("\x05\xa0") NOP SCALE("\x08") NOP NOP SACK_PERMITTED),
	  .text = "6:128:0:1440:mss*45,8:mss,nop,ws,nop,nop,sok:flow:0" },
	{ "macOS, iOS", V4(64, 0, DF), TCP(SYN, 65535), OPTIONS(MSS1460 NOP SCALE("\x06") NOP NOP TIME SACK_PERMITTED EOL EOL),
	  .text = "4:64:0:1460:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0" },
	{ "macOS with ECN", V4(64, 0, DF), TCP(SYN | 0xc0, 65535),
	  OPTIONS(MSS1460 NOP SCALE("\x06") NOP NOP TIME SACK_PERMITTED EOL EOL),
	  .text = "4:64:0:1460:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df,ecn:0" },
	{ "FreeBSD", V4(64, 0, DF), TCP(SYN, 65535), OPTIONS(MSS1460 NOP SCALE("\x06") SACK_PERMITTED TIME),
	  .text = "4:64:0:1460:65535,6:mss,nop,ws,sok,ts:df:0" },
	{ "FreeBSD, identification", V4(64, 7, DF), TCP(SYN, 65535), OPTIONS(MSS1460 NOP SCALE("\x06") SACK_PERMITTED TIME),
	  .text = "4:64:0:1460:65535,6:mss,nop,ws,sok,ts:df,id+:0" },
	/* Scanners. */
	{ "ZMap without options", V4(246, 54321, 0), TCP(SYN, 65535), .text = "4:255:0:0:65535,0:::0", .distance = 9,
	  .tool = GP_TOOL_ZMAP },
	{ "ZMap with MSS", V4(255, 54321, 0), TCP(SYN, 65535), OPTIONS(MSS1460), .text = "4:255:0:1460:65535,0:mss::0",
	  .tool = GP_TOOL_ZMAP },
	{ "ZMap 4.1 looks like Linux", V4(64, 0x4321, 0), TCP(SYN, 65535), OPTIONS(LINUX_OPTIONS(MSS1460, "\x07")),
	  .text = "4:64:0:1460:65535,7:mss,sok,ts,nop,ws::0" },
	{ "ZMap's identification by chance, Linux", V4(64, 54321, DF), TCP(SYN, 64240),
	  OPTIONS(LINUX_OPTIONS(MSS1460, "\x07")), .text = "4:64:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0" },
	{ "ZMap's identification, another window", V4(64, 54321, 0), TCP(SYN, 1024), OPTIONS(MSS1460),
	  .text = "4:64:0:1460:1024,0:mss::0" },
	{ "ZMap's identification, DF", V4(64, 54321, DF), TCP(SYN, 65535), OPTIONS(MSS1460),
	  .text = "4:64:0:1460:65535,0:mss:df,id+:0" },
	{ "ZMap's identification in an answer", V4(64, 54321, 0), TCP(SYN | ACK, 65535), .ack = 1,
	  OPTIONS(MSS1460), .text = "4:64:0:1460:65535,0:mss::0" },
	/* 0x0219 ^ 25 ^ 0x5354 */
	{ "masscan", V4(243, 0x5154, 0), TCP(SYN, 1024), OPTIONS(MSS1460), .text = "4:255:0:1460:1024,0:mss::0",
	  .distance = 12, .tool = GP_TOOL_MASSCAN },
	{ "masscan without options", V4(255, 0x5154, 0), TCP(SYN, 1200), .text = "4:255:0:0:1200,0:::0",
	  .tool = GP_TOOL_MASSCAN },
	{ "masscan's, next identification", V4(255, 0x5155, 0), TCP(SYN, 1024), OPTIONS(MSS1460),
	  .text = "4:255:0:1460:1024,0:mss::0" },
	{ "masscan's by chance, Linux", V4(64, 0x5154, DF), TCP(SYN, 64240), OPTIONS(LINUX_OPTIONS(MSS1460, "\x07")),
	  .text = "4:64:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0" },
	{ "masscan over IPv6 has no mark", V6(255, 0), TCP(SYN, 1024), OPTIONS(MSS1460), .text = "6:255:0:1460:1024,0:mss::0" },
	{ "Mirai", V4(52, 0x9876, 0), .flags = SYN, .window = 0x3a17, .seq = TARGET, .text = "4:64:0:0:14871,0:::0",
	  .distance = 12, .tool = GP_TOOL_MIRAI },
	{ "Mirai's number in an answer", V4(52, 0x9876, 0), .flags = SYN | ACK, .ack = 1, .window = 0x3a17, .seq = TARGET,
	  .text = "4:64:0:0:14871,0:::0", .distance = 12 },
	{ "Mirai's number with options", V4(52, 0x9876, 0), .flags = SYN, .window = 0x3a17, .seq = TARGET, OPTIONS(MSS1460),
	  .text = "4:64:0:1460:14871,0:mss::0", .distance = 12 },
	{ "nmap -sS", V4(41, 0x9876, 0), TCP(SYN, 1024), OPTIONS(MSS1460), .text = "4:64:0:1460:1024,0:mss::0", .distance = 23 },
	/* Windows. */
	{ "window of MTUs", V4(64, 1, DF), TCP(SYN, 4500), OPTIONS(MSS1460), .text = "4:64:0:1460:mtu*3,0:mss:df,id+:0" },
	{ "window of MTUs of IPv6", V6(64, 0), TCP(SYN, 4080), OPTIONS(MSS("\x05\x14")), .text = "6:64:0:1300:mtu*3,0:mss::0" },
	{ "window of MTUs by the option", V4(64, 1, DF), TCP(SYN, 4020), OPTIONS(MSS("\x05\x14")),
	  .text = "4:64:0:1300:mtu*3,0:mss:df,id+:0" },
	{ "MSS less time stamps", V4(64, 1, DF), TCP(SYN, 1288 * 3), OPTIONS(MSS("\x05\x14") TIME NOP NOP),
	  .text = "4:64:0:1300:mss*3,0:mss,ts,nop,nop:df,id+:0" },
	{ "the same without time stamps", V4(64, 1, DF), TCP(SYN, 1288 * 3), OPTIONS(MSS("\x05\x14")),
	  .text = "4:64:0:1300:3864,0:mss:df,id+:0" },
	{ "no window", V4(64, 1, DF), TCP(SYN, 0), OPTIONS(MSS1460), .text = "4:64:0:1460:0,0:mss:df,id+:0" },
	{ "tiny MSS divides anything", V4(64, 1, DF), TCP(SYN, 64240), OPTIONS(MSS("\0\x0a")),
	  .text = "4:64:0:10:64240,0:mss:df,id+:0" },
	{ "MSS 0", V4(64, 1, DF), TCP(SYN, 64240), OPTIONS(MSS("\0\0")), .text = "4:64:0:0:64240,0:mss:df,id+:0" },
	/* TTL classes. */
	{ "TTL 0", V4(0, 1, 0), TCP(SYN, 1), .text = "4:32:0:0:1,0:::0", .distance = 32 },
	{ "TTL 32", V4(32, 1, 0), TCP(SYN, 1), .text = "4:32:0:0:1,0:::0" },
	{ "TTL 33", V4(33, 1, 0), TCP(SYN, 1), .text = "4:64:0:0:1,0:::0", .distance = 31 },
	{ "TTL 65", V4(65, 1, 0), TCP(SYN, 1), .text = "4:128:0:0:1,0:::0", .distance = 63 },
	{ "TTL 129", V4(129, 1, 0), TCP(SYN, 1), .text = "4:255:0:0:1,0:::0", .distance = 126 },
	/* Quirks, each. */
	{ "neither DF nor identification", V4(64, 0, 0), TCP(SYN, 1), .text = "4:64:0:0:1,0::id-:0" },
	{ "reserved flag", V4(64, 1, 0x8000), TCP(SYN, 1), .text = "4:64:0:0:1,0::0+:0" },
	{ "ECT", V4(64, 1, 0), .tos = 2, TCP(SYN, 1), .text = "4:64:0:0:1,0::ecn:0" },
	{ "DSCP alone", V4(64, 1, 0), .tos = 0xb8, TCP(SYN, 1), .text = "4:64:0:0:1,0:::0" },
	{ "ECT over IPv6", V6(64, 0), .tos = 1, TCP(SYN, 1), .text = "6:64:0:0:1,0::ecn:0" },
	{ "accurate ECN", V4(64, 1, 0), TCP(SYN | 0x100, 1), .text = "4:64:0:0:1,0::ecn:0" },
	{ "sequence number 0", V4(64, 1, 0), .flags = SYN, .window = 1, .text = "4:64:0:0:1,0::seq-:0" },
	{ "acknowledgement without ACK", V4(64, 1, 0), TCP(SYN, 1), .ack = 1, .text = "4:64:0:0:1,0::ack+:0" },
	{ "ACK without acknowledgement", V4(64, 1, 0), TCP(SYN | ACK, 1), .text = "4:64:0:0:1,0::ack-:0" },
	{ "urgent pointer", V4(64, 1, 0), TCP(SYN, 1), .urgent = 1, .text = "4:64:0:0:1,0::uptr+:0" },
	{ "URG", V4(64, 1, 0), TCP(SYN | GP_TCP_URG, 1), .urgent = 1, .text = "4:64:0:0:1,0::urgf+:0" },
	{ "PSH", V4(64, 1, 0), TCP(SYN | GP_TCP_PSH, 1), .text = "4:64:0:0:1,0::pushf+:0" },
	{ "own time 0", V4(64, 1, 0), TCP(SYN, 1), OPTIONS(NOP NOP TIME_OF("\0\0\0\0", "\0\0\0\0")),
	  .text = "4:64:0:0:1,0:nop,nop,ts:ts1-:0" },
	{ "peer's time in a SYN", V4(64, 1, 0), TCP(SYN, 1), OPTIONS(NOP NOP TIME_OF("\0\0\0\1", "\0\0\0\1")),
	  .text = "4:64:0:0:1,0:nop,nop,ts:ts2+:0" },
	{ "peer's time in an answer", V4(64, 1, 0), TCP(SYN | ACK, 1), .ack = 1,
	  OPTIONS(NOP NOP TIME_OF("\0\0\0\1", "\0\0\0\1")), .text = "4:64:0:0:1,0:nop,nop,ts::0" },
	{ "padding", V4(64, 1, 0), TCP(SYN, 1), OPTIONS(EOL "\0\0\1"), .text = "4:64:0:0:1,0:eol+3:opt+:0" },
	{ "scale 14", V4(64, 1, 0), TCP(SYN, 1), OPTIONS(SCALE("\x0e") NOP), .text = "4:64:0:0:1,14:ws,nop::0" },
	{ "scale 15", V4(64, 1, 0), TCP(SYN, 1), OPTIONS(SCALE("\x0f") NOP), .text = "4:64:0:0:1,15:ws,nop:exws:0" },
	{ "data (RFC 7413)", V4(64, 1, 0), TCP(SYN, 1), OPTIONS("\x22\x02" NOP NOP), .payload_len = 9,
	  .text = "4:64:0:0:1,0:?34,nop,nop::+" },
	{ "SACK", V4(64, 1, 0), TCP(SYN, 1), OPTIONS("\x05\x0a" "12345678" NOP NOP), .text = "4:64:0:0:1,0:sack,nop,nop::0" },
	/* Malformed options end the layout. */
	{ "MSS cut off", V4(64, 1, 0), TCP(SYN, 1), OPTIONS(NOP NOP "\x02\x04"), .text = "4:64:0:0:1,0:nop,nop,mss:bad:0" },
	{ "MSS of another length", V4(64, 1, 0), TCP(SYN, 1), OPTIONS("\x02\x06\x05\xb4\0\0" NOP NOP),
	  .text = "4:64:0:0:1,0:mss:bad:0" },
	{ "kind without length", V4(64, 1, 0), TCP(SYN, 1), OPTIONS(NOP NOP NOP "\x1e"), .text = "4:64:0:0:1,0:nop,nop,nop,?30:bad:0" },
	{ "length 0", V4(64, 1, 0), TCP(SYN, 1), OPTIONS("\x1e\0" NOP NOP), .text = "4:64:0:0:1,0:?30:bad:0" },
	{ "length 1", V4(64, 1, 0), TCP(SYN, 1), OPTIONS("\x1e\1" NOP NOP), .text = "4:64:0:0:1,0:?30:bad:0" },
	{ "length behind the end", V4(64, 1, 0), TCP(SYN, 1), OPTIONS("\x1e\x05" NOP NOP), .text = "4:64:0:0:1,0:?30:bad:0" },
	{ "SACK too short", V4(64, 1, 0), TCP(SYN, 1), OPTIONS("\x05\x02" NOP NOP), .text = "4:64:0:0:1,0:sack:bad:0" },
	{ "masscan's mark on malformed options", V4(64, 0x5154, 0), TCP(SYN, 1), OPTIONS("\x02\x05\x05\xb4"),
	  .text = "4:64:0:0:1,0:mss:bad:0" },
	/* Below IP. */
	{ "IPv4 options", V4(64, 1, 0), IP_OPTIONS("\x94\x04\0\0"), TCP(SYN, 1), .text = "4:64:4:0:1,0:::0" },
	{ "destination options", V6(64, 0), .next = 60, IP_OPTIONS("\x06\0\x01\x04\0\0\0\0"), TCP(SYN, 1), .text = "6:64:8:0:1,0:::0" },
	{ "atomic fragment", V6(64, 0), .next = 44, IP_OPTIONS("\x06\0\0\0\1\2\3\4"), TCP(SYN, 1), .text = "6:64:8:0:1,0:::0" },
	{ "first fragment of IPv6", V6(64, 0), .next = 44, IP_OPTIONS("\x06\0\0\1\1\2\3\4"), TCP(SYN, 1) },
	{ "later fragment of IPv6", V6(64, 0), .next = 44, IP_OPTIONS("\x06\0\1\0\1\2\3\4"), TCP(SYN, 1) },
	{ "first fragment", V4(64, 1, 0x2000), TCP(SYN, 1) },
	{ "later fragment", V4(64, 1, 0x0001), TCP(SYN, 1) },
	{ "UDP", V6(64, 0), .next = 17, TCP(SYN, 1) },
	{ "IP version 5", .version = 5, TCP(SYN, 1) },
	/* No SYN of a handshake. */
	{ "ACK", V4(64, 1, 0), TCP(ACK, 1) },
	{ "no flags", V4(64, 1, 0), TCP(0, 1) },
	{ "SYN and FIN", V4(64, 1, 0), TCP(SYN | GP_TCP_FIN, 1) },
	{ "SYN and RST", V4(64, 1, 0), TCP(SYN | GP_TCP_RST, 1) },
	/* The longest texts. */
	{ "options of one byte", V4(255, 1, 0xc000), .tos = 3, IP_OPTIONS(NOPS16 NOPS16 NOPS4 NOPS4), .ack = 1, .urgent = 1,
	  .flags = SYN | 0x1c8, .window = 65535, .payload_len = 1, OPTIONS(NOPS16 NOPS16 NOPS4 NOP NOP NOP "\xff"),
	  .text = "4:255:40:0:65535,0:nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,"
		  "nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,?255:df,id+,ecn,0+,seq-,ack+,uptr+,"
		  "pushf+,bad:+" },
};

static struct guard guard;

static void store(__u8 *at, __u32 value, unsigned bytes)
{
	while (bytes--) {
		at[bytes] = (__u8)value;
		value >>= 8;
	}
}

/* Return: bytes of both headers. */
static size_t build(__u8 out[HEADERS_MAX], const struct row *row)
{
	size_t ip_bytes = row->version == 6 ? 40 : 20, at = ip_bytes + row->ip_options_bytes;

	memset(out, 0, HEADERS_MAX);
	if (row->version == 6) {
		store(out, 6u << 28 | (__u32)row->tos << 20 | row->flow_label, 4);
		store(out + 4, (__u32)(row->ip_options_bytes + 20 + row->options_bytes + row->payload_len), 2);
		out[6] = row->next ? row->next : 6;
		out[7] = row->ttl;
	} else {
		out[0] = (__u8)(row->version << 4 | at / 4);
		out[1] = row->tos;
		store(out + 2, (__u32)(at + 20 + row->options_bytes + row->payload_len), 2);
		store(out + 4, row->id, 2);
		store(out + 6, row->fragment, 2);
		out[8] = row->ttl;
		out[9] = 6;
		store(out + 12, 0x0a000007, 4);
		store(out + 16, TARGET, 4);
	}
	if (row->ip_options_bytes)
		memcpy(out + ip_bytes, row->ip_options, row->ip_options_bytes);
	store(out + at, 51544, 2);
	store(out + at + 2, row->dport, 2);
	store(out + at + 4, row->seq, 4);
	store(out + at + 8, row->ack, 4);
	store(out + at + 12, (__u32)((20 + row->options_bytes) / 4) << 12 | row->flags, 2);
	store(out + at + 14, row->window, 2);
	store(out + at + 18, row->urgent, 2);
	if (row->options_bytes)
		memcpy(out + at + 20, row->options, row->options_bytes);
	return at + 20 + row->options_bytes;
}

static struct gp_segment segment_of(const __u8 *ip, size_t bytes, __u32 payload_len)
{
	return (struct gp_segment){ .ip = ip, .ip_bytes = (__u16)bytes, .payload_len = payload_len };
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct gp_tcp_signature got;
		__u8 bytes[HEADERS_MAX];
		size_t n = build(bytes, row);
		struct gp_segment segment = segment_of(guard_at_end(&guard, bytes, n), n, row->payload_len);

		assert_int_equal(row->options_bytes % 4, 0);
		if (gp_tcp_signature(&got, &segment) != !!row->text)
			fail_msg("%s: %s signature", row->name, row->text ? "no" : "a");
		if (!row->text)
			continue;
		if (strcmp(got.text, row->text) != 0)
			fail_msg("%s: %s, not %s", row->name, got.text, row->text);
		if (got.distance != row->distance || got.tool != row->tool || got.ttl != row->ttl ||
		    got.window != row->window || got.ttl_class - got.distance != got.ttl ||
		    got.syn_ack != !!(row->flags & ACK))
			fail_msg("%s: distance %u, tool %s, TTL %u", row->name, got.distance, gp_tool_name(got.tool), got.ttl);
	}
}

/* Headers that are not whole have no signature, and nothing behind them is read. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gp_tcp_signature got, untouched;
		__u8 bytes[HEADERS_MAX];
		size_t n = build(bytes, &rows[i]);

		memset(&got, 0xa5, sizeof(got));
		memset(&untouched, 0xa5, sizeof(untouched));
		for (size_t cut = 0; cut < n; cut++) {
			struct gp_segment segment = segment_of(guard_at_end(&guard, bytes, cut), cut, 0);

			if (gp_tcp_signature(&got, &segment))
				fail_msg("%s cut to %zu bytes: %s", rows[i].name, cut, got.text);
			assert_memory_equal(&got, &untouched, sizeof(got));
		}
	}
}

/* What lies behind the headers changes nothing. */
static void test_behind(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gp_tcp_signature got;
		__u8 bytes[HEADERS_MAX];
		size_t n = build(bytes, &rows[i]);
		struct gp_segment segment = segment_of(bytes, n + 40, rows[i].payload_len);

		memset(bytes + n, 0xff, 40);
		assert_int_equal(gp_tcp_signature(&got, &segment), !!rows[i].text);
		if (rows[i].text)
			assert_string_equal(got.text, rows[i].text);
	}
}

/* Random options: the text keeps to its room and its letters. */
static void test_any_options(void **state)
{
	static const __u8 kinds[] = { 0, 2, 3, 4, 5, 8, 255, 34 };
	__u64 chance = 7;
	size_t longest = 0;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		struct row row = { "", V4(255, 1, 0xc000), .tos = 3, TCP(SYN, 65535), .ack = 1, .payload_len = 1 };
		struct gp_tcp_signature got;
		__u8 bytes[HEADERS_MAX];
		char options[40];
		struct gp_segment segment;
		size_t n;

		for (unsigned j = 0; j < sizeof(options); j++)
			options[j] = random_splitmix(&chance) % 32 ? 1 : (char)kinds[random_splitmix(&chance) % sizeof(kinds)];
		row.options = options;
		row.options_bytes = random_splitmix(&chance) % 11 * 4;
		n = build(bytes, &row);
		segment = segment_of(guard_at_end(&guard, bytes, n), n, 1);
		memset(&got, 0xff, sizeof(got));
		assert_true(gp_tcp_signature(&got, &segment));
		n = strnlen(got.text, sizeof(got.text));
		assert_true(n < sizeof(got.text) - 1);
		assert_int_equal(strspn(got.text, "abcdefghijklmnopqrstuvwxyz0123456789*+,-:?"), n);
		assert_true(strcmp(got.text + n - 2, ":+") == 0);
		longest = n > longest ? n : longest;
	}
	print_message("  longest text %zu of %zu\n", longest, sizeof(((struct gp_tcp_signature *)0)->text));
}

/* Linux with identifications at random and DF, and nmap, which sends neither DF nor options but MSS: how often a tool is
 * named by chance. */
static void test_by_chance(void **state)
{
	unsigned linux_marks = 0, nmap_marks = 0;
	__u64 chance = 11;

	(void)state;
	for (unsigned i = 0; i < 1000000; i++) {
		__u64 r = random_splitmix(&chance);
		struct row row = { "", V4(64, (__u16)r, DF), .flags = SYN, .window = 64240, .seq = (__u32)(r >> 32),
				   OPTIONS(LINUX_OPTIONS(MSS1460, "\x07")) };
		struct gp_tcp_signature got;
		__u8 bytes[HEADERS_MAX];
		struct gp_segment segment = segment_of(bytes, build(bytes, &row), 0);

		assert_true(gp_tcp_signature(&got, &segment));
		linux_marks += got.tool != GP_TOOL_NONE;
		row.fragment = 0;
		row.window = 1024;
		row.options_bytes = 4;
		segment.ip_bytes = (__u16)build(bytes, &row);
		assert_true(gp_tcp_signature(&got, &segment));
		nmap_marks += got.tool != GP_TOOL_NONE;
	}
	print_message("  of 1,000,000 SYNs each: Linux %u, nmap %u\n", linux_marks, nmap_marks);
	assert_int_equal(linux_marks, 0);
	assert_in_range(nmap_marks, 1, 40); /* 15.3 expected */
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(gp_tool_name(GP_TOOL_NONE), "none");
	assert_string_equal(gp_tool_mark(GP_TOOL_NONE), "");
	for (unsigned tool = GP_TOOL_NONE + 1; tool < GP_TOOLS; tool++) {
		assert_true(gp_tool_name(tool)[0]);
		assert_true(gp_tool_mark(tool)[0]);
	}
	assert_string_equal(gp_tool_name(GP_TOOL_MASSCAN), "masscan");
	assert_string_equal(gp_tool_name(GP_TOOLS), "unknown");
	assert_string_equal(gp_tool_mark(GP_TOOLS), "");
}

static int open_guard(void **state)
{
	(void)state;
	return guard_open(&guard, HEADERS_MAX);
}

static int close_guard(void **state)
{
	(void)state;
	guard_close(&guard);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	    cmocka_unit_test(test_cut),	      cmocka_unit_test(test_behind),
		cmocka_unit_test(test_any_options), cmocka_unit_test(test_by_chance), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, open_guard, close_guard);
}
