// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What judging costs: a million subscribers, each of which has moved in every epoch of 4 s - new attempts, most of them
 * answered, new addresses in its sketches - and a tenth of which speak to mail servers as well. CPU time of
 * gp_judge_tick() on one core, the median of some epochs; the end of a window likewise, and what parts of it cost alone.
 *
 *   bench_judge [HOSTS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <gatepost/sketch.h>

#include "host_facts.h"
#include "judge.h"
#include "judge_private.h"

#define SECOND 1000000000ull
#define START (1700000000ull * SECOND / GP_SLICE_NS * GP_SLICE_NS)
#define MAIL_SHARE 10u /* one of so many hosts sends mail */
#define FACTS 65536u   /* as the agent has it */
#define KNOWN 300u     /* addresses that a host knew before */
#define EPOCHS 9u
#define WINDOWS 5u
#define TARGET_S 1.0

static struct gp_settings settings = {.abi_version = GP_ABI_VERSION, .flow_slots = 1, .filter_words = 65536,
				      .secret = {1, 2}};
static struct gp_claims claims;
static struct gp_filters filters;
static struct gp_cpu cpu;

static void *zeros(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED) {
		perror("bench_judge: mmap");
		exit(1);
	}
	return p;
}

static void must(int err)
{
	if (err) {
		fprintf(stderr, "bench_judge: %s\n", strerror(-err));
		exit(1);
	}
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static void open_hosts(struct gp_memory *m, __u32 hosts)
{
	for (__u32 i = 0; i < hosts; i++) {
		struct gp_host *host = &m->hosts[i];

		*host = (struct gp_host){.tag = i + 1, .role = GP_ROLE_SUBSCRIBER, .bits = 128, .ready = 1,
					 .proved_flows = 5, .first_seen_ns = START};
		host->addr.words[2] = gp_be32_to_host(0xffff);
		host->addr.words[3] = gp_be32_to_host(0x0a000000 + i);
		for (__u32 k = 0; k < KNOWN; k++)
			gp_hll_add(&host->contacts, gp_mix(i, k));
		for (__u32 k = 0; k < KNOWN / 10; k++)
			gp_hll_add(&host->ports, gp_mix(i, k));
	}
	claims.hosts = hosts;
}

static void send_mail(struct gp_host *host, __u32 epoch, __u32 i)
{
	struct gp_service_count *service = &host->services[GP_SERVICE_SMTP];
	struct gp_smtp_count *smtp = &host->smtp[0];

	service->attempts++;
	service->answered++;
	service->confirmed++;
	smtp->replies[GP_STAGE_RCPT][GP_REPLY_2XX]++;
	smtp->replies[GP_STAGE_RCPT][GP_REPLY_5XX] += i % 100 == 0;
	smtp->ended_by_quit++;
	gp_hll_add(&host->mx, gp_mix(i, epoch % 4));
}

/* What the data plane would have counted in the slice of @now_ns. */
static void count_epoch(struct gp_memory *m, __u32 hosts, __u64 now_ns)
{
	__u64 slice = now_ns / GP_SLICE_NS;
	unsigned int ring = slice % GP_SLICES;

	for (__u32 i = 0; i < hosts; i++) {
		struct gp_host *host = &m->hosts[i];

		host->scan.attempts[GP_SCAN_WATCHED][ring] += 3;
		host->scan.answers[GP_SCAN_WATCHED][ring] += i % 20 == slice % 20 ? 2 : 3;
		host->scan.attempts[GP_SCAN_ENDPOINT][ring] += 3;
		host->scan.answers[GP_SCAN_ENDPOINT][ring] += 3;
		gp_hll_add(&host->contacts, gp_mix(i, slice));
		gp_hll_add(&host->ports, gp_mix(i, 443));
		host->syn += 3;
		host->last_seen_ns = now_ns;
		if (i % MAIL_SHARE == 0)
			send_mail(host, (__u32)slice, i);
	}
	filters.used[ring] += 6ull * hosts;
}

static void print_row(const char *what, double seconds, double target_s)
{
	printf("%-64s %7.3f", what, seconds);
	if (target_s > 0)
		printf("   target %.1f: %s", target_s, seconds <= target_s ? "met" : "MISSED");
	printf("\n");
}

/* One epoch: what was counted, then the tick at which the next slice begins. */
static double epoch(struct gp_judge *judge, struct gp_memory *m, __u32 hosts, __u64 *now_ns, bool counted)
{
	double begin_s;

	if (counted)
		count_epoch(m, hosts, *now_ns + SECOND);
	*now_ns += GP_SLICE_NS;
	begin_s = cpu_s();
	must(gp_judge_tick(judge, *now_ns));
	return cpu_s() - begin_s;
}

static void measure_epochs(struct gp_judge *judge, struct gp_memory *m, __u32 hosts, __u64 *now_ns)
{
	double busy[EPOCHS], idle[EPOCHS];

	print_row("the first four epochs: every host becomes a subject, page faults", epoch(judge, m, hosts, now_ns, true) +
		  epoch(judge, m, hosts, now_ns, true) + epoch(judge, m, hosts, now_ns, true) +
		  epoch(judge, m, hosts, now_ns, true), 0);
	for (unsigned int i = 0; i < EPOCHS; i++)
		busy[i] = epoch(judge, m, hosts, now_ns, true);
	print_row("an epoch: every host has moved", median(busy, EPOCHS), TARGET_S);
	for (unsigned int i = 0; i < GP_LIVE_SLICES + 2; i++)
		epoch(judge, m, hosts, now_ns, false);
	for (unsigned int i = 0; i < EPOCHS; i++)
		idle[i] = epoch(judge, m, hosts, now_ns, false);
	print_row("an epoch: nobody has", median(idle, EPOCHS), 0);
}

/* The tick at which a window ends, less an epoch's own share. */
static void measure_windows(struct gp_judge *judge, struct gp_memory *m, __u32 hosts, __u64 *now_ns, double window_s)
{
	double ends[WINDOWS], epochs[WINDOWS];

	for (unsigned int i = 0; i < WINDOWS; i++) {
		__u64 end_ns = START + (i + 1) * (__u64)(window_s * 1e9);

		while (*now_ns + 4 * GP_SLICE_NS <= end_ns)
			epoch(judge, m, hosts, now_ns, *now_ns + 8 * GP_SLICE_NS > end_ns);
		epochs[i] = epoch(judge, m, hosts, now_ns, true);
		while (*now_ns + GP_SLICE_NS < end_ns)
			epoch(judge, m, hosts, now_ns, true);
		ends[i] = epoch(judge, m, hosts, now_ns, true);
	}
	print_row("the epoch at which a window ends", median(ends, WINDOWS), 0);
	print_row("  of it the window's end alone", median(ends, WINDOWS) - median(epochs, WINDOWS), TARGET_S);
}

/* Who is judged, over arrays of their own: where an epoch's time goes. */
static void measure_parts(const struct gp_memory *m, __u32 hosts, const struct gp_limits *limits,
			  const struct gp_host_facts *facts)
{
	struct gp_record *records = malloc((size_t)hosts * sizeof(*records));
	double begin_s;
	__u64 sum = 0;

	if (!records)
		exit(1);
	memset(records, 1, (size_t)hosts * sizeof(*records)); /* no page faults below */
	__asm__ volatile("" : : "r"(records) : "memory");
	memset(records, 0, (size_t)hosts * sizeof(*records));
	begin_s = cpu_s();
	for (__u32 i = 0; i < hosts; i++)
		sum += gp_scan_news(&records[i].scan, &m->hosts[i], 1).attempts;
	print_row("alone: gp_scan_news(), who has moved", cpu_s() - begin_s, 0);
	begin_s = cpu_s();
	for (__u32 i = 0; i < hosts; i++) {
		const struct gp_case c = {.host = &m->hosts[i], .limits = limits, .inside = true, .verified = true};

		sum += gp_scan_snapshot(&records[i].scan, &c, 1);
	}
	print_row("alone: gp_scan_snapshot(), two sketches", cpu_s() - begin_s, 0);
	begin_s = cpu_s();
	for (__u32 i = 0; i < hosts; i++) {
		const struct gp_case c = {.host = &m->hosts[i], .limits = limits, .inside = true, .verified = true};

		gp_scan_close_slice(&records[i].scan, &c, 1, START);
	}
	print_row("alone: gp_scan_close_slice(), the walks", cpu_s() - begin_s, 0);
	begin_s = cpu_s();
	for (__u32 i = 0; i < hosts; i++)
		sum += !!gp_host_facts_get(facts, &m->hosts[i].addr);
	print_row("alone: gp_host_facts_get(), what was heard", cpu_s() - begin_s, 0);
	begin_s = cpu_s();
	for (__u32 i = 0; i < hosts; i += MAIL_SHARE) {
		const struct gp_case c = {.host = &m->hosts[i], .limits = limits, .inside = true, .verified = true};

		gp_spam_weigh(&records[i].spam, &c, START, false);
	}
	print_row("alone: gp_spam_weigh(), the tenth that sends mail", cpu_s() - begin_s, 0);
	if (!sum)
		printf("nothing moved\n");
	free(records);
}

int main(int argc, char **argv)
{
	__u32 hosts = argc > 1 ? (__u32)strtoul(argv[1], NULL, 0) : 1000000u;
	struct gp_memory m = {.settings = &settings, .claims = &claims, .filters = &filters, .cpus = &cpu, .cpu_count = 1};
	struct gp_limits limits = gp_limits_default;
	const __u64 secret[2] = {1, 2};
	struct gp_host_facts *facts;
	struct gp_judge *judge;
	struct gp_world *world;
	__u64 now_ns = START;

	if (argc > 2 || !hosts || hosts > 100000000) {
		fprintf(stderr, "usage: bench_judge [HOSTS]\n");
		return 2;
	}
	settings.inside_hosts = hosts;
	m.hosts = zeros((size_t)hosts * sizeof(*m.hosts));
	m.filter_bits = zeros(GP_FILTERS * (size_t)settings.filter_words * sizeof(*m.filter_bits));
	open_hosts(&m, hosts);
	must(gp_host_facts_open(&facts, FACTS, secret));
	for (__u32 i = 0; i < hosts; i += MAIL_SHARE)
		gp_host_facts_dialect(facts, &m.hosts[i].addr, START, 1 + i % 7);
	must(gp_world_open(&world, &m));
	must(gp_judge_open(&judge, world, &limits, true));
	gp_judge_hear(judge, &(struct gp_heard){.hosts = facts});
	must(gp_judge_tick(judge, now_ns));
	printf("CPU seconds of the judge, %u hosts, %zu + %zu bytes each\n", hosts, sizeof(struct gp_host),
	       sizeof(struct gp_subject));
	measure_epochs(judge, &m, hosts, &now_ns);
	measure_windows(judge, &m, hosts, &now_ns, limits.window_s);
	measure_parts(&m, hosts, &limits, facts);
	gp_judge_close(judge);
	gp_world_close(world);
	gp_host_facts_close(facts);
	return 0;
}
