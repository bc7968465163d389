// SPDX-License-Identifier: GPL-2.0-or-later
#include "results.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define BUSY 0.3 /* load from which somebody else is seen in the figures */
#define HOT 1u
#define HOSTS_64K 65536u
#define HOSTS_512K 524288u

double bench_load(void)
{
	double load[1];

	return getloadavg(load, 1) == 1 ? load[0] / bench_cpus() : 0;
}

void bench_print_head(void)
{
	printf("%-14s  %-5s  %8s  %8s  %8s  %8s  %8s  %8s  %8s  %8s  %8s\n", "ns per packet", "encap", "hosts", "floor",
	       "gatepost", "over", "line", "alone", "textbook", "tags add", "evidence");
}

/* What tags add, without the harness's part. */
static double tags_cost(const struct bench_row *row)
{
	const double *ns = row->ns;

	return ns[BENCH_TAGGED] - ns[BENCH_GATEPOST] - (ns[BENCH_UNDO] - ns[BENCH_FLOOR]);
}

/* What samples of evidence add. */
static double evidence_cost(const struct bench_row *row)
{
	return row->ns[BENCH_GATEPOST] - row->ns[BENCH_QUIET];
}

void bench_print_row(const struct bench_row *row)
{
	const double *ns = row->ns;

	printf("%-14s  %-5s  %8u  %8.1f  %8.1f  %8.1f  %8.1f  %8.1f  %8.1f", row->bench_case->name,
	       bench_encap_names[row->encap], row->hosts, ns[BENCH_FLOOR], ns[BENCH_GATEPOST],
	       ns[BENCH_GATEPOST] - ns[BENCH_FLOOR], ns[BENCH_LINE], ns[BENCH_LINE_ALONE], ns[BENCH_TEXTBOOK]);
	if (ns[BENCH_TAGGED] > 0)
		printf("  %8.1f  %8.1f", tags_cost(row), evidence_cost(row));
	printf("\n");
	fflush(stdout);
}

static const struct bench_row *find_row(const struct bench_results *r, const struct bench_case *c,
					enum bench_encap encap, __u32 hosts)
{
	for (size_t i = 0; i < r->row_count; i++)
		if (r->rows[i].bench_case == c && r->rows[i].encap == encap && r->rows[i].hosts == hosts)
			return &r->rows[i];
	return NULL;
}

/* One line. @least: the figure must not be below the bound; otherwise not above. Return: 1 when it is missed. */
__attribute__((format(printf, 5, 6))) static unsigned target(double figure, double bound, bool least, const char *unit,
							     const char *format, ...)
{
	bool met = least ? figure >= bound : figure <= bound;
	char name[128];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	printf("%-58s %8.1f %s %s %6.1f  %s\n", name, figure, unit, least ? ">=" : "<=", bound, met ? "met" : "MISSED");
	return !met;
}

/* Over the floor, in plain frames of both families. */
static unsigned target_over_floor(const struct bench_results *r, const struct bench_case *c, __u32 hosts, double bound)
{
	static const enum bench_encap encaps[] = { BENCH_PLAIN, BENCH_IPV6 };
	unsigned missed = 0;

	for (size_t i = 0; i < sizeof(encaps) / sizeof(*encaps); i++) {
		const struct bench_row *row = find_row(r, c, encaps[i], hosts);

		if (row)
			missed += target(row->ns[BENCH_GATEPOST] - row->ns[BENCH_FLOOR], bound, false, "ns",
					 "%s, %s, %u hosts: over the floor", c->name, bench_encap_names[encaps[i]],
					 hosts);
	}
	return missed;
}

static unsigned target_pppoe(const struct bench_results *r, const struct bench_case *c)
{
	const struct bench_row *plain = find_row(r, c, BENCH_PLAIN, HOT), *pppoe = find_row(r, c, BENCH_PPPOE, HOT);

	if (!plain || !pppoe)
		return 0;
	return target(pppoe->ns[BENCH_GATEPOST] - plain->ns[BENCH_GATEPOST], 8, false, "ns",
		      "%s, PPPoE over QinQ: over plain", c->name);
}

