/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report for people: tables within 100 columns, no colour, no escape sequences. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "report_mail_links.h"
#include "report_model.h"
#include "report_routing.h"
#include "report_networks.h"
#include "report_watched.h"
#include "report_senders.h"
#include "text.h"

#define COLUMNS 100
#define LABEL 12  /* where the text behind a label begins */
#define REASON 13 /* where a reason's text begins */
#define CELLS_MAX 8
#define CELL 64

/* One line of a table, as text. */
struct line {
	char cells[CELLS_MAX][CELL];
};

struct table {
	const char *const *headings; /* NULL at the end; "" has none */
	unsigned left;		     /* bit per left-aligned column */
	size_t count;
	const void *context;
	void (*fill)(struct line *line, const void *context, size_t i);
	void (*below)(struct gp_sink *sink, const void *context, size_t i); /* what follows a line; may be NULL */
	int columns, widths[CELLS_MAX];
};

static void widen(struct table *table, const struct line *line)
{
	for (int i = 0; i < table->columns; i++) {
		int width = (int)strlen(line->cells[i]);

		if (width > table->widths[i])
			table->widths[i] = width;
	}
}

/* The first column gives way: a long IPv6 prefix stands on a line of its own then. */
static void fit(struct table *table)
{
	int others = 2;

	for (int i = 1; i < table->columns; i++)
		others += 2 + table->widths[i];
	if (table->widths[0] + others > COLUMNS)
		table->widths[0] = COLUMNS - others > 8 ? COLUMNS - others : 8;
}

static void print_line(struct gp_sink *sink, const struct table *table, const struct line *line)
{
	const char *first = line->cells[0];
	int last = 0;

	/* Blanks at the end of a line are noise in mail and in diffs. */
	for (int i = 0; i < table->columns; i++)
		last = line->cells[i][0] ? i : last;
	if (last > 0 && strlen(first) > (size_t)table->widths[0]) {
		gp_sink_print(sink, "  %s\n", first);
		first = "";
	}
	gp_sink_print(sink, "  %-*s", last > 0 ? table->widths[0] : 0, first);
	for (int i = 1; i <= last; i++) {
		bool left = table->left & 1u << i;

		if (left && i == last)
			gp_sink_print(sink, "  %s", line->cells[i]);
		else
			gp_sink_print(sink, left ? "  %-*s" : "  %*s", table->widths[i], line->cells[i]);
	}
	gp_sink_print(sink, "\n");
}

/* Lines are made twice, once to measure them: a list of all hosts need not stand in memory as text. */
static void print_table(struct gp_sink *sink, struct table *table)
{
	struct line headings = { 0 }, line;

	if (!table->count)
		return;
	for (; table->headings[table->columns]; table->columns++)
		snprintf(headings.cells[table->columns], CELL, "%s", table->headings[table->columns]);
	widen(table, &headings);
	for (size_t i = 0; i < table->count; i++) {
		memset(&line, 0, sizeof(line));
		table->fill(&line, table->context, i);
		widen(table, &line);
	}
	fit(table);
	gp_sink_print(sink, "\n");
	print_line(sink, table, &headings);
	for (size_t i = 0; i < table->count && !sink->err; i++) {
		memset(&line, 0, sizeof(line));
		table->fill(&line, table->context, i);
		print_line(sink, table, &line);
		if (table->below)
			table->below(sink, table->context, i);
	}
}

static void set_text(char cell[CELL], const char *text)
{
	snprintf(cell, CELL, "%s", text);
}

static void set_number(char cell[CELL], __u64 number)
{
	char text[GP_TEXT_NUMBER];

	set_text(cell, gp_text_number(text, number));
}

/* How many bytes of text fit into the columns: up to a blank if there is one, else up to a character's end. */
static size_t fitting(const char *text, size_t columns)
{
	size_t used = 0, best = 0, i = 0;

	while (text[i]) {
		char one[5] = { 0 };
		size_t len = 1;

		while (len < 4 && ((unsigned char)text[i + len] & 0xc0) == 0x80)
			len++;
		memcpy(one, text + i, len);
		used += gp_text_columns(one);
		if (used > columns)
			return best ? best : i ? i : len;
		i += len;
		if (text[i] == ' ')
			best = i;
	}
	return i;
}

