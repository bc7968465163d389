/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source_pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "pcap_stream.h"

#define READ_BYTES 262144u /* per file; 65536 took 15 % longer, 1048576 was no faster */
#define READ_MANY 256u	   /* files; of more, each reads READ_MANY_BYTES at a time: 1,024 take 64 MiB */
#define READ_MANY_BYTES 65536u
#define NS_PER_S 1000000000ull
#define TIME_MAX_S 7258118400ll /* 2200-01-01; in nanoseconds it fits 63 bits */

/* One capture, with the record that it will contribute next. */
struct capture {
	const char *name; /* for messages */
	pcap_t *pcap;	  /* owns the stream; NULL once the file is read to its end */
	struct gp_pcap_stream stream;
	char *buffer;	/* of the stream */
	__u8 *plain;	/* of the stream, when it has common records */
	bool by_stream; /* records are taken from there, without libpcap */
	__u64 total_bytes; /* 0: not known */
	__u64 records;	   /* read so far */
	gp_link_reader *link;
	bool ethernet;
	const __u8 *data; /* borrowed from pcap, or from the stream, until the next record */
	__u32 captured_bytes, wire_bytes;
	__u64 time_ns;
};

struct gp_source_pcap {
	struct capture *captures;
	size_t capture_count;
	struct capture **heap; /* captures that have a record, the earliest first */
	size_t heap_count;
	bool advance;	     /* the first of the heap was delivered: its next record is due */
	int err;
	char error[PATH_MAX + PCAP_ERRBUF_SIZE + 128];
	struct gp_framer framer;
};

static __u64 record_time(__s64 s, __s64 ns)
{
	/* Both are the file's word: libpcap reads seconds as signed and lets any fraction pass. */
	if (s < 0)
		return 0;
	if (s >= TIME_MAX_S)
		return TIME_MAX_S * NS_PER_S;
	if (ns < 0)
		ns = 0;
	if (ns >= (__s64)NS_PER_S)
		ns = NS_PER_S - 1;
	return (__u64)s * NS_PER_S + (__u64)ns;
}

/* The order of the timeline: by time stamp, then by argument. */
static bool earlier(const struct capture *a, const struct capture *b)
{
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns;
	return a < b;
}

static void heap_sift_down(struct gp_source_pcap *source, size_t at)
{
	struct capture **heap = source->heap;
	struct capture *moved = heap[at];
	size_t child;

	for (; (child = 2 * at + 1) < source->heap_count; at = child) {
		if (child + 1 < source->heap_count && earlier(heap[child + 1], heap[child]))
			child++;
		if (!earlier(heap[child], moved))
			break;
		heap[at] = heap[child];
	}
	heap[at] = moved;
}

static void capture_close(struct capture *capture)
{
	if (capture->pcap)
		pcap_close(capture->pcap);
	capture->pcap = NULL;
	free(capture->buffer);
	free(capture->plain);
	capture->buffer = NULL;
	capture->plain = NULL;
}

static const char *record_remedy(const char *reason)
{
	if (strstr(reason, "different from the type of the first interface"))
		return "; split it by interface (tshark -Y frame.interface_id==0 -w), then give all parts";
	if (strstr(reason, "block of type"))
		return "; rewrite it as pcap (editcap -F pcap IN OUT)";
	return "";
}

/* A record of the common kind, without libpcap. Return: false when it is libpcap's turn. */
static bool capture_read_plain(struct capture *capture)
{
	struct gp_pcap_record record;

	if (!gp_pcap_stream_record(&capture->stream, &record))
		return false;
	capture->data = record.data;
	capture->captured_bytes = record.captured_bytes;
	capture->wire_bytes = record.wire_bytes;
	capture->time_ns = record_time(record.seconds, (__s64)record.fraction * capture->stream.fraction_ns);
	capture->records++;
	return true;
}

/* Return: 1 with the next record in place, 0 at the end of the file, -EIO with the source's error set. */
static int capture_read(struct gp_source_pcap *source, struct capture *capture)
{
	struct pcap_pkthdr *header;
	const char *reason;

	if (capture->by_stream && capture_read_plain(capture))
		return 1;
	capture->by_stream = false;
	switch (pcap_next_ex(capture->pcap, &header, &capture->data)) {
	case 1:
		capture->records++;
		capture->captured_bytes = header->caplen;
		capture->wire_bytes = header->len;
		capture->time_ns = record_time(header->ts.tv_sec, header->ts.tv_usec); /* in nanoseconds, as asked for */
		return 1;
	case PCAP_ERROR_BREAK:
		capture_close(capture);
		return 0;
	}
	reason = pcap_geterr(capture->pcap);
	snprintf(source->error, sizeof(source->error), "%s: packet %llu: %s%s", capture->name,
		 (unsigned long long)capture->records + 1, reason, record_remedy(reason));
	gp_error("%s", source->error);
	return -EIO;
}

