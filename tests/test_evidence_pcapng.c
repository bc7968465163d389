/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of flagged hosts on disk: read back by libpcap and tshark, torn, full, attacked, aged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence_pcapng.h"
#include "pcapng.h"
#include "random.h"
#include "stderr_capture.h"
#include "temp_directory.h"

#define BEGUN 1770000000ull /* 2026-02-02T02:40:00Z */
#define DAY 86400ull
#define SECOND 1000000000ull
#define PACKETS 4096u
#define PACKET_BYTES 60u

static char directory[64];
static struct gp_evidence_pcapng *evidence;
static const struct gp_addr host4 = { .bytes = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7 } };
static const struct gp_addr host6 = { .bytes = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7 } };

/* What libpcap read. */
static struct seen {
	__u64 time_ns;
	__u32 captured, wire;
	__u8 number; /* the last byte of the packet's mark */
} seen[PACKETS];

/* What was said since stderr_capture_begin(). */
static const char *heard(void)
{
	static char said[4096];

	stderr_capture_end(said, sizeof(said));
	return said;
}

static const char *in_directory(const char *name)
{
	static char path[4][160];
	static unsigned next;
	char *at = path[next++ % 4];

	snprintf(at, sizeof(path[0]), "%s/%s", directory, name);
	return at;
}

static int set_up(void **state)
{
	(void)state;
	evidence = NULL;
	return temp_directory(directory, sizeof(directory));
}

static void remove_all(void)
{
	DIR *d = opendir(directory);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove(in_directory(entry->d_name));
	}
	if (d)
		closedir(d);
}

static int tear_down(void **state)
{
	(void)state;
	gp_evidence_pcapng_close(evidence);
	remove_all();
	return rmdir(directory);
}

static void begin(const struct gp_evidence_pcapng_options *more)
{
	struct gp_evidence_pcapng_options options = *more;

	gp_evidence_pcapng_close(evidence);
	evidence = NULL;
	options.directory = directory;
	if (!options.now_s)
		options.now_s = BEGUN;
	assert_int_equal(gp_evidence_pcapng_open(&evidence, &options), 0);
}

static void begin_plain(void)
{
	begin(&(struct gp_evidence_pcapng_options){ .retention_s = DAY });
}

static __u64 time_of(unsigned number)
{
	return BEGUN * SECOND + number * 1001ull;
}

/* A packet of IPv4 that says its number, of so many bytes. */
static void packet_of(const struct gp_addr *host, unsigned number, __u32 captured, __u32 wire)
{
	__u8 bytes[4096] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 253 };

	assert_true(captured <= sizeof(bytes) && captured >= 24);
	bytes[2] = (__u8)(wire >> 8);
	bytes[3] = (__u8)wire;
	bytes[20] = (__u8)(number >> 8);
	bytes[21] = (__u8)number;
	gp_evidence_pcapng_packet(evidence, host, time_of(number), bytes, captured, wire);
}

static void packet(const struct gp_addr *host, unsigned number)
{
	packet_of(host, number, PACKET_BYTES, PACKET_BYTES + 40);
}

/* Return: how many packets libpcap reads out of a file; -1 when it does not, or not to the end. */
static int read_back(const char *name)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(in_directory(name), PCAP_TSTAMP_PRECISION_NANO, why);
	struct pcap_pkthdr *head;
	const u_char *data;
	int n = 0, more;

	if (!p)
		return -1;
	assert_int_equal(pcap_datalink(p), DLT_RAW);
	while ((more = pcap_next_ex(p, &head, &data)) == 1) {
		assert_true(n < (int)PACKETS);
		seen[n++] = (struct seen){
			.time_ns = (__u64)head->ts.tv_sec * SECOND + (__u64)head->ts.tv_usec,
			.captured = head->caplen,
			.wire = head->len,
			.number = data[21],
		};
	}
	pcap_close(p);
	return more == PCAP_ERROR_BREAK ? n : -1;
}

