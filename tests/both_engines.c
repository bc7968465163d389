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

/* One array of the memory, in both engines. */
struct part {
	const char *name;
	void *native, *kernel;
	size_t bytes;
};

#define PARTS 6

static void list_parts(const struct both_engines *both, struct part parts[PARTS])
{
	const struct gp_memory *n = &both->native->memory, *k = &both->kernel->memory;
	const struct gp_config *c = both->config;
	const struct part all[PARTS] = {
		{ "totals", n->totals, k->totals, sizeof(*n->totals) },
		{ "filters", n->filters, k->filters, sizeof(*n->filters) },
		{ "claims", n->claims, k->claims, 2ull * c->host_slots * sizeof(*n->claims) },
		{ "flows", n->flows, k->flows, (size_t)c->flow_slots * sizeof(*n->flows) },
		{ "filter bits", n->filter_bits, k->filter_bits,
		  (size_t)GP_FILTERS * c->filter_words * sizeof(*n->filter_bits) },
		{ "hosts", n->hosts, k->hosts, 2ull * c->host_slots * sizeof(*n->hosts) },
	};

	memcpy(parts, all, sizeof(all));
}

int both_engines_setup(void **state)
{
	static const char text[] = "tables: {hosts: 32768, flows: 65536}\n";
	struct both_engines *both = calloc(1, sizeof(*both));
	char path[] = "/tmp/gatepost-test-XXXXXX";
	int fd = mkstemp(path);

	assert_non_null(both);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_int_equal(gp_config_open(&both->config, path, NULL, 0), 0);
	unlink(path);
	assert_int_equal(gp_engine_native_open(&both->native, both->config), 0);
	assert_int_equal(gp_engine_kernel_open(&both->kernel, both->config), 0);
	*state = both;
	return 0;
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

void both_engines_clear(struct both_engines *both)
{
	const struct gp_config *c = both->config;

	for (int i = 0; i < 2; i++) {
		struct gp_memory *m = i ? &both->kernel->memory : &both->native->memory;

		/* Only what was claimed was written to: the host table is much larger than most captures. */
		for (__u32 side = 0; side < 2; side++)
			for (__u32 n = 0; n < m->totals->claimed[side] && n < c->host_slots; n++)
				memset(&m->hosts[m->claims[side * c->host_slots + n]], 0, sizeof(*m->hosts));
		memset(m->claims, 0, 2ull * c->host_slots * sizeof(*m->claims));
		memset(m->totals, 0, sizeof(*m->totals));
		memset(m->filters, 0, sizeof(*m->filters));
		memset(m->flows, 0, (size_t)c->flow_slots * sizeof(*m->flows));
		memset(m->filter_bits, 0, (size_t)GP_FILTERS * c->filter_words * sizeof(*m->filter_bits));
	}
}

void both_engines_compare(const struct both_engines *both, const char *what)
{
	struct part parts[PARTS];

	list_parts(both, parts);
	for (int i = 0; i < PARTS; i++) {
		const __u8 *native = parts[i].native, *kernel = parts[i].kernel;
		size_t at = 0;

		if (!memcmp(native, kernel, parts[i].bytes))
			continue;
		while (native[at] == kernel[at])
			at++;
		fail_msg("%s: %s of the engines differ at byte %zu", what, parts[i].name, at);
	}
}