/* Prints clean text, continued below its own beginning. */
static void wrap(struct gp_sink *sink, const char *clean, size_t indent)
{
	for (;;) {
		size_t len = fitting(clean, COLUMNS - indent);

		gp_sink_write(sink, clean, len);
		gp_sink_print(sink, "\n");
		clean += len;
		while (*clean == ' ')
			clean++;
		if (!*clean)
			return;
		gp_sink_print(sink, "%*s", (int)indent, "");
	}
}

static void label(struct gp_sink *sink, const char *name)
{
	gp_sink_print(sink, "%-*s", LABEL, name);
}

/* Text of any origin behind a label. */
static void labelled(struct gp_sink *sink, const char *name, const char *text)
{
	char *clean = gp_text_clean(text);

	if (!clean) {
		sink->err = sink->err ? sink->err : -ENOMEM;
		return;
	}
	label(sink, name);
	wrap(sink, clean, LABEL);
	free(clean);
}

/* "2026-05-04 10:00:00" */
static const char *short_time(char out[GP_TEXT_TIME], __u64 ns, __s64 offset_ns)
{
	gp_text_time(out, ns, offset_ns);
	out[10] = ' ';
	out[19] = '\0';
	return out;
}

static void print_window(struct gp_sink *sink, const struct gp_model *model)
{
	const struct gp_report *r = model->report;
	__u64 seconds = r->end_ns > r->start_ns ? (r->end_ns - r->start_ns) / 1000000000 : 0;
	char start[GP_TEXT_TIME], end[GP_TEXT_TIME], span[64];

	label(sink, "window");
	if (!r->start_ns && !r->end_ns && !model->coverage.totals.received.packets) {
		gp_sink_print(sink, "empty: there was no packet\n");
		return;
	}
	if (seconds >= 86400)
		snprintf(span, sizeof(span), "%llu d %llu h", seconds / 86400, seconds % 86400 / 3600);
	else if (seconds >= 3600)
		snprintf(span, sizeof(span), "%llu h %llu min", seconds / 3600, seconds % 3600 / 60);
	else if (seconds >= 60)
		snprintf(span, sizeof(span), "%llu min %llu s", seconds / 60, seconds % 60);
	else
		snprintf(span, sizeof(span), "%.1f s", (double)(r->end_ns - r->start_ns) / 1e9);
	gp_sink_print(sink, "%s to %s UTC (%s)\n", short_time(start, r->start_ns, r->clock_offset_ns),
		      short_time(end, r->end_ns, r->clock_offset_ns), span);
}

static const char *plural(__u64 count)
{
	return count == 1 ? "" : "s";
}

/* "1,234 packets" behind the label, or below the line before. */
static void coverage_line(struct gp_sink *sink, bool *started, __u64 count, const char *what)
{
	char text[GP_TEXT_NUMBER];

	if (!count)
		return;
	gp_sink_print(sink, *started ? "%*s" : "%-*s", LABEL, *started ? "" : "coverage");
	gp_sink_print(sink, "%s packet%s %s\n", gp_text_number(text, count), plural(count), what);
	*started = true;
}

static void print_coverage(struct gp_sink *sink, const struct gp_model *model)
{
	const struct gp_coverage *c = &model->coverage;
	const struct gp_report *r = model->report;
	__s64 packets = c->unaccounted_packets;
	__u64 missing = packets < 0 ? -(__u64)packets : (__u64)packets;
	bool started = false, in_books;

	/* Bytes follow the packets while a live sweep runs; without one they must fit by themselves. */
	in_books = missing <= c->live_slack && (c->unaccounted_bytes == 0 || c->live_slack);
	if (!in_books && missing)
		coverage_line(sink, &started, missing,
			      packets < 0 ? "TOO MANY in the sums: the books do not balance"
					  : "NOT ACCOUNTED FOR: the books do not balance");
	else if (!in_books)
		coverage_line(sink, &started, c->totals.received.packets,
			      "accounted for, but THEIR BYTES DO NOT BALANCE");
	coverage_line(sink, &started, r->nic_missed, "lost by the network card or its driver, never seen here");
	coverage_line(sink, &started, r->pcap_dropped, "dropped by the capture, never seen here");
	if (!in_books)
		return;
	if (!started)
		labelled(sink, "coverage", "every packet accounted for");
	else
		gp_sink_print(sink, "%*severy other packet accounted for\n", LABEL, "");
	if (missing)
		coverage_line(sink, &started, missing, "arrived while the sums were taken");
}