static void assert_numbers(const char *name, unsigned first, unsigned count)
{
	assert_int_equal(read_back(name), (int)count);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(seen[i].number, (__u8)(first + i));
		assert_int_equal(seen[i].time_ns, time_of(first + i));
		assert_int_equal(seen[i].captured, PACKET_BYTES);
		assert_int_equal(seen[i].wire, PACKET_BYTES + 40);
	}
}

static void assert_books(void)
{
	const struct gp_evidence_pcapng_count *c = gp_evidence_pcapng_count(evidence);

	assert_int_equal(c->packets, c->written + c->displaced + c->full + c->lost + c->held);
}

static off_t size_of(const char *name)
{
	struct stat st;

	return lstat(in_directory(name), &st) ? -1 : st.st_size;
}

static void test_flagged(void **state)
{
	struct stat st;

	(void)state;
	begin_plain();
	for (unsigned i = 0; i < 40; i++) {
		packet(&host4, i);
		packet(&host6, 100 + i);
	}
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 0);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->held, 2 * GP_EVIDENCE_HOST_PACKETS);
	gp_evidence_pcapng_flag(evidence, &host4, "suspected spam-bot");
	assert_numbers("192.0.2.7.pcapng", 40 - GP_EVIDENCE_HOST_PACKETS, GP_EVIDENCE_HOST_PACKETS);
	assert_int_equal(stat(in_directory("192.0.2.7.pcapng"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(size_of("2001-db8--7.pcapng"), -1);
	packet(&host4, 40);
	packet(&host6, 140);
	assert_numbers("192.0.2.7.pcapng", 40 - GP_EVIDENCE_HOST_PACKETS, GP_EVIDENCE_HOST_PACKETS + 1);
	gp_evidence_pcapng_flag(evidence, &host6, "suspected scanner");
	assert_numbers("2001-db8--7.pcapng", 141 - GP_EVIDENCE_HOST_PACKETS, GP_EVIDENCE_HOST_PACKETS);
	assert_books();
}

static void test_cleared(void **state)
{
	(void)state;
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	for (unsigned i = 0; i < 3; i++)
		packet(&host4, i);
	gp_evidence_pcapng_clear(evidence, &host4);
	gp_evidence_pcapng_clear(evidence, &host6); /* never seen */
	packet(&host4, 3);
	assert_numbers("192.0.2.7.pcapng", 0, 3);
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	assert_numbers("192.0.2.7.pcapng", 0, 4);
	assert_books();
}

/* Sizes of packets, with each remainder of four. */
static void test_sizes(void **state)
{
	static const __u32 sizes[] = { 24, 25, 26, 27, 1500, 2047, 2048, 2049, 4096 };
	const unsigned n = sizeof(sizes) / sizeof(sizes[0]);

	(void)state;
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	for (unsigned i = 0; i < n; i++)
		packet_of(&host4, i, sizes[i], sizes[i] + 1);
	assert_int_equal(read_back("192.0.2.7.pcapng"), (int)n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(seen[i].captured, sizes[i] < GP_EVIDENCE_SNAPLEN ? sizes[i] : GP_EVIDENCE_SNAPLEN);
		assert_int_equal(seen[i].wire, sizes[i] + 1);
		assert_int_equal(seen[i].number, i);
	}
}

static void test_ring_bytes(void **state)
{
	(void)state;
	begin_plain();
	for (unsigned i = 0; i < 32; i++)
		packet_of(&host4, i, 2000, 2000);
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	assert_int_equal(read_back("192.0.2.7.pcapng"), GP_EVIDENCE_HOST_BYTES / 2000);
	assert_int_equal(seen[0].number, 32 - GP_EVIDENCE_HOST_BYTES / 2000);
	assert_books();
}

static struct gp_addr numbered(unsigned i)
{
	struct gp_addr addr = host4;

	addr.bytes[12] = 10;
	addr.bytes[13] = (__u8)(i >> 16);
	addr.bytes[14] = (__u8)(i >> 8);
	addr.bytes[15] = (__u8)i;
	return addr;
}

/* More hosts than there are rings: those that were quiet for longest go, a flagged one stays. */
static void test_hosts_displaced(void **state)
{
	struct gp_addr addr;

	(void)state;
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	for (unsigned i = 0; i < GP_EVIDENCE_HOSTS + 100; i++) {
		addr = numbered(i);
		packet(&addr, i);
	}
	assert_int_equal(gp_evidence_pcapng_count(evidence)->hosts, GP_EVIDENCE_HOSTS + 1);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->hosts_displaced, 100);
	assert_books();
	packet(&host4, 7);
	assert_numbers("192.0.2.7.pcapng", 7, 1);
	addr = numbered(99);
	gp_evidence_pcapng_flag(evidence, &addr, "displaced");
	assert_int_equal(size_of("10.0.0.99.pcapng"), -1);
	addr = numbered(101); /* flagging 99 made room for itself */
	gp_evidence_pcapng_flag(evidence, &addr, "held");
	assert_int_equal(read_back("10.0.0.101.pcapng"), 1);
}

/* All rings together. */
static void test_bytes_displaced(void **state)
{
	const unsigned per_host = GP_EVIDENCE_HOST_BYTES / 2048;
	const unsigned fit = GP_EVIDENCE_BYTES / (per_host * 2048);
	struct gp_addr addr;

	(void)state;
	begin_plain();
	for (unsigned i = 0; i < (fit + 10) * per_host; i++) {
		addr = numbered(i / per_host);
		packet_of(&addr, i, 2048, 2048);
	}
	assert_int_equal(gp_evidence_pcapng_count(evidence)->held, fit * per_host);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->hosts_displaced, 10);
	assert_books();
}

