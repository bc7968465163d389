/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures as one timeline: formats, link types, merging, damage. The last test reads captures made by others. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "captures.h"
#include "pcap_link.h"
#include "pcap_stream.h"
#include "source_pcap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NS 1000000000ull
#define CORPUS "../shared/pcaps"

enum { ETHER = 1, SNAPLEN = 262144 };

/* Says which row it was, once something is wrong. */
#define row_assert(name, condition)                                                                                    \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg("%s: %s", name, #condition);                                                          \
	} while (0)

/* Messages are collected instead of shown, so that a test can read them. */
static char *messages;
static size_t messages_len;
static FILE *real_stderr;

static void collect_messages(void)
{
	real_stderr = stderr;
	stderr = open_memstream(&messages, &messages_len);
	assert_non_null(stderr);
}

/* What was said since collect_messages(); to be freed. */
static char *collected(void)
{
	fclose(stderr);
	stderr = real_stderr;
	return messages;
}

/* A test that failed meanwhile left its own message among them. */
static int show_messages(void **state)
{
	(void)state;
	if (real_stderr && stderr != real_stderr) {
		char *text = collected();

		fputs(text, stderr);
		free(text);
	}
	return 0;
}

static struct gp_source_pcap *open_one(char *path)
{
	struct gp_source_pcap *source = NULL;

	assert_int_equal(gp_source_pcap_open(&source, &path, 1), 0);
	assert_non_null(source);
	return source;
}

/* Packets and bytes that came in are those that went on and those that were refused. */
static void assert_balanced(const struct gp_source_pcap *source, __u64 delivered, __u64 delivered_bytes)
{
	const struct gp_source_count *c = gp_source_pcap_count(source);

	assert_int_equal(c->received.packets,
			 delivered + c->too_short.packets + c->too_long.packets + c->link_type.packets);
	assert_int_equal(c->received.bytes,
			 delivered_bytes + c->too_short.bytes + c->too_long.bytes + c->link_type.bytes);
}

enum outcome { FRAME, TOO_SHORT, TOO_LONG, LINK_TYPE };

#define IP4 "\x45\x00\x00\x14\x00\x00\x00\x00\x40\x06\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02"
#define IP6 "\x60\x00\x00\x00\x00\x00\x3b\x40"
#define BYTES(s) s, sizeof(s) - 1
#define SLL(arphrd, protocol) "\x00\x00" arphrd "\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00" protocol
#define SLL2(arphrd, protocol) protocol "\x00\x00\x00\x00\x00\x03" arphrd "\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00"

