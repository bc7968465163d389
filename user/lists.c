/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lists.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "csv_line.h"
#include "prefix_set.h"
#include "sanitise.h"

#define SECOND_NS 1000000000ull
#define DAY_S 86400u
#define LABELS_FIRST 4096u
#define ENTRIES_FIRST 256u

/* All entries of one reading. */
struct generation {
	struct gp_list_entry *entries; /* by list */
	__u32 count, capacity;
	char *labels; /* the first one is "" */
	__u32 labels_len, labels_size;
	struct gp_prefix_set *sets[GP_LIST_KINDS];
	__u32 *of[GP_LIST_KINDS]; /* by place in the set: the entry */
	__u32 counts[GP_LIST_KINDS];
};

struct gp_lists {
	const struct gp_list_spec *specs;
	size_t count;
	__u64 now_s;
	struct generation now;
};

static void generation_free(struct generation *g)
{
	for (int kind = 0; kind < GP_LIST_KINDS; kind++) {
		gp_prefix_set_close(g->sets[kind]);
		free(g->of[kind]);
	}
	free(g->entries);
	free(g->labels);
}

int gp_lists_open(struct gp_lists **out, const struct gp_list_spec *specs, size_t count)
{
	struct gp_lists *lists = calloc(1, sizeof(*lists));

	if (!lists)
		return -ENOMEM;
	lists->specs = specs;
	lists->count = count;
	*out = lists;
	return 0;
}

void gp_lists_close(struct gp_lists *lists)
{
	if (!lists)
		return;
	generation_free(&lists->now);
	free(lists);
}

void gp_lists_swap(struct gp_lists *a, struct gp_lists *b)
{
	struct gp_lists was = *a;

	*a = *b;
	*b = was;
}

bool gp_list_specs_agree(const struct gp_list_spec *a, size_t a_count, const struct gp_list_spec *b, size_t b_count)
{
	for (size_t i = 0; i < a_count && a_count == b_count; i++)
		if (a[i].kind != b[i].kind || strcmp(a[i].name, b[i].name))
			return false;
	return a_count == b_count;
}

const char *gp_list_kind_name(enum gp_list_kind kind)
{
	static const char *const names[GP_LIST_KINDS] = {"watch", "known-bad", "known-good"};

	return kind < GP_LIST_KINDS ? names[kind] : "unknown";
}

/* --- dates -------------------------------------------------------------------------------------------------------- */

/* Exactly so many digits. Return: -1 without. */
static int digits(const char **text, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return -1;
		value = 10 * value + (**text - '0');
	}
	return value;
}

static bool skip(const char **text, char letter)
{
	if (**text != letter)
		return false;
	(*text)++;
	return true;
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

static __u64 days_before(int year, int month, int day)
{
	__u64 days = (__u64)day - 1;

	for (int y = 1970; y < year; y++)
		days += is_leap(y) ? 366 : 365;
	for (int m = 1; m < month; m++)
		days += (__u64)days_in(year, m);
	return days;
}

/* "T12:00Z", "T12:00:00Z". Return: seconds of the day, or -1. */
static int time_of_day(const char *text)
{
	int hour, minute, second = 0;

	if (!skip(&text, 'T'))
		return -1;
	hour = digits(&text, 2);
	if (hour < 0 || hour > 23 || !skip(&text, ':'))
		return -1;
	minute = digits(&text, 2);
	if (minute < 0 || minute > 59)
		return -1;
	if (skip(&text, ':')) {
		second = digits(&text, 2);
		if (second < 0 || second > 59)
			return -1;
	}
	return skip(&text, 'Z') && !*text ? 3600 * hour + 60 * minute + second : -1;
}

bool gp_list_expiry(__u64 *expires_s, const char *text)
{
	int year = digits(&text, 4), month, day, second;

	if (year < 1970 || !skip(&text, '-'))
		return false;
	month = digits(&text, 2);
	if (month < 1 || month > 12 || !skip(&text, '-'))
		return false;
	day = digits(&text, 2);
	if (day < 1 || day > days_in(year, month))
		return false;
	second = *text ? time_of_day(text) : (int)DAY_S;
	if (second < 0)
		return false;
	*expires_s = days_before(year, month, day) * DAY_S + (__u64)second;
	/* 0 is for ever. */
	*expires_s += !*expires_s;
	return true;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

struct reading {
	struct generation g;
	gp_lists_error_fn *error;
	void *context;
	__u16 list;
	int line;
	bool bad, no_memory;
};

__attribute__((format(printf, 2, 3))) static void complain(struct reading *r, const char *format, ...)
{
	struct gp_lists_error error = {.list = r->list, .line = r->line};
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error.text = text;
	r->bad = true;
	r->error(r->context, &error);
}

/* What was written, fit for a message. */
static const char *shown(char out[64], const char *text)
{
	gp_sanitise(out, 64, text, strlen(text));
	return out;
}

/* What gp_sanitise() leaves as it is: nearly all labels, and it takes ten times as long. */
static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e || text[i] == '\\')
			return false;
	return len < GP_LIST_LABEL;
}

