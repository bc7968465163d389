// SPDX-License-Identifier: GPL-2.0-or-later
#include "query_table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "text.h"

#define CELLS_MAX 8
#define LABEL 14 /* where the text behind a label begins */

typedef struct json_object json;

/* --- reading what may be anything --------------------------------------------------------------------------------- */

/* What stands at "epochs.lag_s"; NULL: nothing. */
static json *at(json *o, const char *path)
{
	char key[32];

	while (o && *path) {
		size_t len = strcspn(path, ".");

		if (!json_object_is_type(o, json_type_object) || len >= sizeof(key))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		o = json_object_object_get(o, key);
		path += len + (path[len] == '.');
	}
	return o;
}

/* A string or number as clean text of the caller's; "-" when there is none. NULL when out of memory. */
static char *text_at(json *o, const char *path)
{
	json *value = at(o, path);

	switch (json_object_get_type(value)) {
	case json_type_string:
	case json_type_int:
	case json_type_double:
	case json_type_boolean:
		return gp_text_clean(json_object_get_string(value));
	default:
		return strdup("-");
	}
}

static double number_at(json *o, const char *path)
{
	double number = json_object_get_double(at(o, path));

	return isfinite(number) ? number : 0;
}

/* NULL where there is none. */
static json *entry_of(json *list, size_t i)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_get_idx(list, i) : NULL;
}