static unsigned target_tags(const struct bench_results *r, const struct bench_case *c)
{
	const struct bench_row *row = find_row(r, c, BENCH_PLAIN, HOT);

	return row ? target(tags_cost(row), 3, false, "ns", "%s: tags on, over tags off", c->name) : 0;
}

static unsigned target_evidence(const struct bench_results *r, const struct bench_case *c)
{
	const struct bench_row *row = find_row(r, c, BENCH_PLAIN, HOT);

	return row ? target(evidence_cost(row), 3, false, "ns", "%s: evidence on, over evidence off", c->name) : 0;
}

/* Exactness is no matter of more or less. */
static unsigned target_live_evidence(const struct bench_evidence *e)
{
	__u64 lost = e->arrived > e->counted ? e->arrived - e->counted : e->counted - e->arrived;

	return target(e->mpps, 2, true, "Mpps", "live, mail commands of %u sources with samples", BENCH_LIVE_HOSTS) +
	       target(e->agent_core, 1, false, "core", "live, mail commands: the agent's part with the samples") +
	       target((double)lost, 0, false, "", "live, mail commands: counted more or less than arrived");
}

static unsigned target_far_beyond_cache(const struct bench_results *r, const struct bench_case *c)
{
	const struct bench_row *row = find_row(r, c, BENCH_PLAIN, HOSTS_512K);
	unsigned missed;

	if (!row)
		return 0;
	missed = target(row->ns[BENCH_GATEPOST] / row->ns[BENCH_LINE], 1.6, false, "x ",
			"%s, %u hosts: of one cache line", c->name, HOSTS_512K);
	return missed + target(row->ns[BENCH_TEXTBOOK] / row->ns[BENCH_GATEPOST], 3.5, true, "x ",
			       "%s, %u hosts: faster than the textbook", c->name, HOSTS_512K);
}

static unsigned target_command(const struct bench_results *r, const struct bench_case *c)
{
	const struct bench_row *row = strcmp(c->name, "SMTP command") ? NULL : find_row(r, c, BENCH_PLAIN, HOT);

	return row ? target(row->ns[BENCH_GATEPOST], 150, false, "ns", "SMTP command, hot") : 0;
}

static unsigned case_targets(const struct bench_results *r, const struct bench_case *c)
{
	unsigned missed = target_command(r, c);

	if (c->group == BENCH_GROUP_OTHER)
		missed += target_over_floor(r, c, HOT, 12);
	if (c->group == BENCH_GROUP_BULK) {
		missed += target_over_floor(r, c, HOT, 20) + target_over_floor(r, c, HOSTS_64K, 60);
		missed += target_far_beyond_cache(r, c) + target_tags(r, c) + target_evidence(r, c);
	}
	if (c->group != BENCH_GROUP_DIALOGUE)
		missed += target_pppoe(r, c);
	return missed;
}

unsigned bench_print_targets(const struct bench_results *results)
{
	unsigned missed = 0;

	printf("\ntargets\n");
	for (size_t i = 0; i < bench_case_count; i++)
		missed += case_targets(results, &bench_cases[i]);
	if (results->live.done)
		missed += target_live_evidence(&results->live.evidence);
	if (results->live.done)
		missed += target(results->live.drop_mpps, 8, true, "Mpps", "live, %u sources, one core, dropped behind",
				 BENCH_LIVE_HOSTS);
	printf("%u missed\n", missed);
	if (results->load > BUSY)
		printf("The machine was busy before (load %.1f per CPU): whatever lives in caches, and live, is slower "
		       "than it is.\n",
		       results->load);
	return missed;
}

/* "model name" of the first CPU; other architectures name it elsewhere, or not at all. */
static void cpu_name(char *name, size_t bytes)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];

	snprintf(name, bytes, "unknown");
	while (file && fgets(line, sizeof(line), file)) {
		const char *value = strchr(line, ':');

		if (strncmp(line, "model name", 10) || !value)
			continue;
		snprintf(name, bytes, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
		break;
	}
	if (file)
		fclose(file);
}