static void test_file_full(void **state)
{
	off_t full;

	(void)state;
	begin(&(struct gp_evidence_pcapng_options){ .file_bytes = 1000 });
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	for (unsigned i = 0; i < 100; i++)
		packet(&host4, i);
	full = size_of("192.0.2.7.pcapng");
	assert_in_range(full, 1000 - 32 - PACKET_BYTES, 1000);
	assert_int_equal(read_back("192.0.2.7.pcapng"), (int)gp_evidence_pcapng_count(evidence)->written);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->written + gp_evidence_pcapng_count(evidence)->full, 100);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->held, 0);
	/* Still full after a restart. */
	begin(&(struct gp_evidence_pcapng_options){ .file_bytes = 1000 });
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	packet(&host4, 100);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->full, 1);
	assert_int_equal(size_of("192.0.2.7.pcapng"), full);
}

static void test_too_many_files(void **state)
{
	const struct gp_evidence_pcapng_options options = { .files = 3, .retention_s = DAY };
	const char *said;

	(void)state;
	begin(&options);
	stderr_capture_begin();
	for (unsigned i = 0; i < 5; i++) {
		struct gp_addr addr = numbered(i);

		packet(&addr, i);
		gp_evidence_pcapng_flag(evidence, &addr, "suspected");
	}
	said = heard();
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 3);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->refused, 2);
	assert_string_equal(said, "");
	/* Another run flags others first. */
	begin(&options);
	stderr_capture_begin();
	for (unsigned i = 3; i < 6; i++) {
		struct gp_addr addr = numbered(i);

		packet(&addr, i);
		gp_evidence_pcapng_flag(evidence, &addr, "suspected");
	}
	said = heard();
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 3);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->no_file, 3);
	assert_non_null(strstr(said, "3 files in"));
	assert_null(strstr(strstr(said, "3 files in") + 1, "3 files in"));
	/* Retention makes room; what waits in the ring is written. */
	gp_evidence_pcapng_expire(evidence, BEGUN + DAY);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 0);
	{
		struct gp_addr addr = numbered(4);

		packet(&addr, 5);
	}
	assert_numbers("10.0.0.4.pcapng", 4, 2);
	assert_books();
	/* A smaller limit: what an earlier run left is known all the same, and goes when its time is over. */
	for (unsigned i = 3; i < 6; i++) {
		struct gp_addr addr = numbered(i);

		packet(&addr, i);
	}
	begin(&(struct gp_evidence_pcapng_options){ .files = 1, .retention_s = DAY, .now_s = BEGUN + DAY });
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 3);
	gp_evidence_pcapng_expire(evidence, BEGUN + 2 * DAY);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 0);
}