static size_t count_of(json *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

/* --- tables ------------------------------------------------------------------------------------------------------- */

/* A column: what it is called, and where its text stands. A leading ">" of the title puts it to the right. */
struct column {
	const char *title, *path;
};

struct table {
	const struct column *columns;
	size_t column_count, rows;
	char **cells; /* row by row; the first row is the titles */
	int widths[CELLS_MAX];
};

static void free_table(struct table *t)
{
	for (size_t i = 0; t->cells && i < (t->rows + 1) * t->column_count; i++)
		free(t->cells[i]);
	free(t->cells);
}

static bool set_cell(struct table *t, size_t row, size_t column, char *text)
{
	int width;

	t->cells[row * t->column_count + column] = text;
	if (!text)
		return false;
	width = (int)gp_text_columns(text);
	if (width > t->widths[column])
		t->widths[column] = width;
	return true;
}

/* RFC 3339 to the second, and shares as per cent, where a column's title says so. */
static char *cell_text(json *entry, const struct column *column)
{
	char *text = text_at(entry, column->path), *share = NULL;
	size_t len = strlen(column->path);

	if (text && len > 5 && !strcmp(column->path + len - 5, "_seen") && strlen(text) > 19 && text[19] == '.')
		text[19] = '\0';
	if (!strstr(column->title, "%"))
		return text;
	free(text);
	return asprintf(&share, "%.2f", 100 * number_at(entry, column->path)) < 0 ? NULL : share;
}

static int fill_table(struct table *t, json *list)
{
	t->cells = calloc((t->rows + 1) * t->column_count, sizeof(*t->cells));
	if (!t->cells)
		return -ENOMEM;
	for (size_t i = 0; i < t->column_count; i++) {
		const char *title = t->columns[i].title;

		if (!set_cell(t, 0, i, strdup(title + (*title == '>'))))
			return -ENOMEM;
		for (size_t row = 0; row < t->rows; row++)
			if (!set_cell(t, row + 1, i, cell_text(entry_of(list, row), &t->columns[i])))
				return -ENOMEM;
	}
	return 0;
}

static void print_cells(FILE *stream, const struct table *t, size_t row)
{
	for (size_t i = 0; i < t->column_count; i++) {
		const char *text = t->cells[row * t->column_count + i];
		int pad = t->widths[i] - (int)gp_text_columns(text);

		if (t->columns[i].title[0] == '>')
			fprintf(stream, "%*s%s", pad, "", text);
		else if (i + 1 < t->column_count)
			fprintf(stream, "%s%*s", text, pad, "");
		else
			fputs(text, stream);
		fputs(i + 1 < t->column_count ? "  " : "\n", stream);
	}
}

static int print_table(FILE *stream, json *list, const struct column *columns, size_t count)
{
	struct table t = { .columns = columns, .column_count = count, .rows = count_of(list) };
	int err = fill_table(&t, list);

	for (size_t row = 0; !err && row <= t.rows; row++)
		print_cells(stream, &t, row);
	free_table(&t);
	return err;
}

/* "12 more": what the limit left out is never passed over. */
static void print_rest(FILE *stream, json *answer, size_t shown)
{
	double matching = number_at(answer, "matching");

	if (matching > (double)shown)
		fprintf(stream, "%.0f more; --limit %.0f shows them\n", matching - (double)shown, matching);
}

static int print_list(FILE *stream, json *answer, const char *name, const struct column *columns, size_t count)
{
	json *list = at(answer, name);
	int err;

	if (!json_object_is_type(list, json_type_array))
		return -EBADMSG;
	if (!count_of(list)) {
		fprintf(stream, "no %s with a verdict\n", name);
		return 0;
	}
	err = print_table(stream, list, columns, count);
	print_rest(stream, answer, count_of(list));
	return err;
}

static int print_hosts(FILE *stream, json *answer)
{
	static const struct column columns[] = {
		{ "ADDRESS", "address" }, { "ROLE", "role" },	     { "KIND", "kind" },	   { "VERDICT", "verdict" },
		{ "STATE", "standing.state" }, { ">%", "confidence" }, { "FIRST SEEN", "first_seen" }, { "LAST SEEN", "last_seen" },
	};

	return print_list(stream, answer, "hosts", columns, sizeof(columns) / sizeof(*columns));
}

static int print_ranges(FILE *stream, json *answer)
{
	static const struct column columns[] = {
		{ "PREFIX", "prefix" }, { "KIND", "kind" }, { "VERDICT", "verdict" }, { ">%", "confidence" }, { ">HOSTS", "hosts" },
		{ ">FLEET", "fleet_estimate" }, { "FIRST SEEN", "first_seen" }, { "LAST SEEN", "last_seen" },
	};

	return print_list(stream, answer, "ranges", columns, sizeof(columns) / sizeof(*columns));
}

static int print_networks(FILE *stream, json *answer)
{
	static const struct column columns[] = {
		{ ">RANK", "rank" }, { "SIDE", "side" }, { "PREFIX", "prefix" }, { ">AS", "asn" }, { ">CONFIRMED", "confirmed" },
		{ ">ACTIVE", "active" }, { ">RATE % AT LEAST", "rate_lower_bound" }, { "ORGANISATION", "organisation" },
	};
	json *list = at(answer, "networks");

	if (!count_of(list)) {
		if (!json_object_is_type(list, json_type_array))
			return -EBADMSG;
		fputs("no networks with active hosts\n", stream);
		return 0;
	}
	return print_list(stream, answer, "networks", columns, sizeof(columns) / sizeof(*columns));
}

/* --- one thing ---------------------------------------------------------------------------------------------------- */

static int print_label(FILE *stream, const char *label, json *o, const char *path, const char *unit)
{
	char *text = text_at(o, path);

	if (!text)
		return -ENOMEM;
	fprintf(stream, "%-*s%s%s\n", LABEL, label, text, unit);
	free(text);
	return 0;
}

static int print_interfaces(FILE *stream, json *answer)
{
	json *list = at(answer, "interfaces");

	for (size_t i = 0; i < count_of(list); i++) {
		json *entry = entry_of(list, i);
		char *name = text_at(entry, "name"), *side = text_at(entry, "side"), *mode = text_at(entry, "mode");
		bool ok = name && side && mode;

		if (ok)
			fprintf(stream, "%-*s%s, %s, %s%s\n", LABEL, i ? "" : "interfaces", name, side, mode,
				json_object_get_boolean(at(entry, "attached")) ? "" : ", NOT ATTACHED");
		free(name);
		free(side);
		free(mode);
		if (!ok)
			return -ENOMEM;
	}
	return 0;
}

static void print_packets(FILE *stream, json *answer)
{
	static const char *const losses[] = { "unaccounted", "overflow", "nic_missed", "pcap_dropped", "evidence_lost" };
	char number[GP_TEXT_NUMBER];

	fprintf(stream, "%-*s%.0f packets/s, %.3g Mbit/s over %.0f s\n", LABEL, "rate", number_at(answer, "rates.packets_per_s"),
		number_at(answer, "rates.bits_per_s") / 1e6, number_at(answer, "rates.interval_s"));
	fprintf(stream, "%-*s%s packets", LABEL, "received",
		gp_text_number(number, (__u64)fmin(fmax(number_at(answer, "coverage.packets"), 0), 1e18)));
	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++) {
		char path[64];

		snprintf(path, sizeof(path), "coverage.%s", losses[i]);
		fprintf(stream, ", %s %.0f", losses[i], number_at(answer, path));
	}
	fputc('\n', stream);
}

static int print_status(FILE *stream, json *answer)
{
	static const struct {
		const char *label, *path, *unit;
	} first[] = { { "sensor", "sensor", "" }, { "version", "generator.version", "" }, { "process", "pid", "" },
		      { "since", "since", "" } },
	  last[] = { { "store", "store.path", "" }, { "store error", "store.error", "" },
		     { "configuration", "configuration.path", "" }, { "reload error", "configuration.error", "" },
		     { "incomplete", "incomplete", "" } };
	int err = 0;

	for (size_t i = 0; i < sizeof(first) / sizeof(*first) && !err; i++)
		err = print_label(stream, first[i].label, answer, first[i].path, first[i].unit);
	if (!err)
		err = print_interfaces(stream, answer);
	print_packets(stream, answer);
	fprintf(stream, "%-*s%.0f committed, the last one %.1f s ago\n", LABEL, "epochs", number_at(answer, "epochs.committed"),
		number_at(answer, "epochs.lag_s"));
	fprintf(stream, "%-*s%.0f active, %.0f suspected, %.0f confirmed\n", LABEL, "hosts", number_at(answer, "hosts.active"),
		number_at(answer, "hosts.suspected"), number_at(answer, "hosts.confirmed"));
	for (size_t i = 0; i < sizeof(last) / sizeof(*last) && !err; i++)
		if (at(answer, last[i].path))
			err = print_label(stream, last[i].label, answer, last[i].path, last[i].unit);
	return err;
}

