/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap_stream.h"

#include <string.h>
#include <unistd.h>

/* draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng; numbers as they lie in a big-endian file. */
enum {
	PCAP_HEAD = 24,
	PCAP_SNAPLEN = 16, /* offset of 4 bytes */
	BLOCK_HEAD = 16,   /* as much of a block as is looked at; an interface's snapshot length is its end */
	BLOCK_MIN = 12,	   /* type, length, length again: what every block has */
	BLOCK_INTERFACE = 1,
};

#define BLOCK_SECTION 0x0a0d0d0au /* reads the same in either byte order */
#define BYTE_ORDER_LITTLE 0x4d3c2b1au

static __u32 load(const struct gp_pcap_stream *stream, __u32 at)
{
	__u32 value = gp_load_be32(stream->head + at);

	return stream->big_endian ? value : __builtin_bswap32(value);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The first 12 bytes of a block are here: how long is it? */
static void begin_block(struct gp_pcap_stream *stream)
{
	__u32 length;

	if (gp_load_be32(stream->head) == BLOCK_SECTION)
		stream->big_endian = gp_load_be32(stream->head + 8) != BYTE_ORDER_LITTLE;
	length = load(stream, 4);
	/* libpcap will say what is wrong with such a block. */
	if (length < BLOCK_MIN || length % 4) {
		stream->opaque = true;
		return;
	}
	stream->skip_bytes = length - BLOCK_MIN;
}

/* Bytes 12 to 15 of a block, or what of them is in @data. Return: how many were passed. */
static size_t pass_block_tail(struct gp_pcap_stream *stream, __u8 *data, size_t bytes)
{
	size_t n = least(bytes, least(BLOCK_HEAD - stream->head_bytes, stream->skip_bytes));

	if (load(stream, 0) == BLOCK_INTERFACE)
		memset(data, 0, n);
	stream->head_bytes += (__u32)n;
	stream->skip_bytes -= (__u32)n;
	return n;
}

static size_t pass_block(struct gp_pcap_stream *stream, __u8 *data, size_t bytes)
{
	size_t n;

	if (stream->head_bytes < BLOCK_MIN) {
		n = least(bytes, BLOCK_MIN - stream->head_bytes);
		memcpy(stream->head + stream->head_bytes, data, n);
		stream->head_bytes += (__u32)n;
		if (stream->head_bytes == BLOCK_MIN)
			begin_block(stream);
	} else if (stream->head_bytes < BLOCK_HEAD) {
		n = pass_block_tail(stream, data, bytes);
	} else {
		n = least(bytes, stream->skip_bytes);
		stream->skip_bytes -= (__u32)n;
	}
	if (stream->head_bytes >= BLOCK_MIN && !stream->skip_bytes)
		stream->head_bytes = 0;
	return n;
}

/* The header of a pcap file, byte by byte: it is short, and comes once. */
static void pass_file_head(struct gp_pcap_stream *stream, __u8 *byte)
{
	if (stream->head_bytes >= PCAP_SNAPLEN && stream->head_bytes < PCAP_SNAPLEN + 4)
		*byte = 0;
	stream->head_bytes++;
	if (stream->head_bytes == PCAP_HEAD)
		stream->opaque = true;
}

void gp_pcap_stream_pass(struct gp_pcap_stream *stream, __u8 *data, size_t bytes)
{
	size_t at = 0;

	while (at < bytes && !stream->opaque) {
		/* Both formats are known by their first byte; what is neither, libpcap refuses. */
		if (!stream->bytes && !at)
			stream->pcapng = data[0] == 0x0a;
		if (stream->pcapng) {
			at += pass_block(stream, data + at, bytes - at);
		} else {
			pass_file_head(stream, data + at);
			at++;
		}
	}
	stream->bytes += bytes;
}

static ssize_t stream_read(void *cookie, char *data, size_t bytes)
{
	struct gp_pcap_stream *stream = cookie;
	ssize_t n = read(stream->fd, data, bytes);

	if (n > 0)
		gp_pcap_stream_pass(stream, (__u8 *)data, (size_t)n);
	return n;
}

static int stream_close(void *cookie)
{
	struct gp_pcap_stream *stream = cookie;

	return close(stream->fd);
}

FILE *gp_pcap_stream_open(struct gp_pcap_stream *stream, int fd)
{
	memset(stream, 0, sizeof(*stream));
	stream->fd = fd;
	return fopencookie(stream, "rb", (cookie_io_functions_t){ .read = stream_read, .close = stream_close });
}
