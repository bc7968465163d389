/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "captures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const struct capture_format capture_formats[] = {
	{ .name = "pcap, little-endian" },
	{ .name = "pcap, big-endian", .big_endian = true },
	{ .name = "pcap, little-endian, ns", .nanoseconds = true },
	{ .name = "pcap, big-endian, ns", .big_endian = true, .nanoseconds = true },
	{ .name = "pcapng, little-endian", .pcapng = true },
	{ .name = "pcapng, big-endian, ns", .pcapng = true, .big_endian = true, .nanoseconds = true },
};
const size_t capture_format_count = sizeof(capture_formats) / sizeof(capture_formats[0]);

static void fail(const char *what)
{
	perror(what);
	abort();
}

void capture_put(struct capture_image *image, const void *bytes, size_t len)
{
	if (image->len + len > image->room) {
		image->room = 2 * (image->len + len);
		image->data = realloc(image->data, image->room);
		if (!image->data)
			fail("realloc");
	}
	if (len)
		memcpy(image->data + image->len, bytes, len);
	image->len += len;
}

static void put_number(struct capture_image *image, __u32 value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		unsigned shift = 8 * (image->format->big_endian ? bytes - 1 - i : i);
		__u8 byte = (__u8)(value >> shift);

		capture_put(image, &byte, 1);
	}
}

void capture_put16(struct capture_image *image, __u16 value)
{
	put_number(image, value, 2);
}

void capture_put32(struct capture_image *image, __u32 value)
{
	put_number(image, value, 4);
}

void capture_interface(struct capture_image *image, __u32 link_type, __u32 snaplen)
{
	__u32 length = image->format->nanoseconds ? 32 : 20;

	capture_put32(image, 1);
	capture_put32(image, length);
	capture_put16(image, (__u16)link_type);
	capture_put16(image, 0);
	capture_put32(image, snaplen);
	if (image->format->nanoseconds) {
		/* if_tsresol = 9, then the end of options */
		capture_put16(image, 9);
		capture_put16(image, 1);
		capture_put(image, "\x09\0\0\0\0\0\0\0", 8);
	}
	capture_put32(image, length);
}

static void begin_pcapng(struct capture_image *image, __u32 link_type, __u32 snaplen)
{
	capture_put32(image, 0x0a0d0d0a);
	capture_put32(image, 28);
	capture_put32(image, 0x1a2b3c4d);
	capture_put16(image, 1);
	capture_put16(image, 0);
	capture_put32(image, 0xffffffff);
	capture_put32(image, 0xffffffff);
	capture_put32(image, 28);
	capture_interface(image, link_type, snaplen);
}

void capture_begin(struct capture_image *image, const struct capture_format *format, __u32 link_type, __u32 snaplen)
{
	memset(image, 0, sizeof(*image));
	image->format = format;
	if (format->pcapng) {
		begin_pcapng(image, link_type, snaplen);
		return;
	}
	capture_put32(image, format->nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
	capture_put16(image, 2);
	capture_put16(image, 4);
	capture_put32(image, 0);
	capture_put32(image, 0);
	capture_put32(image, snaplen);
	capture_put32(image, link_type);
}

void capture_packet(struct capture_image *image, __u32 interface, __u64 stamp, const void *data, __u32 captured,
		    __u32 wire)
{
	__u32 padding = -captured & 3;

	capture_put32(image, 6);
	capture_put32(image, 32 + captured + padding);
	capture_put32(image, interface);
	capture_put32(image, (__u32)(stamp >> 32));
	capture_put32(image, (__u32)stamp);
	capture_put32(image, captured);
	capture_put32(image, wire);
	capture_put(image, data, captured);
	capture_put(image, "\0\0\0", padding);
	capture_put32(image, 32 + captured + padding);
}

void capture_record(struct capture_image *image, __u32 seconds, __u32 fraction, const void *data, __u32 captured,
		    __u32 wire)
{
	if (image->format->pcapng) {
		__u64 unit = image->format->nanoseconds ? 1000000000 : 1000000;

		capture_packet(image, 0, seconds * unit + fraction, data, captured, wire);
		return;
	}
	capture_put32(image, seconds);
	capture_put32(image, fraction);
	capture_put32(image, captured);
	capture_put32(image, wire);
	capture_put(image, data, captured);
}

int capture_file(const struct capture_image *image, size_t len, char *path)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	if (fd < 0)
		fail("memfd_create");
	if (len && write(fd, image->data, len) != (ssize_t)len)
		fail("write");
	snprintf(path, CAPTURE_PATH_BYTES, "/proc/self/fd/%d", fd);
	return fd;
}

void capture_free(struct capture_image *image)
{
	free(image->data);
	memset(image, 0, sizeof(*image));
}
