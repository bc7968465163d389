/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "config_keys.h"
#include "config_print.h"
#include "config_value.h"
#include "prefix.h"
#include "utf8.h"

#define COLUMN_MAX 116 /* of a line of a list of ports */

struct printer {
	FILE *stream;
	const struct gp_config *config;
	const char *base; /* the configuration, or an entry of a sequence */
	bool show_secret;
	int indent;
};

static const void *place(const struct printer *p, const struct gp_config_key *key)
{
	return p->base + key->where;
}

/* The part of a path behind its section or sequence. */
static const char *name_of(const struct gp_config_key *key)
{
	const char *dot = strrchr(key->path, '.');

	return dot ? dot + 1 : key->path;
}

/* In double quotes (YAML 1.1, 5.7): all that is not printable is escaped by its number. */
static void print_quoted(FILE *stream, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + len;

	fputc('"', stream);
	while (s < end) {
		uint32_t point;
		size_t n = gp_utf8_decode(s, (size_t)(end - s), &point);

		if (!n) /* does not happen: libyaml reads and makes UTF-8 only */
			break;
		if (point == '"' || point == '\\')
			fprintf(stream, "\\%c", (int)point);
		else if (gp_utf8_is_printable(point))
			fwrite(s, 1, n, stream);
		else if (point < 0x100)
			fprintf(stream, "\\x%02x", point);
		else
			fprintf(stream, point < 0x10000 ? "\\u%04x" : "\\U%08x", point);
		s += n;
	}
	fputc('"', stream);
}

/* In the largest whole unit, or in the one in which it was written: another one may not come to the same double. */
static void format_duration(char *out, size_t size, double seconds)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	const char *why;
	double again;

	gp_duration_format(out, size, seconds);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (!gp_duration_parse(&again, &why, out) && again == seconds)
			return;
		snprintf(out, size, "%.15g%s", seconds / units[i].seconds, units[i].name);
	}
}

static void print_text(const struct printer *p, const struct gp_config_key *key)
{
	const char *text = *(char *const *)place(p, key);

	print_quoted(p->stream, text, strlen(text));
}

static void print_name(const struct printer *p, const struct gp_config_key *key)
{
	const char *text = place(p, key);

	print_quoted(p->stream, text, strlen(text));
}

static void print_choice(const struct printer *p, const struct gp_config_key *key)
{
	char word[32] = "";

	gp_choice_get(word, sizeof(word), key->unit, *(const __u32 *)place(p, key));
	fputs(word, p->stream);
}

static void print_bool(const struct printer *p, const struct gp_config_key *key)
{
	bool value = *(const bool *)place(p, key);

	if (key->type == GP_KEY_BOOL)
		fputs(value ? "true" : "false", p->stream);
	else
		fputs(value ? "strict" : "none", p->stream);
}

static void print_double(const struct printer *p, const struct gp_config_key *key)
{
	double value = *(const double *)place(p, key);
	char text[48];

	if (key->type == GP_KEY_DURATION)
		format_duration(text, sizeof(text), value);
	else
		snprintf(text, sizeof(text), "%.15g", value);
	fputs(text, p->stream);
}

static void print_integer(const struct printer *p, const struct gp_config_key *key)
{
	__u32 value = *(const __u32 *)place(p, key);

	if (key->type == GP_KEY_MASK)
		fprintf(p->stream, "0x%x", value);
	else
		fprintf(p->stream, "%u", key->type == GP_KEY_BITS ? value * 64 : value);
}

static void print_secret(const struct printer *p, const struct gp_config_key *key)
{
	const __u64 *secret = place(p, key);

	fprintf(p->stream, "%016llx%016llx", (unsigned long long)secret[0], (unsigned long long)secret[1]);
}

static bool is_of(const struct gp_config *config, const struct gp_config_key *key, unsigned int port)
{
	const struct gp_port *p = &config->ports[port];

	if (key->type == GP_KEY_SCAN_PORTS)
		return p->scan_class == key->where;
	return (key->where == GP_SERVICE_QUIC ? p->udp_service : p->tcp_service) == key->where;
}

