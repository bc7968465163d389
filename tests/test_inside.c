/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which slot an address gets: that of its subscriber's prefix, whatever the configured prefixes look like. */
#include <arpa/inet.h>
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
#include "memory_setup.h"
#include "world.h"

#define SHARE_MAX 12

/* An address, and the first one of its slot; NULL: it is outside. */
struct place {
	const char *addr, *first;
};

struct inside_row {
	const char *name, *config;
	bool dense; /* every subscriber has his slot from the start */
	struct place places[SHARE_MAX];
};

static const struct inside_row rows[] = {
	{ "single addresses", "inside: [10.0.0.0/23]", true,
	  { { "10.0.0.0", "10.0.0.0" }, { "10.0.0.255", "10.0.0.255" }, { "10.0.1.0", "10.0.1.0" },
	    { "10.0.1.255", "10.0.1.255" }, { "10.0.2.0", NULL }, { "9.255.255.255", NULL } } },
	{ "less than a /24", "inside: [192.0.2.64/26]", true,
	  { { "192.0.2.63", NULL }, { "192.0.2.64", "192.0.2.64" }, { "192.0.2.127", "192.0.2.127" },
	    { "192.0.2.128", NULL } } },
	{ "one address", "inside: [192.0.2.255]", true,
	  { { "192.0.2.254", NULL }, { "192.0.2.255", "192.0.2.255" }, { "192.0.3.0", NULL } } },
	{ "parts of a /24 with a hole", "inside: [192.0.2.0/26, 192.0.2.128/25]", true,
	  { { "192.0.2.63", "192.0.2.63" }, { "192.0.2.64", NULL }, { "192.0.2.127", NULL },
	    { "192.0.2.128", "192.0.2.128" } } },
	{ "a relay in the midst", "inside: [10.0.0.0/24]\nrelays: [10.0.0.7]", true,
	  { { "10.0.0.6", "10.0.0.6" }, { "10.0.0.7", "10.0.0.7" }, { "10.0.0.8", "10.0.0.8" } } },
	{ "/30s", "inside: [{prefix: 10.0.0.0/23, subscriber: 30}]", true,
	  { { "10.0.0.0", "10.0.0.0" }, { "10.0.0.3", "10.0.0.0" }, { "10.0.0.4", "10.0.0.4" },
	    { "10.0.1.255", "10.0.1.252" }, { "10.0.2.0", NULL } } },
	{ "/30s before single addresses in one /24", "inside: [{prefix: 10.0.0.0/25, subscriber: 30}, 10.0.0.128/25]", true,
	  { { "10.0.0.5", "10.0.0.4" }, { "10.0.0.127", "10.0.0.124" }, { "10.0.0.129", "10.0.0.129" } } },
	{ "/30s behind single addresses in one /24", "inside: [10.0.0.0/25, {prefix: 10.0.0.128/25, subscriber: 30}]", true,
	  { { "10.0.0.5", "10.0.0.5" }, { "10.0.0.129", "10.0.0.128" }, { "10.0.0.255", "10.0.0.252" } } },
	{ "/24s", "inside: [{prefix: 10.0.0.0/16, subscriber: 24}]", true,
	  { { "10.0.0.0", "10.0.0.0" }, { "10.0.0.255", "10.0.0.0" }, { "10.0.255.1", "10.0.255.0" } } },
	{ "/22s", "inside: [{prefix: 10.0.0.0/16, subscriber: 22}]", true,
	  { { "10.0.0.0", "10.0.0.0" }, { "10.0.3.255", "10.0.0.0" }, { "10.0.4.0", "10.0.4.0" },
	    { "10.0.255.255", "10.0.252.0" }, { "10.1.0.0", NULL } } },
	{ "a relay within a /22", "inside: [{prefix: 10.0.0.0/16, subscriber: 22}]\nrelays: [10.0.1.7]", true,
	  { { "10.0.1.7", "10.0.1.7" }, { "10.0.1.8", "10.0.0.0" }, { "10.0.3.9", "10.0.0.0" },
	    { "10.0.1.6", "10.0.0.0" }, { "10.0.4.1", "10.0.4.0" } } },
	{ "a relay at the beginning of a /22", "inside: [{prefix: 10.0.0.0/16, subscriber: 22}]\nrelays: [10.0.4.0/24]", true,
	  { { "10.0.4.0", "10.0.4.0" }, { "10.0.4.255", "10.0.4.255" }, { "10.0.5.0", "10.0.4.0" }, { "10.0.7.255", "10.0.4.0" },
	    { "10.0.3.1", "10.0.0.0" } } },
	{ "all of IPv4", "inside: [0.0.0.0/0]", false,
	  { { "0.0.0.0", "0.0.0.0" }, { "255.255.255.255", "255.255.255.255" }, { "10.1.2.3", "10.1.2.3" },
	    { "2001:db8::1", NULL } } },
	{ "on demand, whole and in part", "inside: [10.0.0.0/8, 192.0.2.64/26, {prefix: 172.16.0.0/12, subscriber: 29}]", false,
	  { { "10.255.0.1", "10.255.0.1" }, { "192.0.2.65", "192.0.2.65" }, { "192.0.2.5", NULL },
	    { "172.17.3.15", "172.17.3.8" }, { "11.0.0.0", NULL } } },

	{ "IPv6: /56", "inside: [{prefix: \"2001:db8::/40\", subscriber: 56}]", true,
	  { { "2001:db8::", "2001:db8::" }, { "2001:db8:0:ff::1", "2001:db8::" }, { "2001:db8:0:100::", "2001:db8:0:100::" },
	    { "2001:db8:ff:ffff::", "2001:db8:ff:ff00::" }, { "2001:db8:100::", NULL }, { "10.0.0.1", NULL } } },
	{ "IPv6: /48", "inside: [{prefix: \"2001:db8::/32\", subscriber: 48}]", true,
	  { { "2001:db8:1:2::3", "2001:db8:1::" }, { "2001:db8:ffff:ffff::", "2001:db8:ffff::" }, { "2001:db9::", NULL } } },
	{ "IPv6: /64", "inside: [{prefix: \"2001:db8::/48\", subscriber: 64}]", true,
	  { { "2001:db8:0:1:2:3:4:5", "2001:db8:0:1::" }, { "2001:db8:0:100::", "2001:db8:0:100::" },
	    { "2001:db8:0:ffff::1", "2001:db8:0:ffff::" } } },
	{ "IPv6: /60", "inside: [{prefix: \"2001:db8::/48\", subscriber: 60}]", true,
	  { { "2001:db8:0:1f::", "2001:db8:0:10::" }, { "2001:db8:0:fff0::", "2001:db8:0:fff0::" } } },
	{ "IPv6: /66, the slot's bits on both sides of the middle", "inside: [{prefix: \"2001:db8::/56\", subscriber: 66}]", true,
	  { { "2001:db8:0:3:ffff::", "2001:db8:0:3:c000::" }, { "2001:db8:0:3:4000::1", "2001:db8:0:3:4000::" },
	    { "2001:db8:0:ff:8000::", "2001:db8:0:ff:8000::" } } },
	{ "IPv6: /72", "inside: [{prefix: \"2001:db8::/56\", subscriber: 72}]", true,
	  { { "2001:db8:0:7:a1ff::", "2001:db8:0:7:a100::" }, { "2001:db8:0:7:a200::", "2001:db8:0:7:a200::" } } },
	{ "IPv6: single addresses", "inside: [{prefix: \"2001:db8::/112\", subscriber: 128}]", true,
	  { { "2001:db8::", "2001:db8::" }, { "2001:db8::ff", "2001:db8::ff" }, { "2001:db8::100", "2001:db8::100" },
	    { "2001:db8::ffff", "2001:db8::ffff" }, { "2001:db8::1:0", NULL } } },
	{ "IPv6: less than 256 subscribers", "inside: [{prefix: \"2001:db8:0:4000::/50\", subscriber: 56}]", true,
	  { { "2001:db8:0:3fff::", NULL }, { "2001:db8:0:4000::", "2001:db8:0:4000::" },
	    { "2001:db8:0:7fff::", "2001:db8:0:7f00::" }, { "2001:db8:0:8000::", NULL } } },
	{ "IPv6: a relay's own length within a /48", "inside: [{prefix: \"2001:db8::/40\", subscriber: 48}]\nrelays: [\"2001:db8:1:100::/56\"]",
	  true,
	  { { "2001:db8:1:1ff::", "2001:db8:1:100::" }, { "2001:db8:1:200::", "2001:db8:1::" }, { "2001:db8:1::", "2001:db8:1::" } } },
	{ "IPv6: two lengths", "inside: [{prefix: \"2001:db8::/40\", subscriber: 56}, {prefix: \"2001:db8:100::/56\", subscriber: 64}]", true,
	  { { "2001:db8:1:1ff::", "2001:db8:1:100::" }, { "2001:db8:100:1::2", "2001:db8:100:1::" },
	    { "2001:db8:100:ff::", "2001:db8:100:ff::" }, { "2001:db8:100:100::", NULL } } },
	{ "IPv6: all of it", "inside: [{prefix: \"::/0\", subscriber: 56}]", false,
	  { { "2001:db8:0:1ff::", "2001:db8:0:100::" }, { "ffff:ffff::", "ffff:ffff::" }, { "192.0.2.1", NULL } } },
};