static void write_file(const char *name, const void *data, size_t len)
{
	int fd = open(in_directory(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

static size_t read_file(const char *name, __u8 *data, size_t room)
{
	int fd = open(in_directory(name), O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, data, room);
	assert_true(n >= 0 && (size_t)n < room);
	close(fd);
	return (size_t)n;
}

/* An earlier run's file that ends anywhere: its whole packets stay, the new one follows; without a whole head it is not
 * ours, and not touched; when it is empty it is begun. */
static void test_torn(void **state)
{
	static __u8 whole[4096], now[4096];
	size_t len, head = 0;
	unsigned untouched = 0;

	(void)state;
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	for (unsigned i = 0; i < 3; i++)
		packet(&host4, i);
	len = read_file("192.0.2.7.pcapng", whole, sizeof(whole));
	head = len - 3 * (32 + PACKET_BYTES);
	for (size_t cut = 0; cut <= len; cut++) {
		unsigned kept = cut < head ? 0 : (unsigned)((cut - head) / (32 + PACKET_BYTES));

		write_file("192.0.2.7.pcapng", whole, cut);
		stderr_capture_begin();
		begin_plain();
		gp_evidence_pcapng_flag(evidence, &host4, "suspected");
		packet(&host4, kept);
		heard();
		if (cut && cut < head) {
			assert_int_equal(read_file("192.0.2.7.pcapng", now, sizeof(now)), cut);
			assert_memory_equal(now, whole, cut);
			untouched++;
			continue;
		}
		assert_numbers("192.0.2.7.pcapng", 0, kept + 1);
	}
	assert_int_equal(untouched, head - 1);
}

/* Damage in the middle: from there on nothing can be read; what stands before stays. */
static void test_damaged(void **state)
{
	static __u8 whole[4096];
	size_t len;

	(void)state;
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	for (unsigned i = 0; i < 3; i++)
		packet(&host4, i);
	len = read_file("192.0.2.7.pcapng", whole, sizeof(whole));
	whole[len - 2 * (32 + PACKET_BYTES) + 4] ^= 0x80; /* the second packet's block length */
	write_file("192.0.2.7.pcapng", whole, len);
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	packet(&host4, 1);
	assert_numbers("192.0.2.7.pcapng", 0, 2);
}

/* Changed while in use: gone, cut, longer. */
static void test_changed_meanwhile(void **state)
{
	(void)state;
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	packet(&host4, 0);
	assert_int_equal(unlink(in_directory("192.0.2.7.pcapng")), 0);
	packet(&host4, 1);
	assert_numbers("192.0.2.7.pcapng", 1, 1);
	assert_int_equal(truncate(in_directory("192.0.2.7.pcapng"), size_of("192.0.2.7.pcapng") - 1), 0);
	packet(&host4, 2);
	assert_numbers("192.0.2.7.pcapng", 2, 1);
	assert_int_equal(truncate(in_directory("192.0.2.7.pcapng"), size_of("192.0.2.7.pcapng") + 5), 0);
	packet(&host4, 3);
	assert_numbers("192.0.2.7.pcapng", 2, 2);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 1);
	assert_books();
}

/* Whatever else lies under a file's name is neither written to nor removed, and said once. */
static void test_foreign(void **state)
{
	static const char secret[] = "root:x:0:0::/root:/bin/sh\n";
	static const char *const kinds[] = { "symlink", "dangling symlink", "hard link", "FIFO", "directory", "text",
					     "pcapng of others" };
	const __u32 others[] = { 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, ~0u, ~0u, 28, 1, 20, 101, 0, 20 };

	(void)state;
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *name = in_directory("192.0.2.7.pcapng"), *victim = in_directory("victim"), *said;
		struct stat before, after;
		__u8 now[64];

		write_file("victim", secret, sizeof(secret) - 1);
		if (i == 0)
			assert_int_equal(symlink(victim, name), 0);
		else if (i == 1)
			assert_int_equal(symlink(in_directory("nowhere"), name), 0);
		else if (i == 2)
			assert_int_equal(link(victim, name), 0);
		else if (i == 3)
			assert_int_equal(mkfifo(name, 0600), 0);
		else if (i == 4)
			assert_int_equal(mkdir(name, 0700), 0);
		else if (i == 5)
			write_file("192.0.2.7.pcapng", secret, sizeof(secret) - 1);
		else
			write_file("192.0.2.7.pcapng", others, sizeof(others));
		assert_int_equal(lstat(name, &before), 0);
		begin_plain();
		stderr_capture_begin();
		for (unsigned j = 0; j < 3; j++) {
			packet(&host4, j);
			gp_evidence_pcapng_flag(evidence, &host4, "suspected");
		}
		gp_evidence_pcapng_expire(evidence, BEGUN + 1000 * DAY);
		said = heard();
		if (!strstr(said, "is no file of gatepost's") || strchr(said, '\n') != strrchr(said, '\n'))
			fail_msg("%s: said %s", kinds[i], said);
		assert_int_equal(lstat(in_directory("192.0.2.7.pcapng"), &after), 0);
		assert_int_equal(after.st_ino, before.st_ino);
		assert_int_equal(after.st_size, before.st_size);
		assert_int_equal(read_file("victim", now, sizeof(now)), sizeof(secret) - 1);
		assert_memory_equal(now, secret, sizeof(secret) - 1);
		assert_int_equal(size_of("nowhere"), -1);
		assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 0);
		assert_int_equal(gp_evidence_pcapng_count(evidence)->held, 3);
		/* Once it is out of the way, the host has its file. */
		assert_int_equal(remove(in_directory("192.0.2.7.pcapng")), 0);
		gp_evidence_pcapng_flag(evidence, &host4, "suspected");
		assert_numbers("192.0.2.7.pcapng", 0, 3);
		remove_all();
	}
}