static void print_head(struct gp_sink *sink, const struct gp_model *model)
{
	const struct gp_report *r = model->report;
	const struct gp_coverage *c = &model->coverage;
	char packets[GP_TEXT_NUMBER], bytes[GP_TEXT_NUMBER], wire[GP_TEXT_NUMBER];

	labelled(sink, "sensor", r->sensor ? r->sensor : "");
	labelled(sink, r->source_kind && !strcmp(r->source_kind, "pcap") ? "capture" : "interface",
		 r->source_name ? r->source_name : "");
	print_window(sink, model);
	label(sink, "traffic");
	gp_sink_print(sink, "%s packet%s, %s bytes", gp_text_number(packets, c->totals.received.packets),
		      plural(c->totals.received.packets), gp_text_number(bytes, c->totals.received.bytes));
	if (c->wire_bytes > c->totals.received.bytes)
		gp_sink_print(sink, " seen of %s on the wire", gp_text_number(wire, c->wire_bytes));
	gp_sink_print(sink, "\n");
	print_coverage(sink, model);
	if (r->incomplete)
		labelled(sink, "INCOMPLETE", r->incomplete);
	if (r->default_inside)
		labelled(sink, "note", "no inside prefix was given: private space (10/8, 172.16/12, 192.168/16, "
				       "100.64/10, fc00::/7) counts as inside");
	gp_report_print_one_direction(sink, model);
}

/* Worst first: a reader who stops after ten lines has read the right ten. */
static int compare_severity(const void *left, const void *right)
{
	const struct gp_listed *const *a = left, *const *b = right;
	const struct gp_finding *x = (*a)->finding, *y = (*b)->finding;

	if (x && y && x->verdict != y->verdict)
		return x->verdict < y->verdict ? 1 : -1;
	if (x && y && x->score < y->score)
		return 1;
	if (x && y && x->score > y->score)
		return -1;
	if (!x != !y)
		return x ? -1 : 1;
	return (*a > *b) - (*a < *b);
}

struct host_list {
	const struct gp_model *model;
	const struct gp_listed **sorted;
};

/* Never 100 %: there is no such verdict. */
static void set_confidence(char cell[CELL], double confidence)
{
	snprintf(cell, CELL, "%.1f%%", 100.0 * fmin(confidence, 0.999));
}

static void host_line(struct line *line, const void *context, size_t i)
{
	const struct host_list *list = context;
	const struct gp_report *r = list->model->report;
	const struct gp_listed *listed = list->sorted[i];
	const struct gp_finding *f = listed->finding;
	char text[GP_TEXT_ADDR], time[GP_TEXT_TIME];

	set_text(line->cells[0], gp_text_address(text, &listed->addr, listed->bits));
	set_text(line->cells[1], gp_role_name(listed->role));
	set_text(line->cells[2], gp_verdict_name(f ? f->verdict : GP_VERDICT_NONE));
	set_text(line->cells[3], f ? gp_kind_name(f->kind) : "-");
	set_text(line->cells[4], "-");
	set_text(line->cells[5], "-");
	if (f) {
		set_confidence(line->cells[4], f->confidence);
		set_text(line->cells[5], short_time(time, f->standing.suspected_ns, r->clock_offset_ns));
	} else if (listed->id != GP_NO_HOST) {
		set_text(line->cells[5], short_time(time, gp_listed_host(list->model, listed)->first_seen_ns,
						    r->clock_offset_ns));
	}
}

static void print_reason(struct gp_sink *sink, const struct gp_evidence *e)
{
	char *clean = gp_text_clean(e->text);

	if (!clean) {
		sink->err = sink->err ? sink->err : -ENOMEM;
		return;
	}
	gp_sink_print(sink, "%*s%+6.2f  ", REASON - 8, "", e->weight);
	wrap(sink, clean, REASON);
	free(clean);
}

