// SPDX-License-Identifier: GPL-2.0-or-later
#include "both_engines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory_setup.h"

#include "account_rows.h"
#include "world.h"

/* One array of the memory, in both engines. */
struct part {
	const char *name;
	const void *native, *kernel;
	size_t records, record_bytes;
};

#define PARTS 19

static void list_parts(const struct both_engines *both, struct part parts[PARTS])
{
	const struct gp_memory *n = &both->native->memory, *k = &both->kernel->memory;
	const struct gp_settings *s = n->settings;
	size_t slots = (size_t)s->chunks * GP_CHUNK_SLOTS, outside = GP_BANKS * (size_t)s->outside_hosts;
	const struct part all[PARTS] = {
#define PART(array, records) { #array, n->array, k->array, records, sizeof(*n->array) }
		PART(control, 1),
		PART(chunks, s->chunks),
		PART(dir32, GP_DIR32_ENTRIES),
		PART(dense, GP_DENSE),
		PART(dir6, s->dir6_words),
		PART(hot, s->slices * slots),
		PART(mail, slots),
		PART(host_of, slots),
		PART(hosts, s->inside_hosts + outside),
		PART(outside_claims, outside),
		PART(cells, GP_BANKS * (size_t)s->cells),
		PART(flows, s->flow_slots),
		PART(pending, GP_PENDING_PROOFS),
		PART(filters, 1),
		PART(filter_bits, (size_t)GP_FILTERS * s->filter_words),
		PART(ranges, s->ranges),
		PART(ports, GP_PORTS),
		PART(shared_buckets, GP_SAMPLED_KINDS),
		PART(buckets, GP_SAMPLE_BUCKETS),
#undef PART
	};

	memcpy(parts, all, sizeof(all));
}

#define TABLES "tables: {addresses: 131072, hosts: 16384, outside: 8192, cells: 8192, flows: 65536}\n"

static int setup(void **state, const char *text, enum gp_sampling sampling)
{
	struct both_engines *both = calloc(1, sizeof(*both));
	char path[] = "/tmp/gatepost-test-XXXXXX";
	int fd = mkstemp(path);

	assert_non_null(both);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(gp_config_open(&both->config, path, NULL, 0), 0);
	unlink(path);
	if (sampling)
		both->config->sampling = sampling;
	assert_int_equal(gp_engine_native_open(&both->native, both->config), 0);
	assert_int_equal(gp_engine_kernel_open(&both->kernel, both->config), 0);
	*state = both;
	return 0;
}

int both_engines_setup(void **state)
{
	return setup(state, TABLES, 0);
}

int both_engines_setup_unsampled(void **state)
{
	return setup(state, TABLES, GP_SAMPLING_ALL);
}

int both_engines_setup_inside(void **state)
{
	return setup(state, "inside: [0.0.0.0/0, {prefix: \"::/0\", subscriber: 128}]\n" TABLES, 0);
}

int both_engines_setup_outside(void **state)
{
	return setup(state, "inside: [255.255.255.255/32]\n" TABLES, 0);
}

int both_engines_teardown(void **state)
{
	struct both_engines *both = *state;

	both->kernel->close(both->kernel);
	both->native->close(both->native);
	gp_config_close(both->config);
	free(both);
	return 0;
}

static void forget_record(void *context, const struct gp_flow_record *record)
{
	(void)context;
	(void)record;
}

void both_engines_clear(struct both_engines *both)
{
	account_clear(&both->native->memory);
	account_clear(&both->kernel->memory);
	both->native->drain(both->native, forget_record, NULL);
	both->kernel->drain(both->kernel, forget_record, NULL);
}

/* The first byte that differs; @bytes when none does. */
static size_t first_difference(const void *a, const void *b, size_t bytes)
{
	size_t at = 0;

	if (!memcmp(a, b, bytes))
		return bytes;
	while (((const __u8 *)a)[at] == ((const __u8 *)b)[at])
		at++;
	return at;
}

/* What both engines hold as sums, or under an address of its own. */
static const char *shared_differ(const struct both_engines *both)
{
	struct gp_world native = { .memory = &both->native->memory }, kernel = { .memory = &both->kernel->memory };
	const struct gp_memory *n = native.memory, *k = kernel.memory;
	struct gp_totals native_totals, kernel_totals;
	static char message[96];
	size_t at;

	gp_world_totals(&native, &native_totals);
	gp_world_totals(&kernel, &kernel_totals);
	at = first_difference(&native_totals, &kernel_totals, sizeof(native_totals));
	snprintf(message, sizeof(message), "totals of the engines differ at byte %zu", at);
	if (at < sizeof(native_totals))
		return message;
	if (n->claims->chunks != k->claims->chunks || n->claims->hosts != k->claims->hosts ||
	    memcmp(n->claims->outside, k->claims->outside, sizeof(n->claims->outside)))
		return "claims of the engines differ";
	for (__u32 i = 0; i < n->claims->chunks && i < n->settings->chunks; i++) {
		__u32 net = gp_be32_to_host(n->chunks[i].first.words[3]) >> 8;

		if (n->dir24[net] != k->dir24[net])
			return "directories of the engines differ";
	}
	return NULL;
}

const char *both_engines_differ(const struct both_engines *both)
{
	static char message[96];
	struct part parts[PARTS];

	list_parts(both, parts);
	for (int i = 0; i < PARTS; i++) {
		const struct part *p = &parts[i];
		size_t at = first_difference(p->native, p->kernel, p->records * p->record_bytes);

		if (at == p->records * p->record_bytes)
			continue;
		snprintf(message, sizeof(message), "%s %zu of the engines differ at byte %zu", p->name,
			 at / p->record_bytes, at % p->record_bytes);
		return message;
	}
	return shared_differ(both);
}

void both_engines_compare(const struct both_engines *both, const char *what)
{
	const char *wrong;

	gp_memory_flush(&both->native->memory, both->native->memory.now_ns);
	gp_memory_flush(&both->kernel->memory, both->kernel->memory.now_ns);
	wrong = both_engines_differ(both);
	if (wrong)
		fail_msg("%s: %s", what, wrong);
}
