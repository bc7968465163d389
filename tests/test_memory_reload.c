/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another configuration for a data plane at work: who is inside then, and that no slot ever becomes another subscriber's. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <gatepost/inside.h>

#include "config.h"
#include "engine.h"
#include "memory_reload.h"
#include "random.h"
#include "world.h"

#define SLOTS 1048576u
#define TABLES "tables: {addresses: 1048576, hosts: 1024, outside: 64, cells: 64, flows: 64}\n"
#define ROUNDS 300
#define LOOKS 400

static struct gp_config *config_of(const char *text)
{
	char path[] = "/tmp/gatepost-reload-XXXXXX";
	int fd = mkstemp(path);
	struct gp_config *config = NULL;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(gp_config_open(&config, path, NULL, 0), 0);
	unlink(path);
	return config;
}

static struct gp_engine *engine_of(const char *text)
{
	struct gp_config *config = config_of(text);
	struct gp_engine *engine;

	assert_int_equal(gp_engine_native_open(&engine, config), 0);
	gp_config_close(config);
	return engine;
}

static struct gp_addr addr_of(const char *text)
{
	struct gp_addr addr = { 0 };

	if (!strchr(text, ':')) {
		addr.words[2] = htonl(0xffff);
		assert_int_equal(inet_pton(AF_INET, text, &addr.words[3]), 1);
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, addr.bytes), 1);
	}
	return addr;
}

static int slot_of(struct gp_memory *m, const struct gp_addr *addr)
{
	return gp_addr_is4(addr) ? gp_inside_slot4(m, addr->words[3], 1) : gp_inside_slot6(m, addr, 1);
}

static void count_wait(void *context)
{
	++*(unsigned *)context;
}

static int reload(struct gp_engine *engine, const char *text)
{
	struct gp_config *config = config_of(text);
	unsigned waits = 0;
	int err = gp_memory_reload(&engine->memory, config, count_wait, &waits);

	assert_int_equal(waits > 0, err == 0);
	gp_config_close(config);
	return err;
}

/* What one address is before and after; NULL: outside. */
struct look {
	const char *addr;
	bool before, after;
};

static const struct {
	const char *name, *before, *after;
	int err;
	struct look looks[6];
} rows[] = {
	{ "a /24 more", "inside: [10.0.0.0/24]\n", "inside: [10.0.0.0/24, 10.0.1.0/24]\n", 0,
	  { { "10.0.0.1", true, true }, { "10.0.1.1", false, true }, { "10.0.2.1", false, false } } },
	{ "a /24 less", "inside: [10.0.0.0/23]\n", "inside: [10.0.1.0/24]\n", 0,
	  { { "10.0.0.1", true, false }, { "10.0.1.1", true, true } } },
	{ "half of a /24 less", "inside: [10.0.0.0/24]\n", "inside: [10.0.0.0/25]\n", 0,
	  { { "10.0.0.1", true, true }, { "10.0.0.129", true, false } } },
	{ "the other half as well", "inside: [10.0.0.0/25]\n", "inside: [10.0.0.0/24]\n", 0,
	  { { "10.0.0.1", true, true }, { "10.0.0.129", false, true } } },
	{ "nothing is as it was", "inside: [10.0.0.0/16]\n", "inside: [\"2001:db8::/48\"]\n", 0,
	  { { "10.0.0.1", true, false }, { "2001:db8::1", false, true }, { "2001:db8:1::1", false, false } } },
	{ "a relay in a pool", "inside: [{prefix: \"2001:db8::/40\", subscriber: 56}]\n",
	  "inside: [{prefix: \"2001:db8::/40\", subscriber: 56}]\nrelays: [\"2001:db8:0:100::25\"]\n", 0,
	  { { "2001:db8:0:100::25", true, true }, { "2001:db8:0:100::26", true, true }, { "2001:db8:ff:ff00::", true, true } } },
	{ "a pool less", "inside: [{prefix: \"2001:db8::/40\", subscriber: 56}, {prefix: \"2001:db9::/40\", subscriber: 56}]\n",
	  "inside: [{prefix: \"2001:db9::/40\", subscriber: 56}]\n", 0,
	  { { "2001:db8::1", true, false }, { "2001:db9::1", true, true } } },
	{ "a pool of half the size", "inside: [{prefix: \"2001:db8::/40\", subscriber: 56}]\n",
	  "inside: [{prefix: \"2001:db8::/41\", subscriber: 56}]\n", 0,
	  { { "2001:db8::1", true, true }, { "2001:db8:80::1", true, false } } },
	{ "IPv4 subscribers of another length", "inside: [{prefix: 10.0.0.0/16, subscriber: 30}]\n",
	  "inside: [{prefix: 10.0.0.0/16, subscriber: 29}]\n", -EINVAL, { { "10.0.0.1", true, true } } },
	{ "more than there is room for", "inside: [10.0.0.0/16]\n", "inside: [10.0.0.0/8]\n", -ENOSPC,
	  { { "10.0.0.1", true, true }, { "10.9.0.1", false, false } } },
	{ "more IPv6 than there is room for", "inside: [10.0.0.0/16]\n",
	  "inside: [10.0.0.0/16, {prefix: \"2001:db8::/32\", subscriber: 56}]\n", -ENOSPC,
	  { { "10.0.0.1", true, true }, { "2001:db8::1", false, false } } },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
		char before[512], after[512];
		struct gp_engine *engine;

		snprintf(before, sizeof(before), TABLES "%s", rows[row].before);
		snprintf(after, sizeof(after), TABLES "%s", rows[row].after);
		engine = engine_of(before);
		for (const struct look *look = rows[row].looks; look->addr; look++) {
			struct gp_addr addr = addr_of(look->addr);

			if ((slot_of(&engine->memory, &addr) >= 0) != look->before)
				fail_msg("%s: %s before", rows[row].name, look->addr);
		}
		if (reload(engine, after) != rows[row].err)
			fail_msg("%s: the result", rows[row].name);
		for (const struct look *look = rows[row].looks; look->addr; look++) {
			struct gp_addr addr = addr_of(look->addr);

			if ((slot_of(&engine->memory, &addr) >= 0) != look->after)
				fail_msg("%s: %s after", rows[row].name, look->addr);
		}
		engine->close(engine);
	}
}

