/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A damaged database: a whole one, some bytes of which are others, is read by every query, then opened by the agent, written,
 * and purged. Either may refuse; neither may crash, hang, or hand out what is not a string or not within its array.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "store_maker.h"
#include "store_read.h"
#include "temp_directory.h"

#define IMAGE_MAX (512u << 10)

static char directory[64], path[96], log_path[112];
static uint8_t image[IMAGE_MAX], damaged[IMAGE_MAX];
static size_t image_bytes;
static int null_fd, stderr_fd;

static struct gp_store *opened(void)
{
	const struct gp_store_options options = { path, "fuzz", 0, 0 };
	struct gp_store *store = NULL;

	return gp_store_open(&store, &options) ? NULL : store;
}

static void put_all(struct gp_store *store, __u64 number)
{
	const struct gp_store_epoch epoch = store_epoch(1, number);
	struct gp_range_finding range = { .addr = store_address(512), .bits = 120, .covering_count = 2 };
	const struct gp_network network = { .rank = 1, .kinds = { 3, 2 } };
	struct gp_evidence evidence[3];

	store_evidence(evidence, 3, (double)number);
	for (__u32 i = 0; i < 20; i++) {
		struct gp_store_host host = store_host(i, GP_STATE_WATCHED + i % 3, epoch.end_ns);

		MUST(!gp_store_put_host(store, &host, evidence, 3));
	}
	store_evidence(range.evidence, 2, 1);
	range.evidence_count = 2;
	MUST(!gp_store_put_range(store, &range, (__s64)STORE_START_NS));
	MUST(!gp_store_put_networks(store, epoch.start_ns, epoch.end_ns, &network, 1));
	MUST(!gp_store_put_metric(store, "hosts", epoch.end_ns, 3));
	gp_store_commit(store, &epoch);
}

static void clean(void)
{
	char name[128];

	unlink(path);
	unlink(log_path);
	snprintf(name, sizeof(name), "%s-shm", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s-journal", path);
	unlink(name);
}

static void leave(void)
{
	clean();
	rmdir(directory);
}

static void write_image(const uint8_t *bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	MUST(fd >= 0);
	MUST(write(fd, bytes, image_bytes) == (ssize_t)image_bytes);
	close(fd);
}

/* What closing wrote from the log into the file is the image. */
static void make_image(void)
{
	struct gp_store *store;
	FILE *f;

	MUST(!temp_directory(directory, sizeof(directory)));
	snprintf(path, sizeof(path), "%s/gatepost.db", directory);
	snprintf(log_path, sizeof(log_path), "%s-wal", path);
	atexit(leave);
	null_fd = open("/dev/null", O_WRONLY);
	stderr_fd = dup(2);
	store = opened();
	MUST(store != NULL);
	for (__u64 number = 1; number <= 5; number++)
		put_all(store, number);
	gp_store_close(store);
	f = fopen(path, "rb");
	MUST(f != NULL);
	image_bytes = fread(image, 1, sizeof(image), f);
	fclose(f);
	MUST(image_bytes > 8192 && image_bytes < sizeof(image));
}

static void check_evidence(const struct gp_store_evidence *evidence, int count)
{
	MUST(count >= 0 && count <= GP_EVIDENCE_MAX);
	for (int i = 0; i < count; i++) {
		MUST(strnlen(evidence[i].rule, sizeof(evidence[i].rule)) < sizeof(evidence[i].rule));
		MUST(strnlen(evidence[i].text, sizeof(evidence[i].text)) < sizeof(evidence[i].text));
		MUST(evidence[i].observed_count >= 0 && evidence[i].observed_count <= GP_OBSERVED_MAX);
	}
}

static int take_host(void *arg, const struct gp_store_host *host, const struct gp_store_evidence *evidence, int count)
{
	(void)arg;
	MUST(strnlen(host->sentence, sizeof(host->sentence)) < sizeof(host->sentence));
	MUST(host->kind <= GP_KINDS && host->standing.state <= GP_STATES);
	check_evidence(evidence, count);
	return 0;
}

static int take_range(void *arg, const struct gp_range_finding *range, const struct gp_store_evidence *evidence, int count)
{
	(void)arg;
	MUST(range->covering_count >= 0 && range->covering_count <= GP_COVERING_MAX);
	for (int i = 0; i < range->covering_count; i++)
		MUST(range->covering[i].bits <= 128);
	check_evidence(evidence, count);
	return 0;
}

static int take_network(void *arg, __u64 start_ns, __u64 end_ns, const struct gp_network *network)
{
	(void)arg;
	(void)start_ns;
	(void)end_ns;
	MUST(network->by < GP_NETWORK_BYS);
	return 0;
}

static int take_metric(void *arg, const char *name, __u64 time_ns, double value)
{
	(void)arg;
	(void)time_ns;
	(void)value;
	MUST(strlen(name) < GP_STORE_METRIC_NAME);
	return 0;
}

static int take_change(void *arg, const struct gp_store_change *change)
{
	(void)arg;
	MUST(change->state <= GP_STATES);
	return 0;
}

static void read_all(void)
{
	const struct gp_store_filter filter = { .with_evidence = true };
	struct gp_store_host host = store_host(1, GP_STATE_WATCHED, 0);
	struct gp_store_reader *reader;
	struct gp_store_span span;
	char sensor[32];

	if (gp_store_reader_open(&reader, path))
		return;
	gp_store_hosts(reader, &filter, take_host, NULL);
	gp_store_host(reader, &host.addr, take_host, NULL);
	gp_store_history(reader, &host, take_change, NULL);
	gp_store_ranges(reader, &filter, take_range, NULL);
	gp_store_networks(reader, 0, 0, true, take_network, NULL);
	gp_store_epochs(reader, 0, 0, &span);
	gp_store_metrics(reader, NULL, 0, 0, take_metric, NULL);
	gp_store_sensor(reader, sensor, sizeof(sensor));
	gp_store_reader_close(reader);
}

static void write_some(void)
{
	struct gp_store *store = opened();

	if (!store)
		return;
	put_all(store, 6);
	gp_store_purge(store, &gp_store_limits_default, STORE_START_NS + 1000 * STORE_DAY_NS);
	gp_store_close(store);
}

/* Each five bytes: where, and what stands there instead. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	__u32 at;

	if (!image_bytes)
		make_image();
	memcpy(damaged, image, image_bytes);
	for (; size >= 5; data += 5, size -= 5) {
		memcpy(&at, data, sizeof(at));
		damaged[at % image_bytes] = data[4];
	}
	clean();
	write_image(damaged);
	dup2(null_fd, 2); /* what is said of each one is too much to keep */
	read_all();
	write_some();
	dup2(stderr_fd, 2);
	return 0;
}