/* What speaks for a verdict, then what against it. */
static void print_evidence(struct gp_sink *sink, const struct gp_evidence *evidence, int count)
{
	for (int i = 0; i < count; i++) {
		if (evidence[i].weight > 0)
			print_reason(sink, &evidence[i]);
	}
	for (int i = 0; i < count; i++) {
		if (evidence[i].weight < 0)
			print_reason(sink, &evidence[i]);
	}
}

/* For people on the telephone. */
static void print_sentence(struct gp_sink *sink, const struct gp_finding *f)
{
	if (!f->sentence[0])
		return;
	gp_sink_print(sink, "%*s", REASON - 8, "");
	wrap(sink, f->sentence, REASON - 8);
}

/* The reasons below a verdict, and whether the source can be another's. */
static void print_reasons(struct gp_sink *sink, const void *context, size_t i)
{
	const struct host_list *list = context;
	const struct gp_finding *f = list->sorted[i]->finding;
	const struct gp_sample *sample;
	char to[GP_TEXT_ADDR];

	if (!f)
		return;
	print_sentence(sink, f);
	print_evidence(sink, f->evidence, f->evidence_count);
	if (!f->source_verified)
		gp_sink_print(sink, "%*ssource not verified: spoofed packets could look the same\n", REASON, "");
	sample = &f->sample;
	if (sample->dport)
		gp_sink_print(sink, "%*sfor example from port %u to %s port %u\n", REASON, "", sample->sport,
			      gp_text_address(to, &sample->dst, 128), sample->dport);
	if (i + 1 < list->model->listed_count)
		gp_sink_print(sink, "\n");
}

static void print_hosts(struct gp_sink *sink, const struct gp_model *model)
{
	static const char *const headings[] = { "ADDRESS", "ROLE", "VERDICT", "KIND", "CONFIDENCE", "SINCE", NULL };
	struct host_list list = { .model = model };
	struct table table = { .headings = headings, .left = 0x2f, .count = model->listed_count, .context = &list,
			       .fill = host_line, .below = print_reasons };
	char confirmed[GP_TEXT_NUMBER], suspected[GP_TEXT_NUMBER], hosts[GP_TEXT_NUMBER];
	__u64 verdicts[GP_VERDICT_CONFIRMED + 1] = { 0 };

	list.sorted = calloc(model->listed_count + 1, sizeof(*list.sorted));
	if (!list.sorted) {
		sink->err = sink->err ? sink->err : -ENOMEM;
		return;
	}
	for (size_t i = 0; i < model->listed_count; i++) {
		list.sorted[i] = &model->listed[i];
		if (list.sorted[i]->finding)
			verdicts[list.sorted[i]->finding->verdict]++;
	}
	qsort(list.sorted, model->listed_count, sizeof(*list.sorted), compare_severity);
	gp_sink_print(sink, "\n");
	label(sink, "VERDICTS");
	gp_sink_print(sink, "%s confirmed, %s suspected; %s host%s seen\n",
		      gp_text_number(confirmed, verdicts[GP_VERDICT_CONFIRMED]),
		      gp_text_number(suspected, verdicts[GP_VERDICT_SUSPECTED]), gp_text_number(hosts, model->hosts),
		      plural(model->hosts));
	print_table(sink, &table);
	free(list.sorted);
}

static int compare_ranges(const void *left, const void *right)
{
	const struct gp_range_finding *const *a = left, *const *b = right;

	if ((*a)->verdict != (*b)->verdict)
		return (*a)->verdict < (*b)->verdict ? 1 : -1;
	if ((*a)->score != (*b)->score)
		return (*a)->score < (*b)->score ? 1 : -1;
	return (*a > *b) - (*a < *b);
}

struct range_list {
	const struct gp_range_finding **sorted;
	size_t count;
};

static void range_line(struct line *line, const void *context, size_t i)
{
	const struct range_list *list = context;
	const struct gp_range_finding *f = list->sorted[i];
	char text[GP_TEXT_ADDR];

	set_text(line->cells[0], gp_text_prefix(text, &f->addr, f->bits));
	set_text(line->cells[1], gp_verdict_name(f->verdict));
	set_text(line->cells[2], gp_range_kind_name(f->kind));
	set_confidence(line->cells[3], f->confidence);
	set_number(line->cells[4], (__u64)llround(f->hosts));
	if (f->kind != GP_RANGE_SCANNER)
		return;
	set_number(line->cells[5], (__u64)llround(f->endpoints));
	set_number(line->cells[6], f->syn);
	set_number(line->cells[7], f->answered);
}