/* A link to evidence is none of ours either: it would be written through it to wherever that lies. */
static void test_link_to_evidence(void **state)
{
	off_t len;

	(void)state;
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	packet(&host4, 0);
	len = size_of("192.0.2.7.pcapng");
	assert_int_equal(rename(in_directory("192.0.2.7.pcapng"), in_directory("victim")), 0);
	for (unsigned hard = 0; hard < 2; hard++) {
		if (hard)
			assert_int_equal(link(in_directory("victim"), in_directory("192.0.2.7.pcapng")), 0);
		else
			assert_int_equal(symlink(in_directory("victim"), in_directory("192.0.2.7.pcapng")), 0);
		begin_plain();
		assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 0);
		stderr_capture_begin();
		gp_evidence_pcapng_flag(evidence, &host4, "suspected");
		packet(&host4, 1);
		gp_evidence_pcapng_expire(evidence, BEGUN + 2 * DAY);
		heard();
		assert_int_equal(size_of("victim"), len);
		assert_int_equal(remove(in_directory("192.0.2.7.pcapng")), 0);
	}
}

/* A link put in the place of a file that is in use. */
static void test_replaced_by_link(void **state)
{
	static const char secret[] = "secret";

	(void)state;
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	packet(&host4, 0);
	write_file("victim", secret, sizeof(secret));
	assert_int_equal(unlink(in_directory("192.0.2.7.pcapng")), 0);
	assert_int_equal(symlink(in_directory("victim"), in_directory("192.0.2.7.pcapng")), 0);
	stderr_capture_begin();
	packet(&host4, 1);
	gp_evidence_pcapng_expire(evidence, BEGUN + 2 * DAY);
	heard();
	assert_int_equal(size_of("victim"), sizeof(secret));
	assert_true(size_of("192.0.2.7.pcapng") > 0);
}