/* `header` is how many bytes of the record the stand-in Ethernet header takes the place of. */
static const struct link_row {
	const char *name;
	__u32 link_type;
	const char *record;
	__u32 len;
	enum outcome outcome;
	__u16 ethertype;
	__u32 header;
} link_rows[] = {
	{ "raw: IPv4", 101, BYTES(IP4), FRAME, 0x0800, 0 },
	{ "raw: IPv6", 101, BYTES(IP6), FRAME, 0x86dd, 0 },
	{ "raw by its number in memory", 12, BYTES(IP6), FRAME, 0x86dd, 0 },
	{ "raw by OpenBSD's number", 14, BYTES(IP4), FRAME, 0x0800, 0 },
	{ "raw: one byte", 101, BYTES("\x45"), FRAME, 0x0800, 0 },
	{ "raw: nothing", 101, BYTES(""), LINK_TYPE, 0, 0 },
	{ "raw: neither version", 101, BYTES("\x50\x00"), LINK_TYPE, 0, 0 },
	{ "IPv4", 228, BYTES(IP4), FRAME, 0x0800, 0 },
	{ "IPv4: nothing", 228, BYTES(""), FRAME, 0x0800, 0 },
	{ "IPv6", 229, BYTES(IP6), FRAME, 0x86dd, 0 },
	{ "IPv6: nothing", 229, BYTES(""), FRAME, 0x86dd, 0 },
	{ "null: IPv4, little-endian", 0, BYTES("\x02\x00\x00\x00" IP4), FRAME, 0x0800, 4 },
	{ "null: IPv4, big-endian", 0, BYTES("\x00\x00\x00\x02" IP4), FRAME, 0x0800, 4 },
	{ "null: IPv6 of OpenBSD", 0, BYTES("\x18\x00\x00\x00" IP6), FRAME, 0x86dd, 4 },
	{ "null: IPv6 of FreeBSD", 0, BYTES("\x00\x00\x00\x1c" IP6), FRAME, 0x86dd, 4 },
	{ "null: IPv6 of Darwin", 0, BYTES("\x1e\x00\x00\x00" IP6), FRAME, 0x86dd, 4 },
	{ "null: IPv6 of Linux", 0, BYTES("\x0a\x00\x00\x00" IP6), FRAME, 0x86dd, 4 },
	{ "null: header only", 0, BYTES("\x02\x00\x00\x00"), FRAME, 0x0800, 4 },
	{ "null: header cut", 0, BYTES("\x02\x00\x00"), LINK_TYPE, 0, 0 },
	{ "null: another family", 0, BYTES("\x01\x00\x00\x00" IP4), LINK_TYPE, 0, 0 },
	{ "loop: IPv4", 108, BYTES("\x00\x00\x00\x02" IP4), FRAME, 0x0800, 4 },
	{ "loop: IPv6", 108, BYTES("\x00\x00\x00\x18" IP6), FRAME, 0x86dd, 4 },
	{ "SLL: IPv4", 113, BYTES(SLL("\x00\x01", "\x08\x00") IP4), FRAME, 0x0800, 16 },
	{ "SLL: IPv6, no payload", 113, BYTES(SLL("\x00\x01", "\x86\xdd")), FRAME, 0x86dd, 16 },
	{ "SLL: VLAN tag", 113, BYTES(SLL("\x00\x01", "\x81\x00") "\x00\x07\x08\x00" IP4), FRAME, 0x8100, 16 },
	{ "SLL: PPPoE session", 113, BYTES(SLL("\x00\x01", "\x88\x64") "\x11\x00"), FRAME, 0x8864, 16 },
	{ "SLL: 802.2", 113, BYTES(SLL("\x00\x01", "\x00\x04") IP4), LINK_TYPE, 0, 0 },
	{ "SLL: highest length field", 113, BYTES(SLL("\x00\x01", "\x05\xff") IP4), LINK_TYPE, 0, 0 },
	{ "SLL: lowest EtherType", 113, BYTES(SLL("\x00\x01", "\x06\x00") IP4), FRAME, 0x0600, 16 },
	{ "SLL: netlink", 113, BYTES(SLL("\x03\x38", "\x08\x00") IP4), LINK_TYPE, 0, 0 },
	{ "SLL: radiotap", 113, BYTES(SLL("\x03\x23", "\x08\x00") IP4), LINK_TYPE, 0, 0 },
	{ "SLL: header cut", 113, SLL("\x00\x01", "\x08\x00"), 15, LINK_TYPE, 0, 0 },
	{ "SLL2: IPv4", 276, BYTES(SLL2("\x00\x01", "\x08\x00") IP4), FRAME, 0x0800, 20 },
	{ "SLL2: IPv6, no payload", 276, BYTES(SLL2("\x00\x01", "\x86\xdd")), FRAME, 0x86dd, 20 },
	{ "SLL2: 802.2", 276, BYTES(SLL2("\x00\x01", "\x00\x04") IP4), LINK_TYPE, 0, 0 },
	{ "SLL2: netlink", 276, BYTES(SLL2("\x03\x38", "\x08\x00") IP4), LINK_TYPE, 0, 0 },
	{ "SLL2: header cut", 276, SLL2("\x00\x01", "\x08\x00"), 19, LINK_TYPE, 0, 0 },
	{ "PPP: address and control", 9, BYTES("\xff\x03\x00\x21" IP4), FRAME, 0x0800, 4 },
	{ "PPP: bare protocol", 9, BYTES("\x00\x57" IP6), FRAME, 0x86dd, 2 },
	{ "PPP: compressed protocol", 9, BYTES("\x21" IP4), FRAME, 0x0800, 1 },
	{ "PPP: address, compressed protocol", 9, BYTES("\xff\x03\x57" IP6), FRAME, 0x86dd, 3 },
	{ "PPP: MPLS", 9, BYTES("\xff\x03\x02\x81\x00\x01\x01\x40" IP4), FRAME, 0x8847, 4 },
	{ "PPP: LCP", 9, BYTES("\xff\x03\xc0\x21\x01\x01\x00\x04"), LINK_TYPE, 0, 0 },
	{ "PPP: cut after the control field", 9, BYTES("\xff\x03"), LINK_TYPE, 0, 0 },
	{ "PPP: cut within the protocol", 9, BYTES("\xff\x03\x00"), LINK_TYPE, 0, 0 },
	{ "PPP: one byte", 9, BYTES("\x00"), LINK_TYPE, 0, 0 },
	{ "PPP: nothing", 9, BYTES(""), LINK_TYPE, 0, 0 },
	{ "PPP in HDLC framing", 50, BYTES("\xff\x03\x00\x21" IP4), FRAME, 0x0800, 4 },
	{ "PPP_HDLC: Cisco framing", 50, BYTES("\x0f\x00\x08\x00" IP4), FRAME, 0x0800, 4 },
	{ "PPP_HDLC: Cisco multicast", 50, BYTES("\x8f\x00\x86\xdd" IP6), FRAME, 0x86dd, 4 },
	{ "PPP_HDLC: Cisco framing cut", 50, BYTES("\x0f\x00\x08"), LINK_TYPE, 0, 0 },
	{ "C_HDLC: IPv4", 104, BYTES("\x0f\x00\x08\x00" IP4), FRAME, 0x0800, 4 },
	{ "C_HDLC: MPLS", 104, BYTES("\x0f\x00\x88\x47\x00\x01\x01\x40" IP4), FRAME, 0x8847, 4 },
	{ "C_HDLC: keep-alive", 104, BYTES("\x8f\x00\x80\x35\x00\x00\x00\x02"), FRAME, 0x8035, 4 },
	{ "C_HDLC: no EtherType", 104, BYTES("\x0f\x00\x00\x42"), LINK_TYPE, 0, 0 },
	{ "C_HDLC: header cut", 104, BYTES("\x0f\x00\x08"), LINK_TYPE, 0, 0 },
	{ "PPP_ETHER: session", 51, BYTES("\x11\x00\x00\x01\x00\x16\x00\x21" IP4), FRAME, 0x8864, 0 },
	{ "PPP_ETHER: discovery", 51, BYTES("\x11\x09\x00\x00\x00\x00"), FRAME, 0x8863, 0 },
	{ "PPP_ETHER: header cut", 51, BYTES("\x11\x00\x00\x01\x00"), LINK_TYPE, 0, 0 },
	{ "unknown: 802.11", 105, BYTES("\x08\x00" IP4), LINK_TYPE, 0, 0 },
	{ "unknown: USB", 189, BYTES(IP4 IP4 IP4), LINK_TYPE, 0, 0 },
	{ "unknown to anybody", 9999, BYTES(IP4), LINK_TYPE, 0, 0 },
};

static void check_link_frame(const struct link_row *row, const struct gp_frame *frame)
{
	__u32 payload = row->len - row->header;

	row_assert(row->name, frame->data_bytes == 14 + payload);
	row_assert(row->name, frame->captured_bytes == row->len);
	row_assert(row->name, frame->wire_bytes == row->len + 5);
	row_assert(row->name, frame->excess_bytes == 14 - (__s32)row->header);
	row_assert(row->name, (frame->data[12] << 8 | frame->data[13]) == row->ethertype);
	row_assert(row->name, !memcmp(frame->data + 14, row->record + row->header, payload));
}

static void check_link_row(const struct link_row *row, const struct capture_format *format)
{
	struct gp_source_pcap *source;
	struct capture_image image;
	char path[CAPTURE_PATH_BYTES];
	struct gp_frame frame;
	char *text;
	int fd, delivered;

	capture_begin(&image, format, row->link_type, SNAPLEN);
	capture_record(&image, 1, 0, row->record, row->len, row->len + 5);
	fd = capture_file(&image, image.len, path);
	collect_messages();
	source = open_one(path);
	text = collected();
	delivered = gp_source_pcap_next(source, &frame);
	row_assert(row->name, delivered == (row->outcome == FRAME));
	if (delivered)
		check_link_frame(row, &frame);
	row_assert(row->name, gp_source_pcap_count(source)->link_type.packets == (row->outcome == LINK_TYPE));
	/* A file that can give nothing is announced; a record that gives nothing is counted only. */
	row_assert(row->name, !!strstr(text, ": link type ") == !strncmp(row->name, "unknown", 7));
	assert_balanced(source, delivered, delivered ? row->len : 0);
	assert_int_equal(gp_source_pcap_next(source, &frame), 0);
	gp_source_pcap_close(source);
	free(text);
	close(fd);
	capture_free(&image);
}

