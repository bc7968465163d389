/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_maker.h"
#include "config_value.h"
#include "random.h"

#define POOLS_MAX 12

struct maker {
	FILE *out;
	__u64 seed;
	unsigned int pools; /* IPv4 and IPv6 ones, of each so many; 0: private space is inside */
};

static unsigned int below(__u64 *seed, unsigned int n)
{
	return (unsigned int)((random_splitmix(seed) >> 16) % n);
}

static double uniform(__u64 *seed)
{
	return (double)(random_splitmix(seed) >> 11) / (double)(1ull << 53);
}

static double number_in(const struct gp_config_key *key, __u64 *seed)
{
	switch (below(seed, 8)) {
	case 0:
		return key->min;
	case 1:
		return key->max;
	default:
		return key->min + uniform(seed) * (key->max - key->min);
	}
}

/* Of 3 or 15 digits. */
static void make_number(char *out, size_t size, const struct gp_config_key *key, __u64 *seed)
{
	double value = number_in(key, seed), again;
	const char *rest;

	snprintf(out, size, "%.3g", value);
	if (below(seed, 2) || gp_number_parse(&again, &rest, *out == '-' ? out + 1 : out) ||
	    (*out == '-' ? -again : again) < key->min || (*out == '-' ? -again : again) > key->max)
		snprintf(out, size, "%.15g", value);
}

static void make_duration(char *out, size_t size, const struct gp_config_key *key, __u64 *seed)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	unsigned int unit = below(seed, 4);
	const char *why;
	double again;

	snprintf(out, size, below(seed, 2) ? "%.15g%s" : "%.4g%s", number_in(key, seed) / units[unit].seconds,
		 units[unit].name);
	if (gp_duration_parse(&again, &why, out) || again < key->min || again > key->max)
		gp_duration_format(out, size, key->max);
}

/* Characters that quotes have to bear. */
static void make_text(char *out, size_t size, const struct gp_config_key *key, __u64 *seed)
{
	static const char letters[] = "abcXYZ019 /.-_#:,[]{}&*!|>'%@`~";
	unsigned int len = (unsigned int)key->min + 8 + below(seed, 12), i = 0;

	if (len > (unsigned int)key->max)
		len = (unsigned int)key->max;
	if (!strcmp(key->path, "http.listen")) {
		static const char *const listen[] = {"", "127.0.0.1:9418", "[::1]:80"};

		snprintf(out, size, "\"%s\"", listen[below(seed, 3)]);
		return;
	}
	if (!key->min && !below(seed, 4))
		len = 0;
	out[i++] = '"';
	while (len-- && i + 4 < size)
		out[i++] = letters[below(seed, sizeof(letters) - 1)];
	if (i > 9 && below(seed, 2))
		memcpy(out + 2, "\\\"\\\\", 4); /* a quote and a backslash: still two characters above the minimum */
	snprintf(out + i, size - i, "\"");
}

static void make_power(char *out, size_t size, const struct gp_config_key *key, __u64 *seed)
{
	unsigned long value = (unsigned long)key->min;

	while (2 * value <= (unsigned long)key->max && below(seed, 4))
		value *= 2;
	snprintf(out, size, "%lu", value);
}

void config_make_value(char *out, size_t size, const struct gp_config_key *key, __u64 *seed)
{
	unsigned int words = 0;

	*out = '\0';
	switch (key->type) {
	case GP_KEY_TEXT:
		make_text(out, size, key, seed);
		break;
	case GP_KEY_BOOL:
		snprintf(out, size, "%s", below(seed, 2) ? "true" : "false");
		break;
	case GP_KEY_VALIDATION:
		snprintf(out, size, "%s", below(seed, 2) ? "strict" : "none");
		break;
	case GP_KEY_NUMBER:
		make_number(out, size, key, seed);
		break;
	case GP_KEY_DURATION:
		make_duration(out, size, key, seed);
		break;
	case GP_KEY_POWER:
	case GP_KEY_BITS:
		make_power(out, size, key, seed);
		break;
	case GP_KEY_INTEGER:
		snprintf(out, size, "%.0f", number_in(key, seed));
		break;
	case GP_KEY_CHOICE:
		while (gp_choice_get(out, size, key->unit, words))
			words++;
		gp_choice_get(out, size, key->unit, below(seed, words));
		break;
	case GP_KEY_SECRET:
		snprintf(out, size, "%016llx%016llX", (unsigned long long)random_splitmix(seed),
			 (unsigned long long)random_splitmix(seed));
		break;
	default:
		break;
	}
}

/* Scores in order, of everybody or of a class. */
static void make_scores(struct maker *m, const char *indent)
{
	double watch = 0.1 + 30 * uniform(&m->seed), suspect = watch + 30 * uniform(&m->seed);

	fprintf(m->out, "%swatch_score: %.6g\n%ssuspect_score: %.6g\n%sconfirm_score: %.6g\n", indent, watch, indent,
		suspect + 0.001, indent, suspect + 0.01 + 30 * uniform(&m->seed));
}