/* Another file put in the place of one that is in use, shorter or longer. */
static void test_replaced_by_file(void **state)
{
	static char text[5000];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t len = 1; len <= sizeof(text); len += sizeof(text) - 1) {
		begin_plain();
		gp_evidence_pcapng_flag(evidence, &host4, "suspected");
		packet(&host4, 0);
		for (unsigned by_retention = 0; by_retention < 2; by_retention++) {
			assert_int_equal(rename(in_directory("192.0.2.7.pcapng"), in_directory("ours")), 0);
			write_file("192.0.2.7.pcapng", text, len);
			stderr_capture_begin();
			if (by_retention)
				gp_evidence_pcapng_expire(evidence, BEGUN + 2 * DAY);
			else
				packet(&host4, 1);
			heard();
			assert_int_equal(size_of("192.0.2.7.pcapng"), len);
			assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 0);
			assert_int_equal(rename(in_directory("ours"), in_directory("192.0.2.7.pcapng")), 0);
			begin_plain();
			assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 1);
		}
		remove_all();
	}
}

static void test_retention(void **state)
{
	static __u8 whole[4096];
	size_t len;

	(void)state;
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	packet(&host4, 0);
	len = read_file("192.0.2.7.pcapng", whole, sizeof(whole));
	/* Ours by its contents, not by its name; and names that only look like an address. */
	write_file("copy.pcapng", whole, len);
	write_file("192.0.2.07.pcapng", whole, len);
	write_file("2001-DB8--7.pcapng", whole, len);
	write_file("192.0.2.8.pcapng", "text", 4);
	begin(&(struct gp_evidence_pcapng_options){ .retention_s = DAY, .now_s = BEGUN + DAY - 1 });
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 1);
	/* Adding to it does not make it younger. */
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	packet(&host4, 1);
	assert_numbers("192.0.2.7.pcapng", 0, 2);
	/* A wall clock that runs back removes nothing. */
	gp_evidence_pcapng_expire(evidence, 0);
	gp_evidence_pcapng_expire(evidence, BEGUN - DAY);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 1);
	gp_evidence_pcapng_expire(evidence, BEGUN + DAY);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 0);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files_removed, 1);
	assert_int_equal(size_of("192.0.2.7.pcapng"), -1);
	assert_int_equal(size_of("copy.pcapng"), len);
	assert_int_equal(size_of("192.0.2.07.pcapng"), len);
	assert_int_equal(size_of("2001-DB8--7.pcapng"), len);
	assert_int_equal(size_of("192.0.2.8.pcapng"), 4);
	/* Still flagged: the next packet begins a new one. */
	packet(&host4, 2);
	assert_numbers("192.0.2.7.pcapng", 2, 1);
	/* What nothing promises to remove stays. */
	begin(&(struct gp_evidence_pcapng_options){ .now_s = BEGUN + 1000 * DAY });
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 1);
	/* And at the start of a run what is over goes before anything else. */
	begin(&(struct gp_evidence_pcapng_options){ .retention_s = DAY, .now_s = BEGUN + 1000 * DAY });
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 0);
}

/* In memory, too, by the packets' own time. */
static void test_retention_in_memory(void **state)
{
	__u8 bytes[24] = { 0x45 };

	(void)state;
	begin(&(struct gp_evidence_pcapng_options){ .retention_s = 3600 });
	gp_evidence_pcapng_packet(evidence, &host4, BEGUN * SECOND, bytes, sizeof(bytes), sizeof(bytes));
	gp_evidence_pcapng_packet(evidence, &host4, (BEGUN + 100) * SECOND, bytes, sizeof(bytes), sizeof(bytes));
	gp_evidence_pcapng_packet(evidence, &host6, (BEGUN + 3650) * SECOND, bytes, sizeof(bytes), sizeof(bytes));
	assert_int_equal(gp_evidence_pcapng_count(evidence)->held, 2);
	gp_evidence_pcapng_packet(evidence, &host6, (BEGUN + 3800) * SECOND, bytes, sizeof(bytes), sizeof(bytes));
	assert_int_equal(gp_evidence_pcapng_count(evidence)->held, 2);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->hosts, 1);
	assert_books();
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* No room, at each byte of a block: said once, nothing torn, and afterwards all that waited is there. */
static void test_no_room(void **state)
{
	const size_t block = 32 + PACKET_BYTES;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	for (size_t room = 0; room <= block; room++) {
		const char *said;
		off_t size;

		begin_plain();
		gp_evidence_pcapng_flag(evidence, &host4, "suspected");
		packet(&host4, 0);
		size = size_of("192.0.2.7.pcapng");
		stderr_capture_begin();
		limit_file_size((rlim_t)size + room);
		for (unsigned i = 1; i < 5; i++)
			packet(&host4, i);
		assert_int_equal(size_of("192.0.2.7.pcapng"), size + (off_t)(room == block ? block : 0));
		limit_file_size(RLIM_INFINITY);
		packet(&host4, 5);
		said = heard();
		assert_numbers("192.0.2.7.pcapng", 0, 6);
		assert_true(gp_evidence_pcapng_count(evidence)->write_failures >= 3);
		assert_non_null(strstr(said, "cannot write"));
		assert_null(strstr(strstr(said, "cannot write") + 1, "cannot write"));
		assert_non_null(strstr(said, "again"));
		assert_books();
		remove_all();
	}
}