static struct gp_engine *open_engine(const char *text)
{
	char path[] = "/tmp/gatepost-inside-XXXXXX";
	int fd = mkstemp(path);
	struct gp_config *config;
	struct gp_engine *engine;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(gp_config_open(&config, path, NULL, 0), 0);
	unlink(path);
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

static int slot_of(struct gp_memory *m, const struct gp_addr *addr, __u32 sends)
{
	return gp_addr_is4(addr) ? gp_inside_slot4(m, addr->words[3], sends) : gp_inside_slot6(m, addr, sends);
}

/* Return: NULL, or what is wrong with a place. */
static const char *check_place(struct gp_memory *m, const struct place *place)
{
	struct gp_addr addr = addr_of(place->addr), first, got;
	struct gp_world world = { .memory = m };
	int slot = slot_of(m, &addr, 1);
	__u8 bits;

	if (!place->first)
		return slot == GP_NO_SLOT ? NULL : "is inside";
	if (slot < 0)
		return slot == GP_NO_ROOM ? "finds no room" : "is outside";
	first = addr_of(place->first);
	if (slot != slot_of(m, &addr, 0))
		return "has another slot the next time";
	if (!gp_world_slot_address(&world, (__u32)slot, &got, &bits))
		return "has a slot of a chunk that was not handed out";
	return memcmp(&got, &first, sizeof(got)) ? "has the slot of another subscriber" : NULL;
}

static int check_row(const struct inside_row *row)
{
	struct gp_engine *engine = open_engine(row->config);
	struct gp_memory *m = &engine->memory;
	__u32 chunks = m->claims->chunks;
	int failed = 0;

	if (row->dense != (chunks > 0)) {
		print_error("%s: %u chunks from the start\n", row->name, chunks);
		failed++;
	}
	for (int i = 0; i < SHARE_MAX && row->places[i].addr; i++) {
		const char *wrong = check_place(m, &row->places[i]);

		if (!wrong)
			continue;
		print_error("%s: %s %s\n", row->name, row->places[i].addr, wrong);
		failed++;
	}
	if (row->dense && m->claims->chunks != chunks) {
		print_error("%s: a chunk was handed out to a packet\n", row->name);
		failed++;
	}
	engine->close(engine);
	return failed;
}

static void test_places(void **state)
{
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		failed += check_row(&rows[i]);
	assert_int_equal(failed, 0);
}

/* A /24 that ranges fill together is read in one load. */
static void test_whole(void **state)
{
	struct gp_engine *engine = open_engine("inside: [10.0.0.0/24, 10.0.1.0/25]\nrelays: [10.0.0.7, 10.0.0.255]");
	struct gp_memory *m = &engine->memory;

	(void)state;
	assert_true(m->dir24[0x0a0000] && m->dir24[0x0a0000] < GP_DIR_UNMADE);
	assert_true(m->dir24[0x0a0001] & GP_DIR_PARTIAL);
	assert_int_equal(m->dir24[0x0a0002], 0);
	engine->close(engine);
}

/* The largest range of a network of 32 bits is found by arithmetic, and says what the ranges say. */
static void test_dense(void **state)
{
	static const struct {
		const char *addr;
		bool dense;
	} places[] = {
		{ "2001:db8:7:1ff::", false },	    { "2001:db8:7:200::", true },	{ "2001:db8:7:202::", true },
		{ "2001:db8:ff:ffff::9", true },    { "2001:db8:100::", false },	{ "2001:db8:6:200::", false },
		{ "2001:db8:200:7::", false },	    { "2001:db8:300:4000::", false },	{ "2001:db8:300::", false },
		{ "2001:db9:1:2:3::", true },	    { "2001:db9:0:ffff::1", true },	{ "2001:db9:0:1:ffff::", false },
		{ "2001:db9:0:1::", false },	    { "2001:db9:0:2::", false },		{ "2001:db9:1:0:ffff:ffff:ffff:ffff", true },
		{ "2001:dba::1", false },	    { "3fff::1", false },
	};
	struct gp_engine *engine = open_engine("inside: [{prefix: \"2001:db8::/40\", subscriber: 56}, "
					       "{prefix: \"2001:db8:200::/56\", subscriber: 64}, "
					       "{prefix: \"2001:db8:300:4000::/50\", subscriber: 56}, "
					       "{prefix: \"2001:db9::/40\", subscriber: 60}]\n"
					       "relays: [\"2001:db8:7:100::/56\", \"2001:db9:0:1:8000::/66\"]");
	struct gp_memory *m = &engine->memory;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct gp_addr addr = addr_of(places[i].addr);
		const struct gp_dense *dense =
			gp_mem_dense(m, gp_mem_dir32(m, gp_dir32_place(gp_be32_to_host(addr.words[0]))));
		__u64 high = gp_be64_to_host(addr.halves[0]);

		if ((high >= dense->first && high <= dense->last) != places[i].dense)
			fail_msg("%s: %s", places[i].addr, places[i].dense ? "the ranges are asked" : "they are not asked");
		assert_int_equal(slot_of(m, &addr, 0), gp_inside_slot6_slow(m, &addr, 0));
	}
	engine->close(engine);
}

