/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes capture files in memory, byte by byte, so that tests need none from outside. */
#ifndef GATEPOST_TESTS_CAPTURES_H
#define GATEPOST_TESTS_CAPTURES_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct capture_format {
	const char *name;
	bool big_endian;
	bool nanoseconds;
	bool pcapng;
};

extern const struct capture_format capture_formats[];
extern const size_t capture_format_count;

#define CAPTURE_PATH_BYTES 64

/* A capture file under construction. */
struct capture_image {
	const struct capture_format *format;
	__u8 *data;
	size_t len, room;
};

void capture_put(struct capture_image *image, const void *bytes, size_t len);
void capture_put16(struct capture_image *image, __u16 value);
void capture_put32(struct capture_image *image, __u32 value);

/* The file's header; of pcapng, a section and one interface. */
void capture_begin(struct capture_image *image, const struct capture_format *format, __u32 link_type, __u32 snaplen);
/* pcapng: one more interface. */
void capture_interface(struct capture_image *image, __u32 link_type, __u32 snaplen);
/* One record; @fraction counts micro- or nanoseconds, as the format has it. */
void capture_record(struct capture_image *image, __u32 seconds, __u32 fraction, const void *data, __u32 captured,
		    __u32 wire);
/* pcapng: a record of a certain interface, with a time stamp of 64 bits. */
void capture_packet(struct capture_image *image, __u32 interface, __u64 stamp, const void *data, __u32 captured,
		    __u32 wire);

/* Makes the first @len bytes a file that lives as long as the descriptor returned. @path: CAPTURE_PATH_BYTES. */
int capture_file(const struct capture_image *image, size_t len, char *path);
void capture_free(struct capture_image *image);

#endif