/* The fleet's size, and what a filter takes. */
static void print_covering(struct gp_sink *sink, const struct gp_range_finding *f)
{
	char text[GP_TEXT_ADDR], fleet[GP_TEXT_NUMBER], list[8 + GP_COVERING_MAX * GP_TEXT_ADDR] = "filter:";
	size_t len = strlen(list);

	gp_sink_print(sink, "%*sabout %s addresses in all; %d prefix%s hold%s those seen and no other\n", REASON, "",
		      gp_text_number(fleet, (__u64)llround(f->fleet)), f->exact_count, f->exact_count == 1 ? "" : "es",
		      f->exact_count == 1 ? "s" : "");
	for (int i = 0; i < f->covering_count; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, " %s",
					gp_text_prefix(text, &f->covering[i].addr, f->covering[i].bits));
	gp_sink_print(sink, "%*s", REASON, "");
	wrap(sink, list, REASON);
	if (f->kind != GP_RANGE_SNOWSHOE)
		gp_sink_print(sink, "%*sautomation, not an infection\n", REASON, "");
}

static void print_range_reasons(struct gp_sink *sink, const void *context, size_t i)
{
	const struct range_list *list = context;

	print_evidence(sink, list->sorted[i]->evidence, list->sorted[i]->evidence_count);
	if (list->sorted[i]->kind != GP_RANGE_SCANNER)
		print_covering(sink, list->sorted[i]);
	if (!list->sorted[i]->source_verified)
		gp_sink_print(sink, "%*ssources not verified: spoofed packets could look the same\n", REASON, "");
	if (i + 1 < list->count)
		gp_sink_print(sink, "\n");
}

/* Prefixes outside whose addresses behave as one; hosts and endpoints are estimates. */
static void print_ranges(struct gp_sink *sink, const struct gp_model *model)
{
	static const char *const headings[] = { "RANGE",     "VERDICT", "KIND",	    "CONFIDENCE", "SOURCES",
						"ENDPOINTS", "SYNS",	"ANSWERED", NULL };
	const struct gp_verdicts *v = model->verdicts;
	struct range_list list = { .count = (size_t)v->range_count };
	struct table table = { .headings = headings, .left = 0x7, .count = list.count, .context = &list,
			       .fill = range_line, .below = print_range_reasons };

	if (!list.count)
		return;
	list.sorted = calloc(list.count, sizeof(*list.sorted));
	if (!list.sorted) {
		sink->err = sink->err ? sink->err : -ENOMEM;
		return;
	}
	for (size_t i = 0; i < list.count; i++)
		list.sorted[i] = &v->ranges[i];
	qsort(list.sorted, list.count, sizeof(*list.sorted), compare_ranges);
	print_table(sink, &table);
	free(list.sorted);
}

static void service_line(struct line *line, const void *context, size_t i)
{
	const struct gp_service_sum *services = context;
	struct gp_service_sum sum = { 0 };

	if (i < GP_SERVICES) {
		sum = services[gp_service_order[i]];
		set_text(line->cells[0], gp_service_name(gp_service_order[i]));
	} else {
		for (int s = 0; s < GP_SERVICES; s++)
			gp_service_add(&sum, &services[s]);
		set_text(line->cells[0], "all");
	}
	set_number(line->cells[1], sum.packets);
	set_number(line->cells[2], sum.bytes);
	set_number(line->cells[3], sum.flows);
	set_number(line->cells[4], sum.attempts);
	set_number(line->cells[5], sum.answered);
	set_number(line->cells[6], sum.confirmed);
}

static void print_services(struct gp_sink *sink, const struct gp_model *model)
{
	static const char *const headings[] = { "SERVICE",  "PACKETS",	"BYTES",  "FLOWS",
						"ATTEMPTS", "ANSWERED", "PROVED", NULL };
	struct table table = { .headings = headings, .left = 0x1, .count = GP_SERVICES + 1,
			       .context = model->services, .fill = service_line };

	print_table(sink, &table);
}