/* So many ranges that not all have a row. */
static void test_many_ranges(void **state)
{
	char text[16384] = "inside: [";
	struct gp_engine *engine;
	size_t used;

	(void)state;
	for (int i = 0; i < 300; i++) {
		used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "{prefix: \"2001:%x::/%d\", subscriber: 56}, ", i + 1, 48 - i % 8);
	}
	strcat(text, "192.0.2.0/24]");
	engine = open_engine(text);
	for (int i = 0; i < 300; i++) {
		struct gp_addr addr = { .words = { htonl(0x20010000u + (__u32)i + 1), htonl((__u32)i % 256 << 8) } };
		int slot = slot_of(&engine->memory, &addr, 0);

		assert_true(slot >= 0);
		assert_int_equal(slot, gp_inside_slot6_slow(&engine->memory, &addr, 0));
	}
	engine->close(engine);
}

/* A relay that has the first address of a subscriber does not share its slot with him. */
static void test_relay_first(void **state)
{
	struct gp_engine *engine = open_engine("inside: [{prefix: 10.0.0.0/16, subscriber: 22}]\nrelays: [10.0.4.0]");
	struct gp_addr relay = addr_of("10.0.4.0"), subscriber = addr_of("10.0.4.1"), last = addr_of("10.0.7.255");
	struct gp_memory *m = &engine->memory;
	int slot = slot_of(m, &subscriber, 1);

	(void)state;
	assert_true(slot >= 0);
	assert_int_equal(slot_of(m, &last, 1), slot);
	assert_int_not_equal(slot_of(m, &relay, 1), slot);
	engine->close(engine);
}