/* No room for a file's beginning: no file. */
static void test_no_room_to_begin(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	begin_plain();
	packet(&host4, 0);
	stderr_capture_begin();
	limit_file_size(100);
	gp_evidence_pcapng_flag(evidence, &host4, "suspected");
	assert_int_equal(size_of("192.0.2.7.pcapng"), -1);
	assert_int_equal(gp_evidence_pcapng_count(evidence)->files, 0);
	limit_file_size(RLIM_INFINITY);
	packet(&host4, 1);
	heard();
	assert_numbers("192.0.2.7.pcapng", 0, 2);
}

static void test_refused_directories(void **state)
{
	struct gp_evidence_pcapng_options options = { .now_s = BEGUN };
	struct gp_evidence_pcapng *e = NULL;
	const char *said;

	(void)state;
	options.directory = in_directory("missing");
	stderr_capture_begin();
	assert_int_equal(gp_evidence_pcapng_open(&e, &options), -ENOENT);
	said = heard();
	assert_non_null(strstr(said, "mkdir"));
	write_file("file", "x", 1);
	options.directory = in_directory("file");
	stderr_capture_begin();
	assert_int_equal(gp_evidence_pcapng_open(&e, &options), -ENOTDIR);
	heard();
	options.directory = directory;
	for (unsigned mode = 0; mode < 2; mode++) {
		assert_int_equal(chmod(directory, mode ? 0770 : 0707), 0);
		stderr_capture_begin();
		assert_int_equal(gp_evidence_pcapng_open(&e, &options), -EPERM);
		said = heard();
		assert_non_null(strstr(said, "chmod go-w"));
	}
	assert_int_equal(chmod(directory, 0755), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(directory, 65534, 65534), 0);
		stderr_capture_begin();
		assert_int_equal(gp_evidence_pcapng_open(&e, &options), -EPERM);
		said = heard();
		assert_non_null(strstr(said, "somebody else"));
	}
	assert_null(e);
}

/* Return: what a program prints about a file, up to the next call. */
static const char *ask(const char *program, const char *name, const char *options)
{
	static char answer[8192];
	char line[400];
	FILE *p;
	size_t n;

	snprintf(line, sizeof(line), "%s %s %s 2>/dev/null", program, in_directory(name), options);
	p = popen(line, "r");
	assert_non_null(p);
	n = fread(answer, 1, sizeof(answer) - 1, p);
	answer[n] = '\0';
	assert_int_equal(pclose(p), 0);
	return answer;
}

