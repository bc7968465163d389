/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operator's files from arbitrary bytes: a list, and a table of networks. What is accepted answers for each of its
 * own prefixes, in printable words; what is not names a line.
 */
#include <string.h>

#include "as_csv.h"
#include "csv_line.h"
#include "fuzz.h"
#include "lists.h"

static void printable(const char *text)
{
	for (; *text; text++)
		MUST((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void list_error(void *context, const struct gp_lists_error *error)
{
	MUST(error->line > 0);
	printable(error->text);
	*(size_t *)context += 1;
}

static void as_error(void *context, int line, const char *text)
{
	MUST(line >= 0);
	printable(text);
	*(size_t *)context += 1;
}

static void check_lists(const char *text, size_t size)
{
	static const struct gp_list_spec spec = {.name = "fuzz", .kind = GP_LIST_WATCH};
	static const struct gp_addr addrs[] = {{{{0}}}, {{{[10] = 0xff, 0xff, 10, 1, 2, 3}}}, {{{0x20, 1, 0xd, 0xb8}}}};
	struct gp_lists *lists;
	size_t errors = 0;
	int err;

	if (gp_lists_open(&lists, &spec, 1))
		return;
	err = gp_lists_read(lists, &text, &size, list_error, &errors);
	MUST(!err == !errors);
	gp_lists_tick(lists, size * 1000000000000000ull);
	for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
		const struct gp_list_entry *entry = gp_lists_find(lists, GP_LIST_WATCH, &addrs[i]);

		if (entry)
			printable(gp_list_label(lists, entry));
	}
	MUST(gp_list_count(lists, 0).expired <= gp_list_count(lists, 0).entries);
	gp_lists_close(lists);
}

static void check_table(const char *text, size_t size)
{
	static const struct gp_addr addr = {{{[10] = 0xff, 0xff, 10, 1, 2, 3}}};
	struct gp_as_csv *table;
	size_t errors = 0;
	struct gp_as as;
	int err = gp_as_csv_read(&table, text, size, as_error, &errors);

	MUST(!err == !errors);
	if (err)
		return;
	if (gp_as_csv_find(table, &addr, &as)) {
		MUST(as.asn);
		printable(as.organisation);
	}
	gp_as_csv_close(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);

	MUST(text);
	memcpy(text, data, size);
	check_lists(text, size);
	check_table(text, size);
	free(text);
	return 0;
}