static void test_link_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(link_rows); i++) {
		for (size_t f = 0; f < capture_format_count; f++)
			check_link_row(&link_rows[i], &capture_formats[f]);
	}
}

/* Each record cut anywhere, in a buffer of exactly that size: nothing is read beyond what was captured. */
static void test_link_headers_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(link_rows); i++) {
		const struct link_row *row = &link_rows[i];
		gp_link_reader *read_link = gp_link_find((int)row->link_type);

		for (__u32 len = 0; read_link && len <= row->len; len++) {
			struct gp_link_payload payload = { .offset = 0 };
			__u8 *record = malloc(len ? len : 1);
			bool found;

			assert_non_null(record);
			memcpy(record, row->record, len);
			/* A pointer past the end of the buffer when there is nothing in it. */
			found = read_link(len ? record : record + 1, len, &payload);
			free(record);
			row_assert(row->name, found ? payload.offset <= len && payload.ethertype >= GP_ETHERTYPE_MIN :
						      !payload.offset);
		}
	}
}

/* Lengths at the limits of what an engine takes, and records beyond the snapshot length that the file states. */
static const struct length_row {
	const char *name;
	__u32 link_type, snaplen, captured, wire;
	enum outcome outcome;
	__u32 data_bytes;
} length_rows[] = {
	{ "Ethernet: nothing", ETHER, SNAPLEN, 0, 60, TOO_SHORT, 0 },
	{ "Ethernet: 13 bytes", ETHER, SNAPLEN, 13, 60, TOO_SHORT, 0 },
	{ "Ethernet: a bare header", ETHER, SNAPLEN, 14, 60, FRAME, 14 },
	{ "Ethernet: cut by the snapshot length", ETHER, 96, 96, 1514, FRAME, 96 },
	{ "Ethernet: longer than the snapshot length", ETHER, 96, 1514, 1514, FRAME, 1514 },
	{ "Ethernet: longer on disk than on the wire", ETHER, SNAPLEN, 100, 60, FRAME, 100 },
	{ "Ethernet: no snapshot length", ETHER, 0, 1514, 1514, FRAME, 1514 },
	{ "Ethernet: absurd snapshot length", ETHER, 0xffffffff, 1514, 1514, FRAME, 1514 },
	{ "Ethernet: original length absurd", ETHER, SNAPLEN, 60, 0xffffffff, FRAME, 60 },
	{ "Ethernet: longest", ETHER, SNAPLEN, GP_FRAME_MAX, GP_FRAME_MAX, FRAME, GP_FRAME_MAX },
	{ "Ethernet: too long", ETHER, SNAPLEN, GP_FRAME_MAX + 1, GP_FRAME_MAX + 1, TOO_LONG, 0 },
	{ "Ethernet: longest record", ETHER, SNAPLEN, 262144, 262144, TOO_LONG, 0 },
	{ "raw: longest", 228, SNAPLEN, GP_FRAME_MAX - 14, 80000, FRAME, GP_FRAME_MAX },
	{ "raw: too long", 228, SNAPLEN, GP_FRAME_MAX - 13, 80000, TOO_LONG, 0 },
	{ "SLL2: longest", 276, SNAPLEN, GP_FRAME_MAX + 6, 80000, FRAME, GP_FRAME_MAX },
	{ "SLL2: too long", 276, SNAPLEN, GP_FRAME_MAX + 7, 80000, TOO_LONG, 0 },
};

static void check_length_row(const struct length_row *row, const struct capture_format *format)
{
	struct gp_source_pcap *source;
	const struct gp_source_count *count;
	struct capture_image image;
	char path[CAPTURE_PATH_BYTES];
	struct gp_frame frame;
	__u8 *record = calloc(1, 262144);
	int fd, delivered;

	assert_non_null(record);
	record[0] = 0x08; /* SLL2: IPv4 */
	capture_begin(&image, format, row->link_type, row->snaplen);
	capture_record(&image, 1, 0, record, row->captured, row->wire);
	fd = capture_file(&image, image.len, path);
	source = open_one(path);
	delivered = gp_source_pcap_next(source, &frame);
	count = gp_source_pcap_count(source);
	row_assert(row->name, delivered == (row->outcome == FRAME));
	if (delivered) {
		row_assert(row->name, frame.data_bytes == row->data_bytes);
		row_assert(row->name, frame.captured_bytes == row->captured && frame.wire_bytes == row->wire);
		row_assert(row->name, (__s64)frame.data_bytes - frame.excess_bytes == row->captured);
	}
	row_assert(row->name, count->received.bytes == row->captured && count->wire_bytes == row->wire);
	row_assert(row->name, count->too_short.packets == (row->outcome == TOO_SHORT));
	row_assert(row->name, count->too_long.packets == (row->outcome == TOO_LONG));
	assert_balanced(source, delivered, delivered ? row->captured : 0);
	gp_source_pcap_close(source);
	close(fd);
	capture_free(&image);
	free(record);
}

static void test_lengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(length_rows); i++) {
		for (size_t f = 0; f < capture_format_count; f++)
			check_length_row(&length_rows[i], &capture_formats[f]);
	}
}

/* Time stamps as they lie in the file; seconds of a pcap file are signed for libpcap. */
static const struct time_row {
	const char *name;
	bool nanoseconds;
	__u32 seconds, fraction;
	__u64 time_ns;
} time_rows[] = {
	{ "the epoch", false, 0, 0, 0 },
	{ "microseconds", false, 1700000000, 999999, 1700000000999999000 },
	{ "nanoseconds", true, 1700000000, 999999999, 1700000000999999999 },
	{ "last second of 31 bits", true, 0x7fffffff, 1, 0x7fffffff * NS + 1 },
	{ "negative seconds", true, 0x80000000, 5, 0 },
	{ "a second before the epoch", false, 0xffffffff, 999999, 0 },
	{ "fraction of a second or more", true, 10, 1000000000, 10 * NS + 999999999 },
	{ "negative fraction", true, 10, 0xffffffff, 10 * NS },
};