/* With two chunks for more /24s: the third one finds no room, and the first two keep theirs. */
static void test_full(void **state)
{
	struct gp_engine *engine = open_engine("inside: [10.0.0.0/8, \"2001:db8::/32\"]\ntables: {addresses: 512}");
	struct gp_addr a = addr_of("10.1.0.1"), b = addr_of("2001:db8::1"), c = addr_of("10.3.0.1"), d = addr_of("2001:db8:7::1");
	struct gp_memory *m = &engine->memory;
	int of_a = slot_of(m, &a, 1), of_b = slot_of(m, &b, 1);

	(void)state;
	assert_true(of_a >= 0 && of_b >= 0 && of_a / 256 != of_b / 256);
	assert_int_equal(slot_of(m, &c, 1), GP_NO_ROOM);
	assert_int_equal(slot_of(m, &d, 1), GP_NO_ROOM);
	assert_int_equal(slot_of(m, &a, 0), of_a);
	assert_int_equal(slot_of(m, &b, 0), of_b);
	assert_int_equal(m->claims->chunks, 2);
	engine->close(engine);
}

/* Whoever is only sent to gets a chunk while half of them are free. */
static void test_sweep(void **state)
{
	struct gp_engine *engine = open_engine("inside: [10.0.0.0/8]\ntables: {addresses: 1024}");
	struct gp_memory *m = &engine->memory;
	struct gp_addr addr = addr_of("10.0.0.1");

	(void)state;
	for (__u32 i = 0; i < 4; i++) {
		addr.words[3] = htonl(0x0a000001 + (i << 8));
		assert_int_equal(slot_of(m, &addr, 0) >= 0, i < 2);
	}
	assert_true(slot_of(m, &addr, 1) >= 0);
	engine->close(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_dense),
		cmocka_unit_test(test_many_ranges),
		cmocka_unit_test(test_relay_first),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