/* Read the first record of each file. An unreadable one ends the timeline before it has begun. */
static int heap_fill(struct gp_source_pcap *source)
{
	int err;

	for (size_t i = 0; i < source->capture_count; i++) {
		err = capture_read(source, &source->captures[i]);
		if (err < 0)
			return err;
		if (err)
			source->heap[source->heap_count++] = &source->captures[i];
	}
	for (size_t i = source->heap_count / 2; i-- > 0;)
		heap_sift_down(source, i);
	return 0;
}

/* Replace the record that was delivered by its file's next one. */
static int heap_advance(struct gp_source_pcap *source)
{
	int err = capture_read(source, source->heap[0]);

	if (err < 0)
		return err;
	if (!err)
		source->heap[0] = source->heap[--source->heap_count];
	if (source->heap_count > 1)
		heap_sift_down(source, 0);
	return 0;
}

static const char *open_remedy(int err)
{
	switch (err) {
	case EACCES:
	case EPERM:
		return "make it readable for this user";
	case EISDIR:
		return "name the capture files in it";
	case EMFILE:
	case ENFILE:
		return "raise the limit of open files (ulimit -n), or merge the captures first";
	case ENOENT:
	case ENOTDIR:
		return "check the path";
	}
	return "check the file and its file system";
}

static int open_failed(const char *name, int err)
{
	gp_error("%s: cannot open: %s; %s", name, strerror(err), open_remedy(err));
	return -err;
}

/* libpcap has no codes for its reasons; a sentence that it words differently one day gets the general remedy. */
static const char *format_remedy(const char *reason)
{
	if (strstr(reason, "unknown file format"))
		return "unpack it if it is compressed, convert it to pcap if it is another tool's format (editcap)";
	if (strstr(reason, "truncated"))
		return "nothing was captured into it, or it was cut: capture again";
	return "rewrite it as pcap (editcap -F pcap IN OUT)";
}

/* Open the file behind a path, for reading. Return: a descriptor, or -errno (logged). */
static int open_path(struct capture *capture, const char *path)
{
	struct stat st;
	int fd, err;

	if (!strcmp(path, "-")) {
		capture->name = "standard input";
		if (isatty(STDIN_FILENO)) {
			gp_error("standard input: is a terminal; pipe a capture into it");
			return -EINVAL;
		}
		/* A descriptor of its own: closing the capture leaves standard input as it was. */
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	} else {
		capture->name = path;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	}
	if (fd < 0)
		return open_failed(capture->name, errno);
	if (fstat(fd, &st)) {
		err = errno;
		close(fd);
		return open_failed(capture->name, err);
	}
	if (S_ISDIR(st.st_mode)) {
		close(fd);
		return open_failed(capture->name, EISDIR);
	}
	/* A wish: read further ahead. A pipe cannot fulfil it. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (S_ISREG(st.st_mode) && st.st_size > 0)
		capture->total_bytes = (__u64)st.st_size;
	return fd;
}

static void find_link(struct capture *capture)
{
	int dlt = pcap_datalink(capture->pcap);
	const char *link_name = pcap_datalink_val_to_name(dlt);

	capture->ethernet = dlt == DLT_EN10MB;
	capture->link = gp_link_find(dlt);
	if (!capture->ethernet && !capture->link)
		gp_notice("%s: link type %d (%s) carries no Ethernet or IP that can be read here; "
			  "its packets are counted as link_type",
			  capture->name, dlt, link_name ? link_name : "unknown");
}

/* Return: 0, or -errno (logged). */
static int take_from_stream(struct capture *capture, size_t read_bytes)
{
	if (!capture->ethernet || !capture->stream.fraction_ns)
		return 0;
	capture->plain = malloc(read_bytes);
	if (!capture->plain)
		return open_failed(capture->name, ENOMEM);
	gp_pcap_stream_plain(&capture->stream, capture->plain, read_bytes);
	capture->by_stream = true;
	return 0;
}

/* On failure, what was opened is left to capture_close(). */
static int capture_open(struct capture *capture, const char *path, size_t read_bytes)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	FILE *stream;
	int fd;

	fd = open_path(capture, path);
	if (fd < 0)
		return fd;
	stream = gp_pcap_stream_open(&capture->stream, fd);
	capture->buffer = malloc(read_bytes);
	if (!stream || !capture->buffer) {
		if (stream)
			fclose(stream);
		else
			close(fd);
		return open_failed(capture->name, ENOMEM);
	}
	setvbuf(stream, capture->buffer, _IOFBF, read_bytes);
	__fsetlocking(stream, FSETLOCKING_BYCALLER);
	capture->pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, reason);
	if (!capture->pcap) {
		fclose(stream);
		gp_error("%s: %s; %s", capture->name, reason, format_remedy(reason));
		return -EINVAL;
	}
	find_link(capture);
	return take_from_stream(capture, read_bytes);
}

