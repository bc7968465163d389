/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap_stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng; numbers as they lie in a big-endian file. */
enum {
	PCAP_HEAD = 24,
	PCAP_SNAPLEN = 16, /* offset of 4 bytes */
	PCAP_RECORD = 16,  /* seconds, fraction, captured length, original length */
	BLOCK_HEAD = 16,   /* as much of a block as is looked at; an interface's snapshot length is its end */
	BLOCK_MIN = 12,	   /* type, length, length again: what every block has */
	BLOCK_INTERFACE = 1,
	BLOCK_SIMPLE = 3, /* its third word is the original length of the packet */
};

#define BLOCK_SECTION 0x0a0d0d0au /* reads the same in either byte order */
#define BYTE_ORDER_LITTLE 0x4d3c2b1au

/* Of pcap files, in this machine's byte order: the magic numbers, and version 2.4 as two numbers of 16 bits. */
#define PCAP_MICROSECONDS 0xa1b2c3d4u
#define PCAP_NANOSECONDS 0xa1b23c4du
static const __u16 pcap_version[2] = { 2, 4 };

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

static __u32 load_native32(const __u8 *at)
{
	__u32 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Other versions, and other programs' magic numbers, have other records. */
static __u32 fraction_of(const __u8 *head)
{
	__u32 magic = load_native32(head);

	if (memcmp(head + 4, pcap_version, sizeof(pcap_version)))
		return 0;
	return magic == PCAP_MICROSECONDS ? 1000 : magic == PCAP_NANOSECONDS ? 1 : 0;
}

/* The header of a pcap file, byte by byte: it is short, and comes once. */
static void pass_file_head(struct gp_pcap_stream *stream, __u8 *byte)
{
	if (stream->head_bytes < sizeof(stream->head))
		stream->head[stream->head_bytes] = *byte;
	if (stream->head_bytes >= PCAP_SNAPLEN && stream->head_bytes < PCAP_SNAPLEN + 4)
		*byte = 0;
	stream->head_bytes++;
	if (stream->head_bytes == PCAP_HEAD) {
		stream->opaque = true;
		stream->fraction_ns = fraction_of(stream->head);
	}
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

void gp_pcap_stream_plain(struct gp_pcap_stream *stream, __u8 *buffer, size_t bytes)
{
	stream->plain = buffer;
	stream->plain_room = bytes;
}

/* Read more behind what is left. Return: false at the end, and on an error, which the next read will meet again. */
static bool plain_fill(struct gp_pcap_stream *stream)
{
	size_t left = stream->plain_end - stream->plain_begin;
	ssize_t more;

	memmove(stream->plain, stream->plain + stream->plain_begin, left);
	stream->plain_begin = 0;
	stream->plain_end = left;
	more = read(stream->fd, stream->plain + left, stream->plain_room - left);
	if (more <= 0)
		return false;
	stream->plain_end += (size_t)more;
	stream->bytes += (size_t)more;
	return true;
}

bool gp_pcap_stream_record(struct gp_pcap_stream *stream, struct gp_pcap_record *record)
{
	const __u8 *at;
	size_t left;

	do {
		at = stream->plain + stream->plain_begin;
		left = stream->plain_end - stream->plain_begin;
		if (left < PCAP_RECORD)
			continue;
		record->captured_bytes = load_native32(at + 8);
		if (record->captured_bytes > GP_PCAP_PLAIN_MAX - PCAP_RECORD)
			return false;
		if (left < PCAP_RECORD + record->captured_bytes)
			continue;
		record->seconds = (__s32)load_native32(at);
		record->fraction = (__s32)load_native32(at + 4);
		record->wire_bytes = load_native32(at + 12);
		record->data = at + PCAP_RECORD;
		stream->plain_begin += PCAP_RECORD + record->captured_bytes;
		return true;
	} while (plain_fill(stream));
	return false;
}

/* What gp_pcap_stream_record() has read and left. */
static size_t plain_rest(struct gp_pcap_stream *stream, char *data, size_t bytes)
{
	size_t n = least(bytes, stream->plain_end - stream->plain_begin);

	memcpy(data, stream->plain + stream->plain_begin, n);
	stream->plain_begin += n;
	return n;
}

static ssize_t stream_read(void *cookie, char *data, size_t bytes)
{
	struct gp_pcap_stream *stream = cookie;
	size_t held = stream->held_bytes, n;
	ssize_t more;

	if (stream->plain_begin < stream->plain_end)
		return (ssize_t)plain_rest(stream, data, bytes);
	/* No more than the header at first: what follows may be for gp_pcap_stream_record(). */
	if (stream->bytes < PCAP_HEAD)
		bytes = least(bytes, PCAP_HEAD - stream->bytes);
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
