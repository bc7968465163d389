/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures as one timeline: formats, link types, lengths, times, merging. Damage: test_source_pcap_damage.c. */
#include "source_pcap_check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "pcap_link.h"
#include "pcap_stream.h"

/* One capture, written by capture_begin() and what follows, and then read back. */
struct capture {
	struct capture_image image;
	char path[CAPTURE_PATH_BYTES];
	int fd;
	struct gp_source_pcap *source;
};

static void capture_open(struct capture *c)
{
	char *path = c->path;

	c->fd = capture_file(&c->image, c->image.len, c->path);
	c->source = NULL;
	assert_int_equal(gp_source_pcap_open(&c->source, &path, 1), 0);
	assert_non_null(c->source);
}

static void capture_close(struct capture *c)
{
	gp_source_pcap_close(c->source);
	close(c->fd);
	capture_free(&c->image);
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
	struct capture c;
	struct gp_frame frame;
	char *text;
	int delivered;

	capture_begin(&c.image, format, row->link_type, SNAPLEN);
	capture_record(&c.image, 1, 0, row->record, row->len, row->len + 5);
	collect_messages();
	capture_open(&c);
	text = collected();
	delivered = gp_source_pcap_next(c.source, &frame);
	row_assert(row->name, delivered == (row->outcome == FRAME));
	if (delivered)
		check_link_frame(row, &frame);
	row_assert(row->name, gp_source_pcap_count(c.source)->link_type.packets == (row->outcome == LINK_TYPE));
	/* A file that can give nothing is announced; a record that gives nothing is counted only. */
	row_assert(row->name, !!strstr(text, ": link type ") == !strncmp(row->name, "unknown", 7));
	assert_balanced(c.source, delivered, delivered ? row->len : 0);
	assert_int_equal(gp_source_pcap_next(c.source, &frame), 0);
	capture_close(&c);
	free(text);
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
	const struct gp_source_count *count;
	struct capture c;
	struct gp_frame frame;
	__u8 *record = calloc(1, 262144);
	int delivered;

	assert_non_null(record);
	record[0] = 0x08; /* SLL2: IPv4 */
	capture_begin(&c.image, format, row->link_type, row->snaplen);
	capture_record(&c.image, 1, 0, record, row->captured, row->wire);
	capture_open(&c);
	delivered = gp_source_pcap_next(c.source, &frame);
	count = gp_source_pcap_count(c.source);
	row_assert(row->name, delivered == (row->outcome == FRAME));
	if (delivered) {
		row_assert(row->name, frame.data_bytes == row->data_bytes);
		row_assert(row->name, frame.captured_bytes == row->captured && frame.wire_bytes == row->wire);
		row_assert(row->name, (__s64)frame.data_bytes - frame.excess_bytes == row->captured);
	}
	row_assert(row->name, count->received.bytes == row->captured && count->wire_bytes == row->wire);
	row_assert(row->name, count->too_short.packets == (row->outcome == TOO_SHORT));
	row_assert(row->name, count->too_long.packets == (row->outcome == TOO_LONG));
	assert_balanced(c.source, delivered, delivered ? row->captured : 0);
	capture_close(&c);
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
		struct capture c;
		struct gp_frame frame;

		capture_begin(&c.image, &capture_formats[row->nanoseconds ? 2 : 0], ETHER, SNAPLEN);
		capture_record(&c.image, row->seconds, row->fraction, frame_bytes, 60, 60);
		capture_open(&c);
		row_assert(row->name, gp_source_pcap_next(c.source, &frame) == 1);
		row_assert(row->name, frame.time_ns == row->time_ns);
		row_assert(row->name, gp_source_pcap_count(c.source)->first_ns == row->time_ns);
		capture_close(&c);
	}
}