/* Who is inside and comes back has his slot back. */
static void test_back(void **state)
{
	struct gp_engine *engine = engine_of(TABLES "inside: [10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24]\n");
	struct gp_addr addr = addr_of("10.0.1.77");
	int slot = slot_of(&engine->memory, &addr);

	(void)state;
	assert_true(slot >= 0);
	assert_int_equal(reload(engine, TABLES "inside: [10.0.0.0/24]\n"), 0);
	assert_int_equal(slot_of(&engine->memory, &addr), GP_NO_SLOT);
	assert_int_equal(reload(engine, TABLES "inside: [10.0.0.0/24, 10.0.9.0/24]\n"), 0);
	assert_int_equal(reload(engine, TABLES "inside: [10.0.0.0/24, 10.0.1.0/24]\n"), 0);
	assert_int_equal(slot_of(&engine->memory, &addr), slot);
	engine->close(engine);
}

/* Hosts that are known get their new roles, ports their new services. */
static void test_roles_and_ports(void **state)
{
	struct gp_engine *engine = engine_of(TABLES "inside: [10.0.0.0/24]\n");
	struct gp_addr addr = addr_of("10.0.0.7");
	struct gp_memory *m = &engine->memory;
	__u8 port = m->ports[2526];
	int slot = slot_of(m, &addr), host = gp_inside_record(m, &addr, (__u32)slot, 1, 1);

	(void)state;
	assert_true(host >= 0);
	assert_int_equal(m->hosts[host].role, GP_ROLE_SUBSCRIBER);
	assert_int_equal(reload(engine, TABLES "inside: [10.0.0.0/24]\nrelays: [10.0.0.7]\nports: {smtp: [25, 2526]}\n"), 0);
	assert_int_equal(m->hosts[host].role, GP_ROLE_RELAY);
	assert_int_not_equal(m->ports[2526], port);
	assert_int_equal(reload(engine, TABLES "inside: [10.0.1.0/24]\n"), 0);
	assert_int_equal(m->hosts[host].role, GP_ROLE_INFRASTRUCTURE);
	assert_int_equal(m->ports[2526], port);
	engine->close(engine);
}

static const char *const pools[] = {
	"10.0.0.0/22", "10.0.4.0/24", "10.0.5.64/26", "10.0.5.128/25", "10.9.0.0/16", "{prefix: 10.8.0.0/24, subscriber: 30}",
	"{prefix: \"2001:db8::/40\", subscriber: 56}", "{prefix: \"2001:db8:100::/40\", subscriber: 56}",
	"{prefix: \"2001:db8:4000::/48\", subscriber: 64}", "{prefix: \"2001:db9::/44\", subscriber: 60}",
};