/* Return: where the label stands; 0, the empty one, when there is no memory. */
static __u32 keep_label(struct reading *r, const char *text)
{
	struct generation *g = &r->g;
	size_t len;

	if (g->labels_size - g->labels_len < GP_LIST_LABEL) {
		__u32 size = g->labels_size ? 2 * g->labels_size : LABELS_FIRST;
		char *labels = realloc(g->labels, size);

		if (!labels) {
			r->no_memory = true;
			return 0;
		}
		g->labels = labels;
		g->labels_size = size;
		if (!g->labels_len)
			g->labels[g->labels_len++] = '\0';
	}
	if (!*text)
		return 0;
	len = strlen(text);
	if (is_plain(text, len))
		memcpy(g->labels + g->labels_len, text, len + 1);
	else
		len = gp_sanitise(g->labels + g->labels_len, GP_LIST_LABEL, text, len);
	g->labels_len += (__u32)len + 1;
	return g->labels_len - (__u32)len - 1;
}

static void keep_entry(struct reading *r, const struct gp_list_entry *entry)
{
	struct generation *g = &r->g;

	if (g->count == g->capacity) {
		__u32 capacity = g->capacity ? 2 * g->capacity : ENTRIES_FIRST;
		struct gp_list_entry *entries = reallocarray(g->entries, capacity, sizeof(*entries));

		if (!entries) {
			r->no_memory = true;
			return;
		}
		g->entries = entries;
		g->capacity = capacity;
	}
	g->entries[g->count++] = *entry;
}

static bool is_heading(const struct gp_csv_line *line)
{
	static const char *const names[] = {"prefix", "network", "cidr", "address", "ip"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcasecmp(line->fields[0], names[i]))
			return true;
	return false;
}

static void read_line(struct reading *r, const struct gp_csv_line *line)
{
	struct gp_list_entry entry = {.list = r->list};
	struct gp_prefix prefix;
	char text[64];
	const char *why;
	bool good = true;

	if (gp_prefix_parse(&prefix, line->fields[0], &why)) {
		complain(r, "\"%s\": %s; a prefix, such as 192.0.2.0/24 or 2001:db8::/32", shown(text, line->fields[0]), why);
		good = false;
	}
	if (line->fields[2][0] && !gp_list_expiry(&entry.expires_s, line->fields[2])) {
		complain(r, "\"%s\" is no time of expiry; a date or a time in UTC, such as 2026-12-31 or "
			 "2026-12-31T12:00:00Z", shown(text, line->fields[2]));
		good = false;
	}
	if (line->count > 3) {
		complain(r, "%u fields; a line has a prefix, a label and a time of expiry", line->count);
		good = false;
	}
	if (!good || r->g.count == GP_LIST_ENTRIES_MAX)
		return;
	entry.prefix = (struct gp_cidr){prefix.addr, prefix.bits};
	entry.label = keep_label(r, line->fields[1]);
	keep_entry(r, &entry);
	if (r->g.count == GP_LIST_ENTRIES_MAX)
		complain(r, "more than %u entries in all lists; shorter prefixes hold more addresses",
			 GP_LIST_ENTRIES_MAX - 1);
}

static void read_text(struct reading *r, const char *text, size_t len)
{
	struct gp_csv_lines lines = gp_csv_lines(text, len);
	struct gp_csv_line line;
	bool first = true;
	const char *why;

	while (gp_csv_next(&lines, &line, true, &why) && !r->no_memory) {
		r->line = lines.number;
		if (why)
			complain(r, "%s", why);
		else if (!first || !is_heading(&line))
			read_line(r, &line);
		first = false;
	}
}

