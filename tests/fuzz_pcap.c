/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as captures: two files, cut where the first two bytes say. Every frame is readable to its last byte, time
 * never runs back, and what came in is what went on and what was refused.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "source_pcap.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

static volatile __u8 last_byte;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* Each input is an error to the logger; the fuzzer and the sanitizers write to the descriptor itself. */
	stderr = fopen("/dev/null", "w");
	MUST(stderr);
	return 0;
}

static int file_of(const uint8_t *data, size_t size, char *path, size_t room)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	MUST(fd >= 0);
	MUST(write(fd, data, size) == (ssize_t)size);
	snprintf(path, room, "/proc/self/fd/%d", fd);
	return fd;
}

static void read_all(char *const *paths, size_t count)
{
	struct gp_source_pcap *source;
	const struct gp_source_count *c;
	struct gp_frame frame;
	__u64 packets = 0, bytes = 0, last_ns = 0;
	int err;

	if (gp_source_pcap_open(&source, paths, count))
		return;
	while ((err = gp_source_pcap_next(source, &frame)) == 1) {
		MUST(frame.data_bytes >= GP_FRAME_MIN && frame.data_bytes <= GP_FRAME_MAX);
		MUST((__s64)frame.data_bytes - frame.excess_bytes == frame.captured_bytes);
		MUST(frame.time_ns >= last_ns);
		last_ns = frame.time_ns;
		for (__u32 i = 0; i < frame.data_bytes; i++)
			last_byte = frame.data[i];
		packets++;
		bytes += frame.captured_bytes;
	}
	c = gp_source_pcap_count(source);
	MUST(!err == !gp_source_pcap_error(source));
	MUST(c->received.packets == packets + c->too_short.packets + c->too_long.packets + c->link_type.packets);
	MUST(c->received.bytes == bytes + c->too_short.bytes + c->too_long.bytes + c->link_type.bytes);
	gp_source_pcap_close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char first[64], second[64], *paths[] = { first, second };
	size_t split;
	int fds[2];

	if (size < 2)
		return 0;
	split = data[0] | (size_t)data[1] << 8;
	data += 2;
	size -= 2;
	if (split > size)
		split = size;
	fds[0] = file_of(data, split ? split : size, first, sizeof(first));
	fds[1] = file_of(data + split, size - split, second, sizeof(second));
	read_all(paths, split && split < size ? 2 : 1);
	close(fds[0]);
	close(fds[1]);
	return 0;
}
