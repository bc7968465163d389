/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap_stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng; numbers as they lie in a big-endian file. */
enum {
	PCAP_HEAD = 24,
	PCAP_SNAPLEN = 16, /* offset of 4 bytes */
	BLOCK_HEAD = 16,   /* as much of a block as is looked at; an interface's snapshot length is its end */
	BLOCK_MIN = 12,	   /* type, length, length again: what every block has */
	BLOCK_INTERFACE = 1,
	BLOCK_SIMPLE = 3, /* its third word is the original length of the packet */
};

#define BLOCK_SECTION 0x0a0d0d0au /* reads the same in either byte order */
#define BYTE_ORDER_LITTLE 0x4d3c2b1au

static __u32 load_from(const struct gp_pcap_stream *stream, const __u8 *at)
{
	__u32 value = gp_load_be32(at);

	return stream->big_endian ? value : __builtin_bswap32(value);
}

static __u32 load(const struct gp_pcap_stream *stream, __u32 at)
{
	return load_from(stream, stream->head + at);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The first 12 bytes of a block are here: how long is it? */
static void begin_block(struct gp_pcap_stream *stream)
{
	__u32 length;

	if (gp_load_be32(stream->head) == BLOCK_SECTION) {
		stream->big_endian = gp_load_be32(stream->head + 8) != BYTE_ORDER_LITTLE;
		stream->interfaces = 0;
		memset(stream->snaplen, 0, sizeof(stream->snaplen));
	}
	length = load(stream, 4);
	/* libpcap will say what is wrong with such a block. */
	if (length < BLOCK_MIN || length % 4) {
		stream->opaque = true;
		return;
	}
	stream->skip_bytes = length - BLOCK_MIN;
}

/* A simple packet block that was cut by the snapshot length, @block on its first byte, says what it holds. */
static void mend_simple_packet(struct gp_pcap_stream *stream, __u8 *block)
{
	__u32 snaplen = load_from(stream, stream->snaplen), original = load(stream, 8);

	if (load(stream, 0) != BLOCK_SIMPLE || !snaplen || original <= snaplen)
		return;
	memcpy(block + 8, stream->snaplen, sizeof(stream->snaplen));
	stream->cut_bytes += original - snaplen;
}

/* Bytes 12 to 15 of a block, or what of them is in @data. Return: how many were passed. */
static size_t pass_block_tail(struct gp_pcap_stream *stream, __u8 *data, size_t bytes)
{
	size_t n = least(bytes, least(BLOCK_HEAD - stream->head_bytes, stream->skip_bytes));

	if (load(stream, 0) == BLOCK_INTERFACE) {
		if (!stream->interfaces)
			memcpy(&stream->snaplen[stream->head_bytes - BLOCK_MIN], data, n);
		memset(data, 0, n);
	}
	stream->head_bytes += (__u32)n;
	if (stream->head_bytes == BLOCK_HEAD && load(stream, 0) == BLOCK_INTERFACE)
		stream->interfaces++;
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
		if (n == BLOCK_MIN && !stream->opaque)
			mend_simple_packet(stream, data);
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

/*
 * The end of what was read may be the beginning of a block: kept back, it comes in one piece with the next read.
 * Return: how many bytes.
 */
static size_t keep_back(struct gp_pcap_stream *stream, const __u8 *data, size_t bytes)
{
	size_t n = stream->head_bytes;

	if (!stream->pcapng || stream->opaque || n >= BLOCK_MIN || n > bytes)
		return 0;
	memcpy(stream->held, data + bytes - n, n);
	stream->held_bytes = (__u32)n;
	stream->head_bytes = 0;
	stream->bytes -= n;
	return n;
}

static ssize_t stream_read(void *cookie, char *data, size_t bytes)
{
	struct gp_pcap_stream *stream = cookie;
	size_t held = stream->held_bytes, n;
	ssize_t more;

	/* stdio asks for a buffer's worth at least; whoever reads without one gets no blocks mended. */
	if (bytes < 2 * BLOCK_HEAD && held) {
		errno = EINVAL;
		return -1;
	}
	memcpy(data, stream->held, held);
	do {
		more = read(stream->fd, data + held, bytes - held);
		if (more < 0)
			return more;
		n = held + (size_t)more;
		stream->held_bytes = 0;
		gp_pcap_stream_pass(stream, (__u8 *)data, n);
		held = more && bytes >= 2 * BLOCK_HEAD ? keep_back(stream, (__u8 *)data, n) : 0;
	} while (held && held == n);
	return (ssize_t)(n - held);
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