/* As ranges; a list that is long goes on in the next line. */
static void print_ports(const struct printer *p, const struct gp_config_key *key)
{
	int column = p->indent + (int)strlen(name_of(key)) + 3;
	const char *before = "[";
	char item[16];

	for (unsigned int first = 1, last; first < GP_PORTS; first = last + 1) {
		last = first;
		if (!is_of(p->config, key, first))
			continue;
		while (last + 1 < GP_PORTS && is_of(p->config, key, last + 1))
			last++;
		if (first == last)
			snprintf(item, sizeof(item), "%u", first);
		else
			snprintf(item, sizeof(item), "%u-%u", first, last);
		column += (int)(strlen(before) + strlen(item));
		if (column > COLUMN_MAX) {
			column = p->indent + 2 + (int)strlen(item);
			fprintf(p->stream, ",\n%*s%s", p->indent + 2, "", item);
		} else {
			fprintf(p->stream, "%s%s", before, item);
		}
		before = ", ";
	}
	fputs(*before == '[' ? "[]" : "]", p->stream);
}

static void print_prefix(FILE *stream, const struct gp_prefix *prefix)
{
	char text[GP_PREFIX_TEXT];

	gp_prefix_format(text, sizeof(text), prefix);
	fprintf(stream, gp_prefix_is_v4(prefix) ? "%s" : "\"%s\"", text);
}

/* A prefix of inside whose subscribers have another length than they had without a word. */
static bool is_pool(const struct gp_prefix *prefix)
{
	char text[GP_PREFIX_TEXT];
	struct gp_prefix plain;
	const char *why;

	gp_prefix_format(text, sizeof(text), prefix);
	return !gp_prefix_parse(&plain, text, &why) && plain.subscriber_bits != prefix->subscriber_bits;
}

static void print_prefixes(const struct printer *p, const struct gp_config_key *key)
{
	bool any = false;

	for (__u32 i = 0; i < p->config->prefix_count; i++) {
		const struct gp_prefix *prefix = &p->config->prefixes[i];

		if (prefix->role != key->where)
			continue;
		any = true;
		fprintf(p->stream, "\n%*s- ", p->indent + 2, "");
		if (!is_pool(prefix)) {
			print_prefix(p->stream, prefix);
			continue;
		}
		fputs("{prefix: ", p->stream);
		print_prefix(p->stream, prefix);
		fprintf(p->stream, ", subscriber: %u}", prefix->subscriber_bits - (gp_prefix_is_v4(prefix) ? 96u : 0));
	}
	if (!any)
		fputs(" []", p->stream);
}

static void print_class_prefixes(const struct printer *p, const struct gp_config_key *key)
{
	size_t class = (size_t)((const struct gp_class *)(const void *)p->base - p->config->classes);

	(void)key;
	for (__u32 i = 0; i < p->config->class_prefix_count; i++) {
		const struct gp_class_prefix *member = &p->config->class_prefixes[i];
		const struct gp_prefix prefix = {.addr = member->prefix.addr, .bits = member->prefix.bits};

		if (member->class != class)
			continue;
		fprintf(p->stream, "\n%*s- ", p->indent + 2, "");
		print_prefix(p->stream, &prefix);
	}
}

static void print_list_entries(const struct printer *p, const struct gp_config_key *key)
{
	const char *text = *(char *const *)place(p, key), *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		fprintf(p->stream, "\n%*s- ", p->indent + 2, "");
		print_quoted(p->stream, text, (size_t)(end - text));
	}
}

static void print_entries(const struct printer *p, const struct gp_config_key *key);

/* Its values stand in lines of their own. */
static bool is_block(const struct gp_config_key *key)
{
	return key->type == GP_KEY_PREFIXES || key->type == GP_KEY_ENTRIES || key->type == GP_KEY_LIST_ENTRIES ||
	       key->type == GP_KEY_CLASS_PREFIXES;
}

static bool has_unit(const struct gp_config_key *key)
{
	return key->unit[0] && (key->type == GP_KEY_NUMBER || key->type == GP_KEY_INTEGER || key->type == GP_KEY_POWER ||
				key->type == GP_KEY_BITS);
}