/* The entries of one kind, from all of its lists. */
static int make_set(struct generation *g, const struct gp_list_spec *specs, enum gp_list_kind kind)
{
	struct gp_cidr *prefixes = calloc(g->count + 1ul, sizeof(*prefixes));
	__u32 count = 0;
	int err;

	g->of[kind] = calloc(g->count + 1ul, sizeof(*g->of[kind]));
	if (!prefixes || !g->of[kind]) {
		free(prefixes);
		return -ENOMEM;
	}
	for (__u32 i = 0; i < g->count; i++) {
		if (specs[g->entries[i].list].kind != kind)
			continue;
		prefixes[count] = g->entries[i].prefix;
		g->of[kind][count++] = i;
	}
	g->counts[kind] = count;
	err = gp_prefix_set_open(&g->sets[kind], prefixes, count);
	free(prefixes);
	return err;
}

int gp_lists_read(struct gp_lists *lists, const char *const *texts, const size_t *lens, gp_lists_error_fn *error,
		  void *context)
{
	struct reading r = {.error = error, .context = context};
	int err = 0;

	for (size_t i = 0; i < lists->count && !r.no_memory; i++) {
		const char *entries = lists->specs[i].entries;

		r.list = (__u16)i;
		if (texts[i])
			read_text(&r, texts[i], lens[i]);
		if (entries)
			read_text(&r, entries, strlen(entries));
	}
	if (r.no_memory || r.bad)
		err = r.no_memory ? -ENOMEM : -EINVAL;
	for (int kind = 0; kind < GP_LIST_KINDS && !err; kind++)
		err = make_set(&r.g, lists->specs, (enum gp_list_kind)kind);
	if (err) {
		generation_free(&r.g);
		return err;
	}
	generation_free(&lists->now);
	lists->now = r.g;
	return 0;
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

void gp_lists_tick(struct gp_lists *lists, __u64 now_ns)
{
	if (lists)
		lists->now_s = now_ns / SECOND_NS;
}

static bool has_expired(const struct gp_lists *lists, const struct gp_list_entry *entry)
{
	return entry->expires_s && entry->expires_s <= lists->now_s;
}

/* From one place outwards, the first that is active. */
static const struct gp_list_entry *active(const struct gp_lists *lists, enum gp_list_kind kind, __u32 place)
{
	for (; place != GP_PREFIX_NONE; place = gp_prefix_set_around(lists->now.sets[kind], place)) {
		const struct gp_list_entry *entry = &lists->now.entries[lists->now.of[kind][place]];

		if (!has_expired(lists, entry))
			return entry;
	}
	return NULL;
}

const struct gp_list_entry *gp_lists_find(const struct gp_lists *lists, enum gp_list_kind kind, const struct gp_addr *addr)
{
	return lists ? active(lists, kind, gp_prefix_set_find(lists->now.sets[kind], addr)) : NULL;
}

const struct gp_list_entry *gp_lists_find_prefix(const struct gp_lists *lists, enum gp_list_kind kind,
						 const struct gp_addr *addr, unsigned int bits)
{
	return lists ? active(lists, kind, gp_prefix_set_find_prefix(lists->now.sets[kind], addr, bits)) : NULL;
}

const char *gp_list_label(const struct gp_lists *lists, const struct gp_list_entry *entry)
{
	return lists->now.labels + entry->label;
}

const struct gp_list_spec *gp_list_spec(const struct gp_lists *lists, size_t list)
{
	return &lists->specs[list];
}

size_t gp_lists_count(const struct gp_lists *lists)
{
	return lists ? lists->count : 0;
}

struct gp_list_count gp_list_count(const struct gp_lists *lists, size_t list)
{
	struct gp_list_count count = {0};

	for (__u32 i = 0; i < lists->now.count; i++) {
		if (lists->now.entries[i].list != list)
			continue;
		count.entries++;
		count.expired += has_expired(lists, &lists->now.entries[i]);
	}
	return count;
}

bool gp_lists_has(const struct gp_lists *lists, enum gp_list_kind kind)
{
	return lists && lists->now.counts[kind];
}