static void prefix_line(struct line *line, const void *context, size_t i)
{
	const struct gp_prefix_row *row = (const struct gp_prefix_row *)context + i;
	char text[GP_TEXT_ADDR], number[GP_TEXT_NUMBER];

	switch (row->kind) {
	case GP_ROW_PREFIX:
		set_text(line->cells[0], gp_text_prefix(text, &row->addr, row->bits));
		set_text(line->cells[1], row->inside ? "inside" : "outside");
		break;
	case GP_ROW_REST:
		snprintf(line->cells[0], CELL, "%s more", gp_text_number(number, row->prefixes));
		break;
	case GP_ROW_BEYOND:
		set_text(line->cells[0], "beyond");
		set_text(line->cells[1], "outside");
		break;
	case GP_ROW_OVERFLOW:
		set_text(line->cells[0], "overflow");
		break;
	}
	if (row->kind != GP_ROW_OVERFLOW && row->kind != GP_ROW_BEYOND)
		set_number(line->cells[2], row->hosts);
	set_number(line->cells[3], row->traffic.packets);
	set_number(line->cells[4], row->traffic.bytes);
	set_number(line->cells[5], row->services[GP_SERVICE_SMTP].flows);
	set_number(line->cells[6], row->services[GP_SERVICE_HTTP].flows);
	set_number(line->cells[7], row->services[GP_SERVICE_TLS].flows);
}

static void print_prefixes(struct gp_sink *sink, const struct gp_model *model)
{
	static const char *const headings[] = { "PREFIX",     "SIDE",	    "HOSTS",	 "PACKETS", "BYTES",
						"SMTP FLOWS", "HTTP FLOWS", "TLS FLOWS", NULL };
	struct table table = { .headings = headings, .left = 0x3, .count = model->rows.count,
			       .context = model->rows.list, .fill = prefix_line };

	print_table(sink, &table);
}

/* A number that belongs to no host, with what it means. */
struct remainder {
	const char *name;
	struct gp_count count;
	const char *meaning;
};

static void remainder_line(struct line *line, const void *context, size_t i)
{
	const struct remainder *remainder = (const struct remainder *)context + i;

	set_text(line->cells[0], remainder->name);
	set_number(line->cells[1], remainder->count.packets);
	set_number(line->cells[2], remainder->count.bytes);
	set_text(line->cells[3], remainder->meaning);
}

static const char *parse_meaning(enum gp_parse status)
{
	static const char *const meanings[GP_PARSE_STATUSES] = {
		[GP_PARSE_ARP] = "address resolution",
		[GP_PARSE_NOT_IP] = "another EtherType than IP",
		[GP_PARSE_LLC] = "IEEE 802.3 with LLC, such as spanning tree",
		[GP_PARSE_PPP_CONTROL] = "PPPoE discovery and PPP control",
		[GP_PARSE_FRAME_TOO_SHORT] = "shorter than an Ethernet header",
		[GP_PARSE_FRAME_TOO_LONG] = "longer than the kernel takes in a test run",
		[GP_PARSE_LINK_TYPE] = "a link layer that cannot be turned into Ethernet",
		[GP_PARSE_TRUNCATED] = "the frame ends inside a header",
		[GP_PARSE_VLAN_TOO_DEEP] = "too many VLAN tags",
		[GP_PARSE_MPLS_TOO_DEEP] = "too many MPLS labels",
		[GP_PARSE_MPLS_NOT_IP] = "no IP below the MPLS labels",
		[GP_PARSE_PPPOE_MALFORMED] = "unknown PPPoE version or type",
		[GP_PARSE_IP_VERSION] = "the IP version contradicts the EtherType",
		[GP_PARSE_IPV4_MALFORMED] = "impossible IPv4 header",
		[GP_PARSE_IPV6_MALFORMED] = "impossible IPv6 header",
		[GP_PARSE_IPV6_EXT_TOO_DEEP] = "too many IPv6 extension headers",
		[GP_PARSE_FRAGMENT_LATER] = "later fragments, which carry no ports",
		[GP_PARSE_TCP_MALFORMED] = "impossible TCP header",
		[GP_PARSE_UDP_MALFORMED] = "impossible UDP header",
		[GP_PARSE_TUNNEL_MALFORMED] = "impossible tunnel header",
		[GP_PARSE_TUNNEL_TOO_DEEP] = "too many GTP-U extension headers",
	};

	return meanings[status] ? meanings[status] : "";
}