/* pcapng has 64-bit stamps: centuries that do not fit nanoseconds end at 2200. */
static void test_far_future(void **state)
{
	static const __u64 stamps[] = { 4102444800000000, 7258118399999999, 7258118400000000, UINT64_MAX };
	static const __u64 expect[] = { 4102444800 * NS, 7258118399999999000, 7258118400 * NS, 7258118400 * NS };
	static const __u8 frame_bytes[60];
	struct capture c;
	struct gp_frame frame;

	(void)state;
	capture_begin(&c.image, &capture_formats[4], ETHER, SNAPLEN);
	for (size_t i = 0; i < COUNT(stamps); i++)
		capture_packet(&c.image, 0, stamps[i], frame_bytes, 60, 60);
	capture_open(&c);
	for (size_t i = 0; i < COUNT(stamps); i++) {
		assert_int_equal(gp_source_pcap_next(c.source, &frame), 1);
		assert_int_equal(frame.time_ns, expect[i]);
	}
	assert_int_equal(gp_source_pcap_count(c.source)->time_reversed, 0);
	capture_close(&c);
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

/* Interfaces may differ in their snapshot lengths, not in their link types (libpcap's limit, said as such). */
static void test_interfaces(void **state)
{
	static const __u8 bytes[400];

	(void)state;
	for (size_t f = 4; f < capture_format_count; f++) {
		for (int other_type = 0; other_type < 2; other_type++) {
			struct capture c;
			struct gp_frame frame;

			capture_begin(&c.image, &capture_formats[f], ETHER, 96);
			capture_interface(&c.image, ETHER, 128);
			capture_packet(&c.image, 0, 1, bytes, 96, 1514);
			capture_packet(&c.image, 1, 2, bytes, 400, 400);
			capture_interface(&c.image, other_type ? 113 : ETHER, 65535);
			capture_packet(&c.image, 2, 3, bytes, 300, 300);
			collect_messages();
			capture_open(&c);
			assert_int_equal(gp_source_pcap_next(c.source, &frame), 1);
			assert_int_equal(frame.captured_bytes, 96);
			assert_int_equal(gp_source_pcap_next(c.source, &frame), 1);
			assert_int_equal(frame.captured_bytes, 400);
			assert_int_equal(gp_source_pcap_next(c.source, &frame), other_type ? -EIO : 1);
			free(collected());
			if (other_type)
				assert_non_null(strstr(gp_source_pcap_error(c.source), "packet 3: "));
			capture_close(&c);
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
		struct capture c;
		struct gp_frame frame;
		__u32 n = 0;

		capture_begin(&c.image, &capture_formats[f], ETHER, 93);
		for (__u32 i = 0; i < count; i++)
			put_simple_packet(&c.image, bytes, i % 3 ? 93 : 60, i % 3 ? 300 + i % 1000 : 60);
		capture_open(&c);
		for (__u64 wire = 0; gp_source_pcap_next(c.source, &frame) == 1; n++) {
			assert_int_equal(frame.captured_bytes, n % 3 ? 93 : 60);
			wire += n % 3 ? 300 + n % 1000 : 60;
			if (n + 1 == count)
				assert_int_equal(gp_source_pcap_count(c.source)->wire_bytes, wire);
		}
		assert_null(gp_source_pcap_error(c.source));
		assert_int_equal(n, count);
		capture_close(&c);
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
		struct capture c;
		struct gp_frame frame;

		capture_begin(&c.image, &capture_formats[f], ETHER, SNAPLEN);
		for (__u32 n = 0; n < count; n++) {
			memset(record, (__u8)n, GP_FRAME_MAX);
			memcpy(record, &n, sizeof(n));
			capture_record(&c.image, 1000 + n, 0, record, long_length(n), long_length(n));
		}
		capture_open(&c);
		for (__u32 n = 0; n < count; n++) {
			assert_int_equal(gp_source_pcap_next(c.source, &frame), 1);
			check_long_frame(&frame, n);
		}
		assert_int_equal(gp_source_pcap_next(c.source, &frame), 0);
		capture_close(&c);
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
		TEST(test_interfaces),
		TEST(test_simple_packets),
		TEST(test_across_reads),
		TEST(test_very_many_files),
		TEST(test_stream_pieces),
		TEST(test_standard_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