static void test_times(void **state)
{
	static const __u8 frame_bytes[60];

	(void)state;
	for (size_t i = 0; i < COUNT(time_rows); i++) {
		const struct time_row *row = &time_rows[i];
		struct gp_source_pcap *source;
		struct capture_image image;
		char path[CAPTURE_PATH_BYTES];
		struct gp_frame frame;
		int fd;

		capture_begin(&image, &capture_formats[row->nanoseconds ? 2 : 0], ETHER, SNAPLEN);
		capture_record(&image, row->seconds, row->fraction, frame_bytes, 60, 60);
		fd = capture_file(&image, image.len, path);
		source = open_one(path);
		row_assert(row->name, gp_source_pcap_next(source, &frame) == 1);
		row_assert(row->name, frame.time_ns == row->time_ns);
		row_assert(row->name, gp_source_pcap_count(source)->first_ns == row->time_ns);
		gp_source_pcap_close(source);
		close(fd);
		capture_free(&image);
	}
}

/* pcapng has 64-bit stamps: centuries that do not fit nanoseconds end at 2200. */
static void test_far_future(void **state)
{
	static const __u64 stamps[] = { 4102444800000000, 7258118399999999, 7258118400000000, UINT64_MAX };
	static const __u64 expect[] = { 4102444800 * NS, 7258118399999999000, 7258118400 * NS, 7258118400 * NS };
	static const __u8 frame_bytes[60];
	struct gp_source_pcap *source;
	struct capture_image image;
	char path[CAPTURE_PATH_BYTES];
	struct gp_frame frame;
	int fd;

	(void)state;
	capture_begin(&image, &capture_formats[4], ETHER, SNAPLEN);
	for (size_t i = 0; i < COUNT(stamps); i++)
		capture_packet(&image, 0, stamps[i], frame_bytes, 60, 60);
	fd = capture_file(&image, image.len, path);
	source = open_one(path);
	for (size_t i = 0; i < COUNT(stamps); i++) {
		assert_int_equal(gp_source_pcap_next(source, &frame), 1);
		assert_int_equal(frame.time_ns, expect[i]);
	}
	assert_int_equal(gp_source_pcap_count(source)->time_reversed, 0);
	gp_source_pcap_close(source);
	close(fd);
	capture_free(&image);
}

#define FILES 4
#define STAMPS 8

/* Stamps of each file in seconds, 0 ends; the timeline as file numbers and seconds. */
static const struct merge_row {
	const char *name;
	__u32 stamps[FILES][STAMPS];
	const char *order;
	__u32 times[FILES * STAMPS];
	__u64 time_reversed;
} merge_rows[] = {
	{ "one after the other", { { 1, 2 }, { 3, 4 } }, "0011", { 1, 2, 3, 4 }, 0 },
	{ "the later file first", { { 3, 4 }, { 1, 2 } }, "1100", { 1, 2, 3, 4 }, 0 },
	{ "interleaved", { { 1, 3, 5 }, { 2, 4, 6 } }, "010101", { 1, 2, 3, 4, 5, 6 }, 0 },
	{ "equal stamps: by argument", { { 5, 5 }, { 5 }, { 5 }, { 5 } }, "00123", { 5, 5, 5, 5, 5 }, 0 },
	{ "equal stamps later on", { { 1, 5 }, { 2, 5 }, { 5, 6 } }, "010122", { 1, 2, 5, 5, 5, 6 }, 0 },
	{ "time runs back in one file", { { 5, 3, 4, 6 } }, "0000", { 5, 5, 5, 6 }, 2 },
	{ "time runs back in one of two", { { 1, 9, 2 }, { 3, 10 } }, "01001", { 1, 3, 9, 9, 10 }, 1 },
	{ "an empty file among others", { { 2 }, { 0 }, { 1 } }, "20", { 1, 2 }, 0 },
	{ "four files", { { 4, 8 }, { 3, 7 }, { 2, 6 }, { 1, 5 } }, "32103210", { 1, 2, 3, 4, 5, 6, 7, 8 }, 0 },
	{ "nothing at all", { { 0 } }, "", { 0 }, 0 },
};

static void check_merge_row(const struct merge_row *row)
{
	struct gp_source_pcap *source;
	char paths[FILES][CAPTURE_PATH_BYTES], *arguments[FILES];
	int fds[FILES];
	struct gp_frame frame;
	__u64 done, total;
	size_t n = 0;

	for (int i = 0; i < FILES; i++) {
		struct capture_image image;
		__u8 bytes[60] = { (__u8)i };

		capture_begin(&image, &capture_formats[i], ETHER, SNAPLEN);
		for (int k = 0; k < STAMPS && row->stamps[i][k]; k++)
			capture_record(&image, row->stamps[i][k], 0, bytes, 60, 60);
		fds[i] = capture_file(&image, image.len, paths[i]);
		arguments[i] = paths[i];
		capture_free(&image);
	}
	assert_int_equal(gp_source_pcap_open(&source, arguments, FILES), 0);
	for (; gp_source_pcap_next(source, &frame) == 1; n++) {
		row_assert(row->name, n < strlen(row->order));
		row_assert(row->name, frame.data[0] == row->order[n] - '0');
		row_assert(row->name, frame.time_ns == row->times[n] * NS);
	}
	row_assert(row->name, n == strlen(row->order));
	row_assert(row->name, gp_source_pcap_count(source)->time_reversed == row->time_reversed);
	row_assert(row->name, gp_source_pcap_count(source)->first_ns == row->times[0] * NS);
	row_assert(row->name, gp_source_pcap_count(source)->last_ns == (n ? row->times[n - 1] * NS : 0));
	gp_source_pcap_progress(source, &done, &total);
	row_assert(row->name, done == total && total >= FILES * 24);
	gp_source_pcap_close(source);
	for (int i = 0; i < FILES; i++)
		close(fds[i]);
}

static void test_merge(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(merge_rows); i++)
		check_merge_row(&merge_rows[i]);
}