static int refuse_second_stdin(char *const *paths, size_t count)
{
	size_t seen = 0;

	for (size_t i = 0; i < count; i++)
		seen += !strcmp(paths[i], "-");
	if (seen < 2)
		return 0;
	gp_error("standard input: named %zu times; it can be read once", seen);
	return -EINVAL;
}

int gp_source_pcap_open(struct gp_source_pcap **out, char *const *paths, size_t count)
{
	size_t read_bytes = count > READ_MANY ? READ_MANY_BYTES : READ_BYTES;
	struct gp_source_pcap *source;
	int err;

	err = refuse_second_stdin(paths, count);
	if (err)
		return err;
	source = calloc(1, sizeof(*source));
	if (!source)
		return -ENOMEM;
	err = -ENOMEM;
	source->captures = calloc(count + 1, sizeof(*source->captures));
	source->heap = calloc(count + 1, sizeof(struct capture *));
	if (!source->captures || !source->heap || gp_framer_open(&source->framer))
		goto err_close;
	for (size_t i = 0; i < count; i++) {
		source->capture_count = i + 1;
		err = capture_open(&source->captures[i], paths[i], read_bytes);
		if (err)
			goto err_close;
	}
	source->err = heap_fill(source);
	*out = source;
	return 0;

err_close:
	gp_source_pcap_close(source);
	return err;
}

/* Return: false if no engine may see the capture's record. */
static bool take_record(struct gp_source_pcap *source, struct capture *capture, struct gp_frame *frame)
{
	const struct gp_captured captured = {
		.data = capture->data,
		.captured_bytes = capture->captured_bytes,
		.wire_bytes = capture->wire_bytes,
		.time_ns = capture->time_ns,
		.ethernet = capture->ethernet,
		.link = capture->link,
	};

	/* What simple packet blocks left out is known once they are read, a buffer ahead of their records at most. */
	source->framer.count.wire_bytes += capture->stream.cut_bytes;
	capture->stream.cut_bytes = 0;
	return gp_framer_take(&source->framer, &captured, frame);
}

int gp_source_pcap_next(struct gp_source_pcap *source, struct gp_frame *frame)
{
	while (!source->err) {
		if (source->advance) {
			source->advance = false;
			source->err = heap_advance(source);
			continue;
		}
		if (!source->heap_count)
			return 0;
		source->advance = true;
		if (take_record(source, source->heap[0], frame))
			return 1;
	}
	return source->err;
}

const char *gp_source_pcap_error(const struct gp_source_pcap *source)
{
	return source->err ? source->error : NULL;
}

const struct gp_source_count *gp_source_pcap_count(const struct gp_source_pcap *source)
{
	return &source->framer.count;
}

void gp_source_pcap_progress(const struct gp_source_pcap *source, __u64 *done_bytes, __u64 *total_bytes)
{
	__u64 done = 0, total = 0;
	bool known = true;

	for (size_t i = 0; i < source->capture_count; i++) {
		done += source->captures[i].stream.bytes;
		total += source->captures[i].total_bytes;
		known = known && source->captures[i].total_bytes;
	}
	*done_bytes = done;
	*total_bytes = known ? total : 0;
}

void gp_source_pcap_close(struct gp_source_pcap *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < source->capture_count; i++)
		capture_close(&source->captures[i]);
	gp_framer_close(&source->framer);
	free(source->heap);
	free(source->captures);
	free(source);
}