static void add_string(struct json_object *to, const char *key, const char *value)
{
	json_object_object_add(to, key, json_object_new_string(value));
}

/* To a tenth: more is noise. */
static void add_number(struct json_object *to, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.1f", value);
	json_object_object_add(to, key, json_object_new_double_s(value, text));
}

static struct json_object *host_json(const struct bench_results *results)
{
	struct json_object *host = json_object_new_object();
	struct utsname name;
	char cpu[128];

	uname(&name);
	cpu_name(cpu, sizeof(cpu));
	add_string(host, "kernel", name.release);
	add_string(host, "machine", name.machine);
	add_string(host, "cpu", cpu);
	add_string(host, "compiler", results->compiler);
	add_number(host, "load_per_cpu", results->load);
	return host;
}

static struct json_object *row_json(const struct bench_row *row)
{
	struct json_object *o = json_object_new_object();

	add_string(o, "case", row->bench_case->name);
	add_string(o, "encap", bench_encap_names[row->encap]);
	json_object_object_add(o, "hosts", json_object_new_int64(row->hosts));
	add_number(o, "ns", row->ns[BENCH_GATEPOST]);
	add_number(o, "floor_ns", row->ns[BENCH_FLOOR]);
	add_number(o, "line_ns", row->ns[BENCH_LINE]);
	add_number(o, "line_alone_ns", row->ns[BENCH_LINE_ALONE]);
	add_number(o, "textbook_ns", row->ns[BENCH_TEXTBOOK]);
	if (row->ns[BENCH_TAGGED] > 0) {
		add_number(o, "tags_add_ns", tags_cost(row));
		add_number(o, "evidence_adds_ns", evidence_cost(row));
	}
	return o;
}

static struct json_object *neighbour_json(const struct bench_neighbour *neighbour)
{
	struct json_object *o = json_object_new_object();

	add_string(o, "program", neighbour->program);
	add_string(o, "case", neighbour->bench_case->name);
	add_string(o, "encap", bench_encap_names[neighbour->encap]);
	json_object_object_add(o, "hosts", json_object_new_int64(neighbour->hosts));
	add_number(o, "ns", neighbour->ns);
	add_number(o, "floor_ns", neighbour->floor_ns);
	return o;
}

static struct json_object *live_json(const struct bench_live *live)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "hosts", json_object_new_int64(BENCH_LIVE_HOSTS));
	add_number(o, "drop_mpps", live->drop_mpps);
	add_number(o, "pass_mpps", live->pass_mpps);
	add_number(o, "empty_drop_mpps", live->empty_drop_mpps);
	add_number(o, "empty_pass_mpps", live->empty_pass_mpps);
	add_number(o, "evidence_mpps", live->evidence.mpps);
	add_number(o, "evidence_agent_core", live->evidence.agent_core);
	add_number(o, "evidence_samples", (double)live->evidence.taken);
	add_number(o, "evidence_packets_miscounted", (double)live->evidence.arrived - (double)live->evidence.counted);
	if (live->two_cores_mpps > 0) {
		add_number(o, "two_cores_mpps", live->two_cores_mpps);
		add_number(o, "empty_two_cores_mpps", live->empty_two_cores_mpps);
	}
	return o;
}

struct json_object *bench_json(const struct bench_results *results)
{
	struct json_object *bench = json_object_new_object(), *rows = json_object_new_array(),
			   *neighbours = json_object_new_array();

	json_object_object_add(bench, "host", host_json(results));
	for (size_t i = 0; i < results->row_count; i++)
		json_object_array_add(rows, row_json(&results->rows[i]));
	json_object_object_add(bench, "rows", rows);
	for (size_t i = 0; i < results->neighbour_count; i++)
		json_object_array_add(neighbours, neighbour_json(&results->neighbours[i]));
	json_object_object_add(bench, "neighbours", neighbours);
	if (results->live.done)
		json_object_object_add(bench, "live", live_json(&results->live));
	return bench;
}