/* Many files and a file named twice; stamps drawn by a small generator, against the sorted order. */
static void test_merge_many(void **state)
{
	enum { MANY = 40, EACH = 50 };
	struct gp_source_pcap *source;
	char paths[MANY][CAPTURE_PATH_BYTES], *arguments[MANY + 1];
	__u32 last[MANY + 1] = { 0 }, draw = 1, n = 0;
	__u64 last_ns = 0;
	struct gp_frame frame;
	int fds[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		struct capture_image image;
		__u32 stamp = 1;

		capture_begin(&image, &capture_formats[0], ETHER, SNAPLEN);
		for (__u32 k = 1; k <= EACH; k++) {
			__u32 bytes[15] = { (__u32)i, k };

			draw = draw * 1664525 + 1013904223;
			stamp += draw >> 30;
			capture_record(&image, stamp, 0, bytes, 60, 60);
		}
		fds[i] = capture_file(&image, image.len, paths[i]);
		arguments[i] = paths[i];
		capture_free(&image);
	}
	arguments[MANY] = paths[0];
	assert_int_equal(gp_source_pcap_open(&source, arguments, MANY + 1), 0);
	for (; gp_source_pcap_next(source, &frame) == 1; n++) {
		__u32 id[2];

		memcpy(id, frame.data, sizeof(id));
		assert_true(frame.time_ns >= last_ns);
		last_ns = frame.time_ns;
		if (id[0] == 0 && id[1] <= last[0])
			id[0] = MANY;
		assert_int_equal(id[1], last[id[0]] + 1);
		last[id[0]] = id[1];
	}
	assert_int_equal(n, (MANY + 1) * EACH);
	assert_int_equal(gp_source_pcap_count(source)->time_reversed, 0);
	gp_source_pcap_close(source);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
}

/* A file cut after @len bytes: what came before the cut is delivered, and the cut is an error unless it is clean. */
static void check_cut(const struct capture_image *image, size_t len, __u32 whole_records, bool clean)
{
	struct gp_source_pcap *source = NULL;
	char path[CAPTURE_PATH_BYTES], *argument = path;
	struct gp_frame frame;
	__u64 delivered = 0;
	int fd = capture_file(image, len, path);
	int err;

	err = gp_source_pcap_open(&source, &argument, 1);
	if (err) {
		assert_int_equal(err, -EINVAL);
		assert_int_equal(whole_records, 0);
		assert_false(clean);
		close(fd);
		return;
	}
	while ((err = gp_source_pcap_next(source, &frame)) == 1) {
		assert_int_equal(frame.data[20], delivered);
		delivered++;
	}
	assert_int_equal(delivered, whole_records);
	assert_int_equal(err, clean ? 0 : -EIO);
	assert_int_equal(gp_source_pcap_next(source, &frame), err);
	assert_int_equal(!gp_source_pcap_error(source), clean);
	assert_balanced(source, delivered, 37 * delivered);
	gp_source_pcap_close(source);
	close(fd);
}

static void test_cut_anywhere(void **state)
{
	(void)state;
	collect_messages();
	for (size_t f = 0; f < capture_format_count; f++) {
		struct capture_image image;
		size_t ends[4], at = 0;

		capture_begin(&image, &capture_formats[f], ETHER, SNAPLEN);
		ends[0] = image.len;
		for (__u8 i = 0; i < 3; i++) {
			__u8 bytes[37] = { [20] = i };

			capture_record(&image, 100u + i, 0, bytes, 37, 1500);
			ends[i + 1] = image.len;
		}
		for (size_t len = 0; len <= image.len; len++) {
			while (at < 3 && len >= ends[at + 1])
				at++;
			check_cut(&image, len, (__u32)at, len == ends[at]);
		}
		capture_free(&image);
	}
	free(collected());
}