/* Packets without an owner: with the table of services they make up the whole traffic. */
static void print_remainders(struct gp_sink *sink, const struct gp_model *model)
{
	static const char *const headings[] = { "NO OWNER", "PACKETS", "BYTES", "", NULL };
	struct remainder list[GP_PARSE_STATUSES];
	struct table table = { .headings = headings, .left = 0x9, .context = list, .fill = remainder_line };

	for (int status = GP_PARSE_OK + 1; status < GP_PARSE_STATUSES; status++) {
		if (model->coverage.totals.unparsed[status].packets)
			list[table.count++] = (struct remainder){ gp_parse_name(status),
								  model->coverage.totals.unparsed[status],
								  parse_meaning(status) };
	}
	print_table(sink, &table);
}

static void loss_line(struct line *line, const void *context, size_t i)
{
	const struct remainder *remainder = (const struct remainder *)context + i;

	set_text(line->cells[0], remainder->name);
	set_number(line->cells[1], remainder->count.packets);
	set_text(line->cells[2], remainder->meaning);
}

/* What weakens the judgement though no packet is missing from the sums. */
static void print_losses(struct gp_sink *sink, const struct gp_model *model)
{
	static const char *const headings[] = { "NOTICED", "COUNT", "", NULL };
	const struct gp_totals *t = &model->coverage.totals;
	const struct remainder all[] = {
		{ "time_reversed", { model->report->time_reversed, 0 }, "packets stamped earlier than the one before" },
		{ "overflow", model->coverage.overflow, "packets counted above whose owner found no room in the tables" },
		{ "beyond", model->coverage.beyond, "packets counted above whose prefix found no room in the agent" },
		{ "observations_lost", { t->observations_lost, 0 }, "sights of a host that found no free slot" },
		{ "outside_full", { t->outside_full, 0 }, "hosts outside without a record of their own: the table was full" },
		{ "outside_folded", { model->coverage.outside_folded, 0 },
		  "hosts outside left to their prefixes: the agent knows too many" },
		{ "cells_evicted", { t->cells_evicted, 0 }, "prefixes outside that gave way; their packets are overflow" },
		{ "evidence_lost", { gp_coverage_evidence_lost(&model->coverage), 0 },
		  "packets that were wanted as samples and not taken" },
		{ "flow_records_lost", { t->flow_records_lost, 0 }, "ended mail flows of which the agent was not told" },
		{ "flows_evicted", { t->flows_evicted, 0 }, "live flows that gave way to newer ones" },
		{ "mail_flows_evicted", { t->mail_flows_evicted, 0 }, "of these to ports of mail" },
		{ "flows_full", { t->flows_full, 0 }, "flows that found no free slot" },
		{ "scan_stale", { t->scan_stale, 0 }, "first contacts left out: their time slice was not ready" },
		{ "spoofed_inside", { t->spoofed_inside, 0 }, "packets from outside with an inside source" },
		{ "foreign_source", { t->foreign_source, 0 }, "packets from inside with a source that is not inside" },
		{ "tags_failed", { t->tags_failed, 0 }, "packets without a tag: the driver left no room for metadata" },
	};
	struct remainder list[sizeof(all) / sizeof(all[0])];
	struct table table = { .headings = headings, .left = 0x5, .context = list, .fill = loss_line };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].count.packets)
			list[table.count++] = all[i];
	}
	print_table(sink, &table);
}

void gp_report_text(struct gp_sink *sink, const struct gp_model *model)
{
	print_head(sink, model);
	print_hosts(sink, model);
	print_ranges(sink, model);
	gp_report_mail_links_text(sink, model);
	gp_report_networks_text(sink, model);
	gp_report_watched_text(sink, model);
	gp_report_senders_text(sink, model->report->witness);
	print_services(sink, model);
	print_prefixes(sink, model);
	print_remainders(sink, model);
	print_losses(sink, model);
}