static const char *const relays[] = { "10.0.0.7", "10.0.4.0/30", "\"2001:db8:0:100::25\"", "\"2001:db8:140::/48\"" };

static const char *const near[] = { "10.0.0.0", "10.0.4.0", "10.0.5.0", "10.9.0.0", "10.8.0.0", "2001:db8::",
				    "2001:db8:0:100::", "2001:db8:100::", "2001:db8:140::", "2001:db8:4000::", "2001:db9::" };

/* At least one pool; a relay only within what may be a pool. */
static void draw_config(char *out, size_t size, __u64 *chance)
{
	size_t n = (size_t)snprintf(out, size, TABLES "inside: [%s", pools[random_splitmix(chance) % 10]);
	__u64 drawn = random_splitmix(chance), first = strlen(out);

	for (unsigned i = 0; i < 10; i++)
		if (drawn >> i & 1 && !strstr(out + 60, pools[i]))
			n += (size_t)snprintf(out + n, size - n, ", %s", pools[i]);
	assert_true(first < n + 1);
	n += (size_t)snprintf(out + n, size - n, "]\nrelays: [10.200.0.1");
	for (unsigned i = 0; i < 4; i++)
		if (drawn >> (20 + i) & 1)
			n += (size_t)snprintf(out + n, size - n, ", %s", relays[i]);
	snprintf(out + n, size - n, "]\n");
}

/* Near the edges of the pools, and anywhere in them. */
static struct gp_addr draw_addr(__u64 *chance)
{
	struct gp_addr addr = addr_of(near[random_splitmix(chance) % (sizeof(near) / sizeof(*near))]);
	__u64 drawn = random_splitmix(chance);

	if (gp_addr_is4(&addr)) {
		addr.words[3] = htonl(ntohl(addr.words[3]) + (__u32)(drawn % 3 ? drawn % 2048 : drawn >> 32 & 0x1ffff) - 64);
	} else {
		addr.words[1] = htonl(ntohl(addr.words[1]) + (__u32)(drawn % 3 ? drawn >> 8 & 0x3ff : drawn >> 8 & 0x1ffffff));
		addr.words[3] = htonl((__u32)(drawn >> 40 & 63));
	}
	return addr;
}

struct owner {
	struct gp_addr addr;
	__u8 bits;
};

/* After each of many reloads everybody is what a fresh start would make of him, and nobody has another one's slot. */
static void test_chance(void **state)
{
	struct owner *owners = calloc(SLOTS, sizeof(*owners));
	struct gp_engine *engine = engine_of(TABLES "inside: [10.0.0.0/22]\n");
	__u64 chance = 7, inside = 0;

	(void)state;
	assert_non_null(owners);
	for (int round = 0; round < ROUNDS; round++) {
		struct gp_engine *fresh;
		char text[1024];

		draw_config(text, sizeof(text), &chance);
		if (reload(engine, text))
			fail_msg("round %d is refused: %s", round, text);
		fresh = engine_of(text);
		for (int look = 0; look < LOOKS; look++) {
			struct gp_addr addr = draw_addr(&chance), got;
			int slot = slot_of(&engine->memory, &addr), other = slot_of(&fresh->memory, &addr);
			struct gp_world world = { .memory = &engine->memory };
			const struct gp_range *range, *same;
			__u8 bits;

			if ((slot < 0) != (other < 0))
				fail_msg("round %d, look %d: %d, and %d after a fresh start: %s", round, look, slot, other, text);
			if (slot < 0)
				continue;
			inside++;
			range = gp_mem_range(&engine->memory, (__u32)gp_range_find(&engine->memory, &addr));
			same = gp_mem_range(&fresh->memory, (__u32)gp_range_find(&fresh->memory, &addr));
			assert_memory_equal(range, same, sizeof(*range));
			assert_true(gp_world_slot_address(&world, (__u32)slot, &got, &bits));
			if (owners[slot].bits && (owners[slot].bits != bits || memcmp(&owners[slot].addr, &got, sizeof(got))))
				fail_msg("round %d: slot %d is another subscriber's now: %s", round, slot, text);
			owners[slot] = (struct owner){ got, bits };
			gp_addr_mask(&addr, range->subscriber_bits);
			assert_memory_equal(&addr, &got, sizeof(got));
		}
		fresh->close(fresh);
	}
	assert_true(inside > ROUNDS * LOOKS / 10);
	engine->close(engine);
	free(owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_roles_and_ports),
		cmocka_unit_test(test_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
