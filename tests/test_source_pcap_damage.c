/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures that are cut, damaged, none at all, or made by others: libpcap is what the source must agree with. */
#include "source_pcap_check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "pcap_stream.h"

#define CORPUS "../shared/pcaps"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cut_anywhere),
		TEST(test_damage),
		TEST(test_open_errors),
		TEST(test_unreadable),
		TEST(test_as_libpcap),
		TEST(test_captures_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