static int print_reasons(FILE *stream, json *list)
{
	for (size_t i = 0; i < count_of(list); i++) {
		json *entry = entry_of(list, i);
		char *rule = text_at(entry, "rule"), *text = text_at(entry, "text");
		bool ok = rule && text;

		if (ok)
			fprintf(stream, "  %+6.2f  %-16s %s\n", number_at(entry, "weight"), rule, text);
		free(rule);
		free(text);
		if (!ok)
			return -ENOMEM;
	}
	return 0;
}

static int print_opinion(FILE *stream, json *entry)
{
	char *kind = text_at(entry, "kind"), *state = text_at(entry, "state");
	int err = kind && state ? 0 : -ENOMEM;

	if (!err)
		fprintf(stream, "\n%s: %s, %.1f nats, confidence %.2f %%\n", kind, state, number_at(entry, "score"),
			100 * number_at(entry, "confidence"));
	free(kind);
	free(state);
	if (!err)
		err = print_reasons(stream, at(entry, "evidence"));
	return err ? err : print_reasons(stream, at(entry, "against"));
}

static int print_explain(FILE *stream, json *answer)
{
	json *list = at(answer, "opinions"), *host = entry_of(at(answer, "hosts"), 0);
	int err;

	if (!json_object_is_type(list, json_type_array))
		return -EBADMSG;
	err = print_label(stream, "address", answer, "address", "");
	if (!json_object_get_boolean(at(answer, "known"))) {
		fputs("no packet that says anything of it was seen\n", stream);
		return err;
	}
	if (!err)
		err = print_label(stream, "role", host, "role", "");
	if (!err)
		err = print_label(stream, "first seen", host, "first_seen", "");
	if (!err)
		err = print_label(stream, "last seen", host, "last_seen", "");
	if (!count_of(list))
		fputs("nothing speaks for or against it\n", stream);
	for (size_t i = 0; i < count_of(list) && !err; i++)
		err = print_opinion(stream, entry_of(list, i));
	return err;
}

/* --- all ---------------------------------------------------------------------------------------------------------- */

static int print_reload(FILE *stream, json *answer)
{
	json *said = at(answer, "said");
	int err = json_object_is_type(said, json_type_array) ? 0 : -EBADMSG;

	for (size_t i = 0; i < count_of(said) && !err; i++) {
		char *line = text_at(entry_of(said, i), "");

		if (line)
			fprintf(stream, "%s\n", line);
		else
			err = -ENOMEM;
		free(line);
	}
	if (!err && !count_of(said))
		fputs("nothing has changed\n", stream);
	return err;
}

static int print_answer(FILE *stream, enum gp_query_name name, json *answer)
{
	switch (name) {
	case GP_QUERY_STATUS:
		return print_status(stream, answer);
	case GP_QUERY_HOSTS:
		return print_hosts(stream, answer);
	case GP_QUERY_RANGES:
		return print_ranges(stream, answer);
	case GP_QUERY_NETWORKS:
		return print_networks(stream, answer);
	case GP_QUERY_EXPLAIN:
		return print_explain(stream, answer);
	case GP_QUERY_RELOAD:
		return print_reload(stream, answer);
	default:
		return -EBADMSG;
	}
}

/* "gatepost.hosts/1" of an answer to hosts. */
static bool is_answer_to(json *answer, enum gp_query_name name)
{
	char schema[40];

	snprintf(schema, sizeof(schema), "gatepost.%s/1", name == GP_QUERY_EXPLAIN ? "opinions" : gp_query_name(name));
	return json_object_is_type(at(answer, "schema"), json_type_string) &&
	       !strcmp(json_object_get_string(at(answer, "schema")), schema);
}

static int end_of(FILE *stream, int err)
{
	errno = 0;
	if (!err && (fflush(stream) || ferror(stream)))
		err = errno ? -errno : -EIO;
	return err;
}

int gp_query_table(FILE *stream, enum gp_query_name name, const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	json *answer;
	int err;

	if (!tokener)
		return -ENOMEM;
	answer = json_tokener_parse_ex(tokener, text, (int)len);
	err = json_tokener_get_error(tokener) == json_tokener_success && is_answer_to(answer, name) ?
	      print_answer(stream, name, answer) : -EBADMSG;
	json_tokener_free(tokener);
	json_object_put(answer);
	return end_of(stream, err);
}

int gp_query_lines(FILE *stream, const char *text, size_t len)
{
	int err = 0;

	while (len && !err) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		char *line = strndup(text, n), *clean = line ? gp_text_clean(line) : NULL;

		if (clean)
			fprintf(stream, "%s\n", clean);
		else
			err = -ENOMEM;
		free(line);
		free(clean);
		n += end ? 1 : 0;
		text += n;
		len -= n;
	}
	return end_of(stream, err);
}