/* Damage ends the whole timeline, with the number of the packet in its file. */
static void test_damage(void **state)
{
	struct gp_source_pcap *source;
	struct capture_image image, good;
	char path[CAPTURE_PATH_BYTES], good_path[CAPTURE_PATH_BYTES], *arguments[] = { good_path, path };
	char expect[128], *text;
	static const __u8 bytes[60];
	struct gp_frame frame;
	int fd, good_fd;

	(void)state;
	capture_begin(&good, &capture_formats[0], ETHER, SNAPLEN);
	for (__u32 s = 1; s < 10; s++)
		capture_record(&good, s, 0, bytes, 60, 60);
	good_fd = capture_file(&good, good.len, good_path);
	capture_begin(&image, &capture_formats[0], ETHER, SNAPLEN);
	capture_record(&image, 3, 500000, bytes, 60, 60);
	capture_put32(&image, 4);
	capture_put32(&image, 0);
	capture_put32(&image, 0xfffffff0);
	capture_put32(&image, 60);
	capture_put(&image, bytes, 60);
	fd = capture_file(&image, image.len, path);

	collect_messages();
	assert_int_equal(gp_source_pcap_open(&source, arguments, 2), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(gp_source_pcap_next(source, &frame), 1);
	assert_null(gp_source_pcap_error(source));
	assert_int_equal(gp_source_pcap_next(source, &frame), -EIO);
	text = collected();
	snprintf(expect, sizeof(expect), "%s: packet 2: ", path);
	assert_memory_equal(gp_source_pcap_error(source), expect, strlen(expect));
	assert_non_null(strstr(text, expect));
	assert_int_equal(gp_source_pcap_count(source)->received.packets, 4);
	assert_int_equal(gp_source_pcap_count(source)->last_ns, 3 * NS + NS / 2);
	gp_source_pcap_close(source);
	free(text);
	close(fd);
	close(good_fd);
	capture_free(&image);
	capture_free(&good);
}

/* Interfaces may differ in their snapshot lengths, not in their link types (libpcap's limit, said as such). */
static void test_interfaces(void **state)
{
	static const __u8 bytes[400];

	(void)state;
	for (size_t f = 4; f < capture_format_count; f++) {
		for (int other_type = 0; other_type < 2; other_type++) {
			struct gp_source_pcap *source;
			struct capture_image image;
			char path[CAPTURE_PATH_BYTES];
			struct gp_frame frame;
			int fd;

			capture_begin(&image, &capture_formats[f], ETHER, 96);
			capture_interface(&image, ETHER, 128);
			capture_packet(&image, 0, 1, bytes, 96, 1514);
			capture_packet(&image, 1, 2, bytes, 400, 400);
			capture_interface(&image, other_type ? 113 : ETHER, 65535);
			capture_packet(&image, 2, 3, bytes, 300, 300);
			fd = capture_file(&image, image.len, path);
			collect_messages();
			source = open_one(path);
			assert_int_equal(gp_source_pcap_next(source, &frame), 1);
			assert_int_equal(frame.captured_bytes, 96);
			assert_int_equal(gp_source_pcap_next(source, &frame), 1);
			assert_int_equal(frame.captured_bytes, 400);
			assert_int_equal(gp_source_pcap_next(source, &frame), other_type ? -EIO : 1);
			free(collected());
			if (other_type)
				assert_non_null(strstr(gp_source_pcap_error(source), "packet 3: "));
			gp_source_pcap_close(source);
			close(fd);
			capture_free(&image);
		}
	}
}

/* A pcapng simple packet block: no time, no captured length; what the snapshot length left out is not there. */
static void put_simple_packet(struct capture_image *image, const void *data, __u32 captured, __u32 wire)
{
	__u32 bytes = 16 + (captured + 3) / 4 * 4;

	capture_put32(image, 3);
	capture_put32(image, bytes);
	capture_put32(image, wire);
	capture_put(image, data, (captured + 3) / 4 * 4);
	capture_put32(image, bytes);
}

/* So many that blocks begin at every place of a read. */
static void test_simple_packets(void **state)
{
	static const __u8 bytes[96] = { 2 };
	const __u32 count = 30000;

	(void)state;
	for (size_t f = 4; f < capture_format_count; f++) {
		struct gp_source_pcap *source;
		struct capture_image image;
		char path[CAPTURE_PATH_BYTES];
		struct gp_frame frame;
		__u32 n = 0;
		int fd;

		capture_begin(&image, &capture_formats[f], ETHER, 93);
		for (__u32 i = 0; i < count; i++)
			put_simple_packet(&image, bytes, i % 3 ? 93 : 60, i % 3 ? 300 + i % 1000 : 60);
		fd = capture_file(&image, image.len, path);
		source = open_one(path);
		for (__u64 wire = 0; gp_source_pcap_next(source, &frame) == 1; n++) {
			assert_int_equal(frame.captured_bytes, n % 3 ? 93 : 60);
			wire += n % 3 ? 300 + n % 1000 : 60;
			if (n + 1 == count)
				assert_int_equal(gp_source_pcap_count(source)->wire_bytes, wire);
		}
		assert_null(gp_source_pcap_error(source));
		assert_int_equal(n, count);
		gp_source_pcap_close(source);
		close(fd);
		capture_free(&image);
	}
}

/* Record number @n of the test below: its length, and the byte that fills it behind its number. */
static __u32 long_length(__u32 n)
{
	static const __u32 lengths[] = { 60, 1514, 14, 590, GP_FRAME_MAX, 66, 1400, 9014 };

	return lengths[n % COUNT(lengths)] + (n % COUNT(lengths) == 4 ? 0 : n % 7);
}

static void check_long_frame(const struct gp_frame *frame, __u32 n)
{
	__u32 number;

	assert_int_equal(frame->data_bytes, long_length(n));
	memcpy(&number, frame->data, sizeof(number));
	assert_int_equal(number, n);
	for (__u32 i = sizeof(number); i < frame->data_bytes; i++)
		assert_true(frame->data[i] == (__u8)n);
	assert_int_equal(frame->time_ns, (1000 + n) * NS);
}

/* Files many times longer than what is read at once: records and their headers lie across the ends of reads. */
static void test_across_reads(void **state)
{
	const __u32 count = 800;
	__u8 *record = malloc(GP_FRAME_MAX);

	(void)state;
	assert_non_null(record);
	for (size_t f = 0; f < capture_format_count; f++) {
		struct gp_source_pcap *source;
		struct capture_image image;
		char path[CAPTURE_PATH_BYTES];
		struct gp_frame frame;
		int fd;

		capture_begin(&image, &capture_formats[f], ETHER, SNAPLEN);
		for (__u32 n = 0; n < count; n++) {
			memset(record, (__u8)n, GP_FRAME_MAX);
			memcpy(record, &n, sizeof(n));
			capture_record(&image, 1000 + n, 0, record, long_length(n), long_length(n));
		}
		fd = capture_file(&image, image.len, path);
		source = open_one(path);
		for (__u32 n = 0; n < count; n++) {
			assert_int_equal(gp_source_pcap_next(source, &frame), 1);
			check_long_frame(&frame, n);
		}
		assert_int_equal(gp_source_pcap_next(source, &frame), 0);
		gp_source_pcap_close(source);
		close(fd);
		capture_free(&image);
	}
	free(record);
}

/* More files than READ_MANY share less room between them, and give the same. */
static void test_very_many_files(void **state)
{
	enum { MANY = 300, EACH = 60 };
	static const __u8 bytes[1514];
	char path[CAPTURE_PATH_BYTES], *arguments[MANY];
	struct gp_source_pcap *source;
	struct capture_image image;
	struct gp_frame frame;
	__u32 n = 0;
	int fd;

	(void)state;
	capture_begin(&image, &capture_formats[0], ETHER, SNAPLEN);
	for (__u32 k = 0; k < EACH; k++)
		capture_record(&image, 1 + k, 0, bytes, sizeof(bytes), sizeof(bytes));
	fd = capture_file(&image, image.len, path);
	for (int i = 0; i < MANY; i++)
		arguments[i] = path;
	assert_int_equal(gp_source_pcap_open(&source, arguments, MANY), 0);
	for (; gp_source_pcap_next(source, &frame) == 1; n++)
		assert_int_equal(frame.time_ns, (1 + n / MANY) * NS);
	assert_int_equal(n, MANY * EACH);
	gp_source_pcap_close(source);
	close(fd);
	capture_free(&image);
}

/* Whatever the pieces in which a file arrives, its bytes pass alike. */
static void test_stream_pieces(void **state)
{
	static const __u8 bytes[64] = { 1, 0, 0, 0, 1 };

	(void)state;
	for (size_t f = 0; f < capture_format_count; f++) {
		struct capture_image image;
		__u8 *whole, *pieces;

		capture_begin(&image, &capture_formats[f], ETHER, 0x01020304);
		if (image.format->pcapng)
			capture_interface(&image, ETHER, 0x05060708);
		capture_record(&image, 1, 0, bytes, 64, 64);
		capture_record(&image, 1, 0, bytes, 0, 64);
		whole = malloc(image.len);
		pieces = malloc(image.len);
		assert_true(whole && pieces);
		for (size_t step = 1; step <= image.len; step++) {
			struct gp_pcap_stream a = { 0 }, b = { 0 };
			size_t differ = 0;

			memcpy(whole, image.data, image.len);
			memcpy(pieces, image.data, image.len);
			gp_pcap_stream_pass(&a, whole, image.len);
			for (size_t at = 0; at < image.len; at += step)
				gp_pcap_stream_pass(&b, pieces + at, step < image.len - at ? step : image.len - at);
			assert_memory_equal(whole, pieces, image.len);
			assert_int_equal(b.bytes, image.len);
			for (size_t i = 0; i < image.len; i++)
				differ += whole[i] != image.data[i];
			assert_int_equal(differ, image.format->pcapng ? 8 : 4);
		}
		free(whole);
		free(pieces);
		capture_free(&image);
	}
}

static const struct open_row {
	const char *name;
	const char *path, *second;
	int err;
	const char *message;
} open_rows[] = {
	{ "no such file", "/nonexistent/x.pcap", NULL, -ENOENT, "/nonexistent/x.pcap: cannot open: No such file" },
	{ "a directory", "/", NULL, -EISDIR, "/: cannot open: Is a directory; name the capture files in it" },
	{ "a path through a file", "/proc/self/status/x", NULL, -ENOTDIR, "Not a directory; check the path" },
	{ "empty", "/dev/null", NULL, -EINVAL, "/dev/null: truncated dump file" },
	{ "not a capture", "/proc/self/status", NULL, -EINVAL, "/proc/self/status: unknown file format; unpack it" },
	{ "zeros without end", "/dev/zero", NULL, -EINVAL, "/dev/zero: unknown file format" },
	{ "standard input twice", "-", "-", -EINVAL, "standard input: named 2 times" },
	{ "an empty path", "", NULL, -ENOENT, "cannot open: No such file" },
};

static void test_open_errors(void **state)
{
	char long_path[8192], *argument = long_path;
	struct gp_source_pcap *source = NULL;
	char *text;

	(void)state;
	for (size_t i = 0; i < COUNT(open_rows); i++) {
		const struct open_row *row = &open_rows[i];
		char *arguments[] = { (char *)row->path, (char *)row->second };
		int err;

		collect_messages();
		err = gp_source_pcap_open(&source, arguments, row->second ? 2 : 1);
		text = collected();
		row_assert(row->name, err == row->err);
		if (!strstr(text, row->message))
			fail_msg("%s: said \"%s\"", row->name, text);
		row_assert(row->name, strchr(text, '\n') == text + strlen(text) - 1);
		free(text);
	}
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	collect_messages();
	assert_int_equal(gp_source_pcap_open(&source, &argument, 1), -ENAMETOOLONG);
	free(collected());
}

static void test_unreadable(void **state)
{
	char path[] = "/tmp/gatepost-test-XXXXXX", *argument = path, *text;
	struct gp_source_pcap *source = NULL;
	int fd, err;

	(void)state;
	if (!geteuid()) {
		print_message("skipped: root may read everything\n");
		skip();
	}
	fd = mkstemp(path);
	assert_true(fd >= 0);
	fchmod(fd, 0);
	collect_messages();
	err = gp_source_pcap_open(&source, &argument, 1);
	text = collected();
	unlink(path);
	close(fd);
	assert_int_equal(err, -EACCES);
	assert_non_null(strstr(text, "make it readable"));
	free(text);
}

/* One file, read by libpcap through the stream and by nothing else: what the source must agree with. */
struct reference {
	struct gp_pcap_stream stream;
	pcap_t *pcap;
	struct pcap_pkthdr *header;
	const u_char *data;
	__u64 records, bytes, time_ns;
};

static bool reference_open(struct reference *reference, const char *path)
{
	char reason[PCAP_ERRBUF_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	FILE *file;

	assert_true(fd >= 0);
	memset(reference, 0, sizeof(*reference));
	file = gp_pcap_stream_open(&reference->stream, fd);
	assert_non_null(file);
	reference->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, reason);
	if (!reference->pcap)
		fclose(file);
	return reference->pcap;
}

/* Time as the timeline has it: within the years that it knows, and never back. */
static __u64 reference_time(const struct timeval *ts, __u64 last_ns)
{
	__s64 ns = ts->tv_usec < 0 ? 0 : ts->tv_usec < (__s64)NS ? ts->tv_usec : (__s64)NS - 1;
	__u64 time_ns = ts->tv_sec < 0		   ? 0 :
			ts->tv_sec >= 7258118400ll ? 7258118400ll * NS :
						     (__u64)ts->tv_sec * NS + (__u64)ns;

	return time_ns > last_ns ? time_ns : last_ns;
}

/* The next record that an engine may see. Return: as pcap_next_ex() has it. */
static int reference_next(struct reference *reference)
{
	int got;

	while ((got = pcap_next_ex(reference->pcap, &reference->header, &reference->data)) == 1) {
		reference->records++;
		reference->bytes += reference->header->caplen;
		reference->time_ns = reference_time(&reference->header->ts, reference->time_ns);
		if (reference->header->caplen >= GP_FRAME_MIN && reference->header->caplen <= GP_FRAME_MAX)
			break;
	}
	return got;
}

/* Frame by frame to the same end. Return: frames; 0 as well when neither opens the file, or it is not Ethernet. */
static __u32 check_as_libpcap(char *path)
{
	const struct gp_source_count *count;
	struct reference reference;
	struct gp_source_pcap *source;
	struct gp_frame frame;
	__u32 n = 0;
	int got, err;

	if (!reference_open(&reference, path)) {
		assert_int_not_equal(gp_source_pcap_open(&source, &path, 1), 0);
		return 0;
	}
	assert_int_equal(gp_source_pcap_open(&source, &path, 1), 0);
	count = gp_source_pcap_count(source);
	while (pcap_datalink(reference.pcap) == DLT_EN10MB) {
		got = reference_next(&reference);
		err = gp_source_pcap_next(source, &frame);
		assert_int_equal(err, got == 1 ? 1 : got == PCAP_ERROR_BREAK ? 0 : -EIO);
		assert_int_equal(count->received.packets, reference.records);
		assert_int_equal(count->received.bytes, reference.bytes);
		if (err < 0)
			assert_non_null(strstr(gp_source_pcap_error(source), pcap_geterr(reference.pcap)));
		if (err != 1)
			break;
		assert_int_equal(frame.captured_bytes, reference.header->caplen);
		assert_int_equal(frame.wire_bytes, reference.header->len);
		assert_int_equal(frame.time_ns, reference.time_ns);
		assert_memory_equal(frame.data, reference.data, frame.captured_bytes);
		n++;
	}
	gp_source_pcap_close(source);
	pcap_close(reference.pcap);
	return n;
}

static __u32 draw(__u32 *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

/* Old versions and another program's magic number have other records; then a byte here and there is another one. */
static void spoil(struct capture_image *image, __u32 round, __u32 *random)
{
	static const __u8 patched[] = { 0x34, 0xcd, 0xb2, 0xa1 };

	if (round % 7 == 0)
		image->data[image->format->big_endian ? 7 : 6] = (__u8)(round / 7 % 6);
	for (__u32 i = 0; round % 11 == 0 && i < 4; i++)
		image->data[i] = patched[image->format->big_endian ? 3 - i : i];
	for (__u32 n = round % 4; n; n--)
		image->data[draw(random) % (n > 1 ? image->len : 40)] = (__u8)draw(random);
}

/* Whatever has become of a file, libpcap says the same of it. */
static void test_as_libpcap(void **state)
{
	static __u8 bytes[70000] = { 1 };
	__u32 random = 1;
	__u64 frames = 0;

	(void)state;
	collect_messages();
	for (__u32 round = 0; round < 4000; round++) {
		__u32 longest = round % 50 ? 1514 : 65500 + round / 50 % 40;
		struct capture_image image;
		char path[CAPTURE_PATH_BYTES];
		int fd;

		capture_begin(&image, &capture_formats[round % 4], ETHER, SNAPLEN);
		for (__u32 n = 0; n < 20; n++)
			capture_record(&image, 1000 + n, n, bytes, n == 12 ? longest : 13 + 5 * n, 99 + n);
		spoil(&image, round, &random);
		fd = capture_file(&image, round % 3 ? image.len : draw(&random) % image.len, path);
		frames += check_as_libpcap(path);
		close(fd);
		capture_free(&image);
	}
	free(collected());
	assert_true(frames > 20000);
}

/* A pipe, merged with a file: the end of the pipe is its end, and the total is not known. */
static void test_standard_input(void **state)
{
	static const __u8 bytes[60];
	struct gp_source_pcap *source;
	struct capture_image image;
	struct gp_frame frame;
	__u64 done, total, n = 0;
	int saved = dup(STDIN_FILENO), ends[2];
	char path[CAPTURE_PATH_BYTES], *arguments[] = { "-", path };
	int fd;

	(void)state;
	capture_begin(&image, &capture_formats[0], ETHER, SNAPLEN);
	for (__u32 i = 0; i < 100; i++)
		capture_record(&image, i, 0, bytes, 60, 60);
	fd = capture_file(&image, image.len, path);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], image.data, image.len), image.len);
	close(ends[1]);
	assert_true(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	close(ends[0]);
	assert_int_equal(gp_source_pcap_open(&source, arguments, 2), 0);
	while (gp_source_pcap_next(source, &frame) == 1)
		n++;
	gp_source_pcap_progress(source, &done, &total);
	assert_int_equal(n, 200);
	assert_int_equal(done, 2 * image.len);
	assert_int_equal(total, 0);
	assert_null(gp_source_pcap_error(source));
	gp_source_pcap_close(source);
	/* Closing the capture closed nothing that belongs to the process. */
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(fd);
	capture_free(&image);
}

