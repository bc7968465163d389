/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence on a file system that is full: a tmpfs of 16 pages in a mount namespace of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pcap/pcap.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence_pcapng.h"
#include "stderr_capture.h"
#include "temp_directory.h"

#define PACKET_BYTES 1000u

static char directory[64], filler[96], evidence_path[96], said[4096];
static const struct gp_addr host = { .bytes = { [10] = 0xff, 0xff, 192, 0, 2, 7 } };

static int set_up(void **state)
{
	(void)state;
	if (temp_directory(directory, sizeof(directory)) || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", directory, "tmpfs", 0, "size=65536,mode=0700")) {
		perror("root_evidence_pcapng");
		return -1;
	}
	snprintf(filler, sizeof(filler), "%s/filler", directory);
	snprintf(evidence_path, sizeof(evidence_path), "%s/192.0.2.7.pcapng", directory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return umount(directory) || rmdir(directory);
}

static void fill(void)
{
	int fd = open(filler, O_WRONLY | O_CREAT, 0600);
	char bytes[512] = "";

	assert_true(fd >= 0);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	close(fd);
}

static int read_back(void)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(evidence_path, why);
	struct pcap_pkthdr *head;
	const u_char *data;
	int n = 0, more;

	if (!p)
		return -1;
	while ((more = pcap_next_ex(p, &head, &data)) == 1) {
		assert_int_equal(head->ts.tv_sec, 1770000000 + n);
		n++;
	}
	pcap_close(p);
	return more == PCAP_ERROR_BREAK ? n : -1;
}

static void pass(struct gp_evidence_pcapng *e, unsigned number)
{
	__u8 bytes[PACKET_BYTES] = { 0x45 };

	gp_evidence_pcapng_packet(e, &host, (1770000000ull + number) * 1000000000ull, bytes, sizeof(bytes), sizeof(bytes));
}

static void test_full(void **state)
{
	const struct gp_evidence_pcapng_options options = { .directory = directory, .now_s = 1770000000 };
	const struct gp_evidence_pcapng_count *count;
	struct gp_evidence_pcapng *e;
	unsigned number = 0;

	(void)state;
	assert_int_equal(gp_evidence_pcapng_open(&e, &options), 0);
	count = gp_evidence_pcapng_count(e);
	gp_evidence_pcapng_flag(e, &host, "suspected");
	pass(e, number++);
	fill();
	stderr_capture_begin();
	while (count->write_failures < 3)
		pass(e, number++);
	assert_int_equal(read_back(), (int)count->written);
	assert_int_equal(count->held, 3);
	assert_int_equal(unlink(filler), 0);
	pass(e, number++);
	stderr_capture_end(said, sizeof(said));
	assert_non_null(strstr(said, "No space left on device"));
	assert_null(strstr(strstr(said, "No space") + 1, "No space"));
	assert_non_null(strstr(said, "again"));
	assert_int_equal(count->written, number);
	assert_int_equal(read_back(), (int)number);
	gp_evidence_pcapng_close(e);
}

/* Full from the beginning: no empty file is left, and the host gets one later. */
static void test_full_before(void **state)
{
	const struct gp_evidence_pcapng_options options = { .directory = directory, .now_s = 1770000000 };
	struct gp_evidence_pcapng *e;

	(void)state;
	unlink(evidence_path);
	fill();
	assert_int_equal(gp_evidence_pcapng_open(&e, &options), 0);
	stderr_capture_begin();
	pass(e, 0);
	gp_evidence_pcapng_flag(e, &host, "suspected");
	assert_int_not_equal(access(evidence_path, F_OK), 0);
	assert_int_equal(unlink(filler), 0);
	pass(e, 1);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(read_back(), 2);
	gp_evidence_pcapng_close(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_full_before),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