/* "key: value # unit". */
static void print_pair(const struct printer *p, const struct gp_config_key *key)
{
	static void (*const print[])(const struct printer *, const struct gp_config_key *) = {
		[GP_KEY_TEXT] = print_text,
		[GP_KEY_BOOL] = print_bool,
		[GP_KEY_VALIDATION] = print_bool,
		[GP_KEY_NUMBER] = print_double,
		[GP_KEY_DURATION] = print_double,
		[GP_KEY_POWER] = print_integer,
		[GP_KEY_INTEGER] = print_integer,
		[GP_KEY_BITS] = print_integer,
		[GP_KEY_MASK] = print_integer,
		[GP_KEY_PORTS] = print_ports,
		[GP_KEY_SCAN_PORTS] = print_ports,
		[GP_KEY_PREFIXES] = print_prefixes,
		[GP_KEY_SECRET] = print_secret,
		[GP_KEY_NAME] = print_name,
		[GP_KEY_CHOICE] = print_choice,
		[GP_KEY_ENTRIES] = print_entries,
		[GP_KEY_LIST_ENTRIES] = print_list_entries,
		[GP_KEY_CLASS_PREFIXES] = print_class_prefixes,
	};

	fprintf(p->stream, "%s:%s", name_of(key), is_block(key) ? "" : " ");
	print[key->type](p, key);
	if (has_unit(key))
		fprintf(p->stream, " # %s", key->unit);
}

/* Why a key is a comment; NULL: it is none. */
static const char *absence(const struct printer *p, const struct gp_config_key *key)
{
	const struct gp_config *config = p->config;

	switch (key->type) {
	case GP_KEY_PREFIXES:
		return config->default_inside && key->where == GP_ROLE_SUBSCRIBER ?
		       "private space, for no prefix was given" : NULL;
	case GP_KEY_SECRET:
		if (!config->secret_given)
			return "not set: run draws one";
		return p->show_secret ? NULL : "set; --show-secret shows it";
	case GP_KEY_POWER:
		return *(const __u32 *)place(p, key) ? NULL : "chosen at start";
	case GP_KEY_TEXT:
	case GP_KEY_LIST_ENTRIES:
		return *(char *const *)place(p, key) ? NULL : "none";
	default:
		return NULL;
	}
}

static void print_key(const struct printer *p, const struct gp_config_key *key)
{
	const char *absent = absence(p, key);

	if (absent)
		fprintf(p->stream, "# %s: (%s)", name_of(key), absent);
	else
		print_pair(p, key);
	fputc('\n', p->stream);
}

/* Of the two of a list's sources one is there, and the other one no comment. */
static bool is_left_out(const struct printer *p, const struct gp_config_key *key)
{
	return p->base != (const char *)p->config && absence(p, key);
}

static void print_entries(const struct printer *p, const struct gp_config_key *key)
{
	const struct gp_entries_place *entries = &gp_entries_places[key->where];
	struct printer below = *p;
	__u32 count;

	below.base = gp_config_entries(p->config, (enum gp_entries)key->where, &count);
	below.indent = p->indent + 4;
	if (!count)
		fputs(" []", p->stream);
	for (__u32 i = 0; i < count; i++, below.base += entries->size) {
		const char *before = "- ";

		for (const struct gp_config_key *k = gp_config_keys; k < gp_config_keys + gp_config_key_count; k++) {
			if (!gp_config_key_below(k, entries->parent) || is_left_out(&below, k))
				continue;
			fprintf(p->stream, "\n%*s%s", p->indent + 2, "", before);
			print_pair(&below, k);
			before = "  ";
		}
	}
}

static void print_section(const struct printer *p, const struct gp_config_key *section)
{
	bool off = section->where && !*(const bool *)place(p, section);
	struct printer below = *p;

	below.indent = 2;
	fprintf(p->stream, off ? "\n# %s: (off)\n" : "\n%s:\n", section->path);
	for (const struct gp_config_key *key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
		if (off || !gp_config_key_below(key, section->path))
			continue;
		fputs("  ", p->stream);
		print_key(&below, key);
	}
}

int gp_config_print(FILE *stream, const struct gp_config *config, bool show_secret)
{
	const struct printer p = {
		.stream = stream,
		.config = config,
		.base = (const char *)config,
		.show_secret = show_secret,
	};

	bool after_section = false;

	for (const struct gp_config_key *key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
		if (!gp_config_key_below(key, ""))
			continue;
		if (key->type == GP_KEY_SECTION) {
			print_section(&p, key);
		} else {
			if (after_section)
				fputc('\n', stream);
			print_key(&p, key);
		}
		after_section = key->type == GP_KEY_SECTION;
	}
	if (fflush(stream) || ferror(stream))
		return errno ? -errno : -EIO;
	return 0;
}