/* What another reader says of one file: name, packets, original bytes. */
static void check_against(char *line, unsigned *equal, unsigned *unreadable)
{
	char *name = line, *packets = strchr(line, '\t'), *bytes = packets ? strchr(packets + 1, '\t') : NULL;
	struct gp_source_pcap *source;
	const struct gp_source_count *count;
	struct gp_frame frame;
	__u64 delivered = 0, delivered_bytes = 0;
	int err;

	assert_non_null(bytes);
	*packets++ = '\0';
	*bytes++ = '\0';
	if (gp_source_pcap_open(&source, &name, 1)) {
		(*unreadable)++;
		return;
	}
	while ((err = gp_source_pcap_next(source, &frame)) == 1) {
		delivered++;
		delivered_bytes += frame.captured_bytes;
	}
	count = gp_source_pcap_count(source);
	assert_balanced(source, delivered, delivered_bytes);
	if (err) {
		(*unreadable)++;
		assert_non_null(gp_source_pcap_error(source));
	} else {
		row_assert(name, count->received.packets == strtoull(packets, NULL, 10));
		row_assert(name, count->wire_bytes == strtoull(bytes, NULL, 10));
		(*equal)++;
	}
	gp_source_pcap_close(source);
}

static void test_captures_of_others(void **state)
{
	unsigned equal = 0, unreadable = 0;
	__u64 frames = 0;
	char *line = NULL;
	size_t room = 0;
	FILE *other;

	(void)state;
	if (access(CORPUS, R_OK) || system("command -v capinfos >/dev/null")) {
		print_message("skipped: needs %s and capinfos\n", CORPUS);
		skip();
	}
	other = popen("find " CORPUS " -type f '(' -name '*.pcap' -o -name '*.pcapng' -o -name '*.cap' ')' -print0 |"
		      " sort -z | xargs -0 capinfos -T -M -r -c -d 2>/dev/null",
		      "r");
	assert_non_null(other);
	collect_messages();
	while (getline(&line, &room, other) > 0) {
		check_against(line, &equal, &unreadable);
		frames += check_as_libpcap(line); /* what is left of the line is the name */
	}
	free(collected());
	pclose(other);
	free(line);
	print_message("%u captures read as capinfos reads them, %u not to their end; %llu frames as libpcap has them\n",
		      equal, unreadable, (unsigned long long)frames);
	assert_true(equal && unreadable < equal / 20);
}

#define TEST(function) cmocka_unit_test_teardown(function, show_messages)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_link_types),
		TEST(test_link_headers_cut),
		TEST(test_lengths),
		TEST(test_times),
		TEST(test_far_future),
		TEST(test_merge),
		TEST(test_merge_many),
		TEST(test_cut_anywhere),
		TEST(test_damage),
		TEST(test_interfaces),
		TEST(test_simple_packets),
		TEST(test_across_reads),
		TEST(test_very_many_files),
		TEST(test_stream_pieces),
		TEST(test_open_errors),
		TEST(test_unreadable),
		TEST(test_as_libpcap),
		TEST(test_standard_input),
		TEST(test_captures_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