/* Keys that depend on each other are made together. */
static bool is_special(const struct gp_config_key *key)
{
	static const char *const special[] = {"watch_score", "suspect_score", "confirm_score", "fast", "very_fast", "mark_mask",
					      "mark_shift"};
	const char *dot = strrchr(key->path, '.');

	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (dot && !strcmp(dot + 1, special[i]) && strcmp(key->path, "http_bot.fast") != 0)
			return true;
	return false;
}

static void make_plain(struct maker *m, const char *parent, const char *indent)
{
	char value[128];

	for (const struct gp_config_key *key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
		if (!gp_config_key_below(key, parent) || is_special(key) || below(&m->seed, 2))
			continue;
		config_make_value(value, sizeof(value), key, &m->seed);
		if (*value)
			fprintf(m->out, "%s%s: %s\n", indent, *parent ? strrchr(key->path, '.') + 1 : key->path, value);
	}
}

/* Ascending, some of them ranges, from @first to @last. */
static void make_ports(struct maker *m, const char *name, unsigned int first, unsigned int last)
{
	const char *before = "";

	fprintf(m->out, "  %s: [", name);
	while (below(&m->seed, 8)) {
		unsigned int from = first + below(&m->seed, 3), to = from + (below(&m->seed, 3) ? 0 : below(&m->seed, 9));

		if (to > last)
			break;
		if (from == to)
			fprintf(m->out, "%s%u", before, from);
		else
			fprintf(m->out, "%s%u-%u", before, from, to);
		before = ", ";
		first = to + 1 + below(&m->seed, 2) * below(&m->seed, 300);
	}
	fputs("]\n", m->out);
}

static void make_service_ports(struct maker *m)
{
	static const char *const services[] = {"smtp", "submission", "http", "tls", "mailbox"};

	if (below(&m->seed, 3)) {
		fputs("ports:\n", m->out);
		for (unsigned int i = 0; i < 5; i++)
			make_ports(m, services[i], 1 + 13000 * i, 13000 * (i + 1));
		make_ports(m, "quic", 1, 65535);
	}
	if (below(&m->seed, 3)) {
		fputs("scan_ports:\n", m->out);
		make_ports(m, "watched", 1, 65535);
		make_ports(m, "service", 1, 65535);
	}
}

/* Pools that do not touch, relays within and beside them. */
static void make_prefixes(struct maker *m)
{
	m->pools = below(&m->seed, POOLS_MAX);
	if (m->pools)
		fputs("inside:\n", m->out);
	for (unsigned int i = 1; i <= m->pools; i++) {
		unsigned int length = 48 + below(&m->seed, 17);

		if (below(&m->seed, 2))
			fprintf(m->out, "- %u.7.0.0/16\n", i);
		else
			fprintf(m->out, "- {prefix: %u.7.0.0/16, subscriber: %u}\n", i, 16 + below(&m->seed, 17));
		fprintf(m->out, "- {subscriber: %u, prefix: \"2001:db8:%x::/48\"}\n", length, i);
		if (length >= 52 && below(&m->seed, 2))
			fprintf(m->out, "- {prefix: \"2001:db8:%x:8000::/52\", subscriber: %u}\n", i, length);
	}
	fputs("relays: [", m->out);
	for (unsigned int i = below(&m->seed, 5); i; i--)
		fprintf(m->out, "203.0.113.%u, \"2001:db8:ffff::%x\"%s", i, i, i > 1 ? ", " : "");
	fprintf(m->out, "]\ninfrastructure: [%s]\n", below(&m->seed, 2) ? "192.0.2.0/24, 198.51.100.7" : "");
	if (below(&m->seed, 2))
		fputs("business: [203.0.113.0/25]\n", m->out);
}

/* Text that has to be escaped: quotes, controls, other scripts, marks of direction. */
static void make_list_entry(struct maker *m)
{
	static const char *const parts[] = {"10.0.0.0/8", ", ", "label", "\\\"", "\\\\", "\\t", "\\x1b[2J", "\\u202e", "\\x85",
					    "\\u2028", "\\uFEFF", "\\U000E0001", "\\U0001F600", "\xc3\xbc", "\xe4\xb8\xad", "#", "'"};

	fputs("\"", m->out);
	for (unsigned int i = below(&m->seed, 9); i; i--)
		fputs(parts[below(&m->seed, sizeof(parts) / sizeof(*parts))], m->out);
	fputs("\"", m->out);
}