/* What Wireshark's programs read: time to the nanosecond, lengths, link type, application, comments. */
static void test_tshark(void **state)
{
	const char *said;

	(void)state;
	if (system("command -v tshark >/dev/null && command -v capinfos >/dev/null")) {
		print_message("skip - tshark or capinfos is not installed\n");
		skip();
	}
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host4, "suspected\n\x1b[31m spam-bot");
	packet(&host4, 1);
	gp_evidence_pcapng_flag(evidence, &host4, "confirmed spam-bot");
	packet(&host4, 2);
	packet(&host4, 3);
	said = ask("capinfos", "192.0.2.7.pcapng", "");
	assert_non_null(strstr(said, "File encapsulation:  Raw IP\n"));
	assert_non_null(strstr(said, "Number of packets:   3\n"));
	assert_non_null(strstr(said, "Capture application: gatepost\n"));
	assert_non_null(strstr(said, "begun 2026-02-02T02:40:00Z; 192.0.2.7: suspected\\x0a\\x1b[31m spam-bot"));
	assert_non_null(strstr(said, "precision:  nanoseconds (9)"));
	said = ask("tshark -n -r", "192.0.2.7.pcapng",
		   "-T fields -e frame.time_epoch -e frame.cap_len -e frame.len -e ip.src -e frame.comment");
	assert_string_equal(said, "1770000000.000001001\t60\t100\t0.0.0.0\t\n"
				  "1770000000.000002002\t60\t100\t0.0.0.0\t192.0.2.7: confirmed spam-bot\n"
				  "1770000000.000003003\t60\t100\t0.0.0.0\t\n");
}

/* The longest verdict, of characters of three bytes, is cut between them. */
static void test_long_verdict(void **state)
{
	char name[3001];

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		strcpy(name + 3 * i, "\xe2\x82\xac");
	begin_plain();
	gp_evidence_pcapng_flag(evidence, &host6, name);
	packet(&host6, 0);
	gp_evidence_pcapng_flag(evidence, &host6, name + 3);
	packet(&host6, 1);
	assert_numbers("2001-db8--7.pcapng", 0, 2);
}

/* Anything in any order: the books balance, and each file can be read. */
static void test_any_order(void **state)
{
	__u64 chance = 3;

	(void)state;
	stderr_capture_begin();
	begin(&(struct gp_evidence_pcapng_options){ .file_bytes = 4000, .files = 20, .retention_s = 300 });
	for (unsigned i = 0; i < 40000; i++) {
		__u64 r = random_splitmix(&chance);
		struct gp_addr addr = numbered((unsigned)(r >> 32) % 40);

		if (r % 100 == 0)
			gp_evidence_pcapng_flag(evidence, &addr, r & 256 ? "one" : "another");
		else if (r % 100 == 1)
			gp_evidence_pcapng_clear(evidence, &addr);
		else if (r % 100 == 2)
			gp_evidence_pcapng_expire(evidence, BEGUN + i / 50);
		else if (r % 10000 == 3)
			begin(&(struct gp_evidence_pcapng_options){ .file_bytes = 4000, .files = 20, .retention_s = 300,
								    .now_s = BEGUN + i / 50 });
		else
			packet_of(&addr, i, 24 + (unsigned)(r >> 16) % 1500, 3000);
		assert_books();
		assert_true(gp_evidence_pcapng_count(evidence)->files <= 20);
	}
	heard();
	for (unsigned i = 0; i < 40; i++) {
		char name[32];

		snprintf(name, sizeof(name), "10.0.0.%u.pcapng", i);
		if (size_of(name) >= 0) {
			assert_true(size_of(name) <= 4000);
			assert_true(read_back(name) >= 0);
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_flagged),
		TEST(test_cleared),
		TEST(test_sizes),
		TEST(test_ring_bytes),
		TEST(test_hosts_displaced),
		TEST(test_bytes_displaced),
		TEST(test_file_full),
		TEST(test_too_many_files),
		TEST(test_torn),
		TEST(test_damaged),
		TEST(test_changed_meanwhile),
		TEST(test_foreign),
		TEST(test_link_to_evidence),
		TEST(test_replaced_by_link),
		TEST(test_replaced_by_file),
		TEST(test_retention),
		TEST(test_retention_in_memory),
		TEST(test_no_room),
		TEST(test_no_room_to_begin),
		TEST(test_refused_directories),
		TEST(test_tshark),
		TEST(test_long_verdict),
		TEST(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