static void make_lists(struct maker *m)
{
	unsigned int lists = below(&m->seed, 5);
	char kind[32];

	fputs("lists:", m->out);

	fputs(lists ? "\n" : " []\n", m->out);
	for (unsigned int i = 0; i < lists; i++) {
		config_make_value(kind, sizeof(kind), gp_config_key_find("lists[]", "kind"), &m->seed);
		fprintf(m->out, "- kind: %s\n  name: 'list \"%u\"'\n", kind, i);
		if (below(&m->seed, 2)) {
			fprintf(m->out, "  file: /etc/list%u\n", i);
			continue;
		}
		fputs("  entries: [", m->out);
		for (unsigned int n = 1 + below(&m->seed, 4); n; n--) {
			make_list_entry(m);
			fputs(n > 1 ? ", " : "]\n", m->out);
		}
	}
}

static void make_interfaces(struct maker *m)
{
	unsigned int count = below(&m->seed, 4);

	if (count)
		fputs("interfaces:\n", m->out);
	for (unsigned int i = 0; i < count; i++) {
		fprintf(m->out, "- name: eth%u.%u\n", i, below(&m->seed, 4095));
		if (below(&m->seed, 2))
			fprintf(m->out, "  side: %s\n", below(&m->seed, 2) ? "inside" : "tap");
	}
}

static void make_outputs(struct maker *m)
{
	char value[64];
	unsigned int count = below(&m->seed, 4);

	if (count)
		fputs("outputs:\n", m->out);
	for (unsigned int i = 0; i < count; i++) {
		fprintf(m->out, "- path: /out%u\n", i);
		config_make_value(value, sizeof(value), gp_config_key_find("outputs[]", "format"), &m->seed);
		if (below(&m->seed, 2))
			fprintf(m->out, "  format: %s\n", value);
		config_make_value(value, sizeof(value), gp_config_key_find("outputs[]", "interval"), &m->seed);
		if (below(&m->seed, 2))
			fprintf(m->out, "  interval: %s\n", value);
	}
}

static void make_classes(struct maker *m)
{
	unsigned int count = m->pools ? below(&m->seed, m->pools < 8 ? m->pools + 1 : 9) : below(&m->seed, 9);
	char value[64];

	if (count)
		fputs("classes:\n", m->out);
	for (unsigned int i = 1; i <= count; i++) {
		fprintf(m->out, "- name: class %u\n", i);
		if (m->pools)
			fprintf(m->out, "  prefixes: [%u.7.0.0/16, \"2001:db8:%x::/48\"]\n", i, i);
		else
			fprintf(m->out, "  prefixes: [10.%u.0.0/16, 10.%u.7.0/24]\n", i, i + 100);
		make_scores(m, "  ");
		for (const struct gp_config_key *key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
			if (!gp_config_key_below(key, "classes[]") || is_special(key) || key->type == GP_KEY_NAME ||
			    below(&m->seed, 2))
				continue;
			config_make_value(value, sizeof(value), key, &m->seed);
			if (*value)
				fprintf(m->out, "  %s: %s\n", strrchr(key->path, '.') + 1, value);
		}
	}
}

/* Some of its keys, and those that depend on each other. */
static void make_section(struct maker *m, const struct gp_config_key *section)
{
	double fast = 1 + 1000 * uniform(&m->seed);
	unsigned int shift = below(&m->seed, 32);
	long head = ftell(m->out), end;

	if (!strcmp(section->path, "ports") || !strcmp(section->path, "scan_ports") || !below(&m->seed, 4))
		return;
	fprintf(m->out, "%s:\n", section->path);
	end = ftell(m->out);
	make_plain(m, section->path, "  ");
	if (!strcmp(section->path, "thresholds"))
		make_scores(m, "  ");
	if (!strcmp(section->path, "login"))
		fprintf(m->out, "  fast: %.6g\n  very_fast: %.6g\n", fast, fast + 0.01 + 1e6 * uniform(&m->seed));
	if (!strcmp(section->path, "tags"))
		fprintf(m->out, "  mark_shift: %u\n  mark_mask: 0x%x\n", shift,
			(unsigned int)random_splitmix(&m->seed) | 1u << shift);
	if (ftell(m->out) == end) {
		fseek(m->out, head, SEEK_SET);
		fprintf(m->out, "%s: {}\n", section->path);
	}
}

char *config_make(__u64 seed)
{
	struct maker m = {.seed = seed};
	char *text = NULL;
	size_t len;

	m.out = open_memstream(&text, &len);
	if (!m.out)
		abort();
	make_plain(&m, "", "");
	make_prefixes(&m);
	make_service_ports(&m);
	make_lists(&m);
	make_interfaces(&m);
	make_outputs(&m);
	make_classes(&m);
	for (const struct gp_config_key *key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++)
		if (key->type == GP_KEY_SECTION)
			make_section(&m, key);
	fclose(m.out);
	return text;
}
