/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ClientHellos out of TCP streams, and their JA4. Each hello stands with its last byte before a page that may not be
 * touched, whole, cut at every byte, and in records of every size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "hello_maker.h"
#include "ja4.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define LIST(values) (values), COUNT(values)

static const __u16 browser_ciphers[] = { 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
					 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035 };
static const __u16 browser_extensions[] = { 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
					    0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015 };
static const __u16 browser_sigalgs[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601 };
static const __u16 browser_versions[] = { 0x0304, 0x0303 };

/* The specification's example. */
static const struct offer browser = { 0x0301,
				      0x0303,
				      LIST(browser_ciphers),
				      LIST(browser_extensions),
				      LIST(browser_sigalgs),
				      LIST(browser_versions),
				      "www.example",
				      { "h2", "http/1.1" } };

static struct guard guard;
static struct maker made, other;

static int open_guard(void **state)
{
	(void)state;
	return guard_open(&guard, MAKER_ROOM + 16);
}

static int close_guard(void **state)
{
	(void)state;
	guard_close(&guard);
	return 0;
}

/* The first n bytes of what was made, the byte behind them out of bounds. */
static int parse_first(struct gp_hello *hello, const struct maker *m, size_t n)
{
	memset(hello, 0xa5, sizeof(*hello));
	return gp_hello_parse(hello, guard_at_end(&guard, m->bytes, n), n);
}

static int parse(struct gp_hello *hello, const struct maker *m)
{
	return parse_first(hello, m, m->len);
}

static void assert_ja4(const struct gp_hello *hello, const char *wanted)
{
	char text[GP_JA4_TEXT];

	gp_ja4(text, hello);
	assert_string_equal(text, wanted);
}

static void test_example(void **state)
{
	struct gp_hello hello;

	(void)state;
	maker_hello(&made, &browser);
	assert_int_equal(parse(&hello, &made), 1);
	assert_int_equal(hello.legacy_version, 0x0303);
	assert_int_equal(hello.supported_version, 0x0304);
	assert_int_equal(hello.n_ciphers, COUNT(browser_ciphers));
	assert_memory_equal(hello.ciphers, browser_ciphers, sizeof(browser_ciphers));
	assert_int_equal(hello.n_extensions, COUNT(browser_extensions));
	assert_memory_equal(hello.extensions, browser_extensions, sizeof(browser_extensions));
	assert_int_equal(hello.n_sigalgs, COUNT(browser_sigalgs));
	assert_memory_equal(hello.sigalgs, browser_sigalgs, sizeof(browser_sigalgs));
	assert_int_equal(hello.name_len, 11);
	assert_memory_equal(hello.name, "www.example", 11);
	assert_int_equal(hello.n_protocols, 2);
	assert_int_equal(hello.protocol_len, 2);
	assert_memory_equal(hello.protocol, "h2", 2);
	assert_int_equal(hello.protocols_len, 12);
	assert_memory_equal(hello.protocols, "\x02h2\x08http/1.1", 12);
	assert_true(hello.has_sni && !hello.malformed && !hello.more);
	assert_ja4(&hello, "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

static void test_no_sigalgs(void **state)
{
	struct offer offer = browser;
	struct gp_hello hello;

	(void)state;
	maker_hello(&made, &browser);
	assert_int_equal(parse(&hello, &made), 1);
	hello.n_sigalgs = 0;
	assert_ja4(&hello, "t13d1516h2_8daaf6152771_6d807ffa2a79");
	/* An empty list is malformed, and none. */
	offer.n_sigalgs = 0;
	maker_hello(&made, &offer);
	assert_int_equal(parse(&hello, &made), 1);
	assert_true(hello.malformed);
	assert_ja4(&hello, "t13d1516h2_8daaf6152771_6d807ffa2a79");
}

static void test_grease(void **state)
{
	static const __u16 ciphers[] = { 0x0a0a, 0x1301, 0xfafa, 0x1302 }, same_ciphers[] = { 0x1301, 0x1302 };
	static const __u16 extensions[] = { 0x3a3a, 43, 13, 0, 16, 0xdada }, same_extensions[] = { 43, 13, 0, 16 };
	static const __u16 sigalgs[] = { 0x2a2a, 0x0403 }, same_sigalgs[] = { 0x0403 };
	static const __u16 versions[] = { 0xeaea, 0x0304, 0x0303, 0xcaca }, same_versions[] = { 0x0304, 0x0303 };
	const struct offer greasy = { 0x0301,        0x0303,         LIST(ciphers), LIST(extensions),
				      LIST(sigalgs), LIST(versions), "a.example",   { "\x1a\x1a", "http/1.1" } };
	const struct offer plain = { 0x0301,
				     0x0303,
				     LIST(same_ciphers),
				     LIST(same_extensions),
				     LIST(same_sigalgs),
				     LIST(same_versions),
				     "a.example",
				     { "http/1.1" } };
	struct gp_hello hello;
	char text[GP_JA4_TEXT];

	(void)state;
	maker_hello(&made, &plain);
	assert_int_equal(parse(&hello, &made), 1);
	gp_ja4(text, &hello);
	assert_memory_equal(text, "t13d0204h1_", 11);
	maker_hello(&made, &greasy);
	assert_int_equal(parse(&hello, &made), 1);
	assert_ja4(&hello, text);
	assert_false(hello.malformed);
	assert_int_equal(hello.grease_ciphers, 2);
	assert_int_equal(hello.grease_extensions, 2);
	assert_int_equal(hello.grease_sigalgs, 1);
	assert_int_equal(hello.grease_versions, 2);
	assert_int_equal(hello.grease_protocols, 1);
	assert_int_equal(hello.n_protocols, 1);
}

static void test_is_grease(void **state)
{
	unsigned n = 0;

	(void)state;
	for (unsigned value = 0; value < 0x10000; value++)
		n += gp_hello_is_grease((__u16)value);
	assert_int_equal(n, 16);
	for (unsigned i = 0; i < 16; i++)
		assert_true(gp_hello_is_grease((__u16)(0x0a0a + i * 0x1010)));
}

/* Versions, ALPN and SNI as they stand in the first part. */
static void test_first_part(void **state)
{
	static const __u16 draft[] = { 0x7f1c, 0x0303 }, tls11[] = { 0x0302, 0x0301 }, only_grease[] = { 0x0a0a };
	static const __u16 ssl2[] = { 0x0002 }, sni_alpn[] = { 0, 16 }, alpn[] = { 16 }, versions[] = { 43 };
	static const __u16 one[] = { 0x002f };
	static const struct {
		const char *wanted;
		struct offer offer;
	} rows[] = {
		{ "s3i010000", { 0x0300, 0x0300, LIST(one), NULL, 0, NULL, 0, NULL, 0, NULL, { NULL } } },
		{ "10i010000", { 0x0301, 0x0301, LIST(one), NULL, 0, NULL, 0, NULL, 0, NULL, { NULL } } },
		{ "11i010000", { 0x0301, 0x0302, LIST(one), NULL, 0, NULL, 0, NULL, 0, NULL, { NULL } } },
		{ "12i010000", { 0x0305, 0x0303, LIST(one), NULL, 0, NULL, 0, NULL, 0, NULL, { NULL } } },
		{ "00i010000", { 0x0301, 0x03ff, LIST(one), NULL, 0, NULL, 0, NULL, 0, NULL, { NULL } } },
		{ "00i010100", { 0x0301, 0x0303, LIST(one), LIST(versions), NULL, 0, LIST(draft), NULL, { NULL } } },
		{ "11i010100", { 0x0301, 0x0303, LIST(one), LIST(versions), NULL, 0, LIST(tls11), NULL, { NULL } } },
		{ "s2i010100", { 0x0301, 0x0303, LIST(one), LIST(versions), NULL, 0, LIST(ssl2), NULL, { NULL } } },
		{ "12i010100",
		  { 0x0301, 0x0303, LIST(one), LIST(versions), NULL, 0, LIST(only_grease), NULL, { NULL } } },
		{ "12d0102h2", { 0x0301, 0x0303, LIST(one), LIST(sni_alpn), NULL, 0, NULL, 0, "x", { "h2" } } },
		{ "12i0101h3", { 0x0301, 0x0303, LIST(one), LIST(alpn), NULL, 0, NULL, 0, NULL, { "h-3" } } },
		{ "12i0101aa", { 0x0301, 0x0303, LIST(one), LIST(alpn), NULL, 0, NULL, 0, NULL, { "a" } } },
		{ "12i0101ab", { 0x0301, 0x0303, LIST(one), LIST(alpn), NULL, 0, NULL, 0, NULL, { "\xab" } } },
		{ "12i0101ad", { 0x0301, 0x0303, LIST(one), LIST(alpn), NULL, 0, NULL, 0, NULL, { "\xab\xcd" } } },
		{ "12i01013b", { 0x0301, 0x0303, LIST(one), LIST(alpn), NULL, 0, NULL, 0, NULL, { "0\xab" } } },
		{ "12i01013d", { 0x0301, 0x0303, LIST(one), LIST(alpn), NULL, 0, NULL, 0, NULL, { "01\xab\xcd" } } },
		{ "12i010101",
		  { 0x0301,
		    0x0303,
		    LIST(one),
		    LIST(alpn),
		    NULL,
		    0,
		    NULL,
		    0,
		    NULL,
		    { "0\xab\xcd"
		      "1" } } },
		{ "12i010100", { 0x0301, 0x0303, LIST(one), LIST(alpn), NULL, 0, NULL, 0, NULL, { "", "h2" } } },
		{ "12i010100", { 0x0301, 0x0303, LIST(one), LIST(alpn), NULL, 0, NULL, 0, NULL, { NULL } } },
	};
	struct gp_hello hello;
	char text[GP_JA4_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		maker_hello(&made, &rows[i].offer);
		assert_int_equal(parse(&hello, &made), 1);
		gp_ja4(text, &hello);
		assert_int_equal(strlen(text), GP_JA4_TEXT - 1);
		assert_int_equal(text[0], 't');
		text[10] = '\0';
		assert_string_equal(text + 1, rows[i].wanted);
	}
	/* SNI and ALPN alone leave nothing to hash. */
	maker_hello(&made, &rows[9].offer);
	assert_int_equal(parse(&hello, &made), 1);
	assert_ja4(&hello, "t12d0102h2_ba72b8082249_000000000000");
}

static void test_nothing_to_hash(void **state)
{
	static const __u16 grease[] = { 0x0a0a };
	const struct offer offer = { 0x0301, 0x0301, LIST(grease), NULL, 0, NULL, 0, NULL, 0, NULL, { NULL } };
	struct gp_hello hello;

	(void)state;
	maker_hello(&made, &offer);
	assert_int_equal(parse(&hello, &made), 1);
	assert_ja4(&hello, "t10i000000_000000000000_000000000000");
}

static void test_every_cut(void **state)
{
	struct gp_hello hello;

	(void)state;
	maker_hello(&made, &browser);
	for (size_t n = 0; n < made.len; n++)
		assert_int_equal(parse_first(&hello, &made, n), 0);
	assert_int_equal(gp_hello_parse(&hello, NULL, 0), 0);
	/* Whatever comes behind the hello does not matter. */
	maker_bytes(&made, "\x17\x03\x03\x00\x01", 5);
	assert_int_equal(parse(&hello, &made), 1);
	assert_false(hello.malformed);
}

/* Any size of records gives the same hello, and each beginning of them is a beginning. */
static void test_records(void **state)
{
	struct gp_hello whole, hello;

	(void)state;
	maker_hello(&made, &browser);
	assert_int_equal(parse(&whole, &made), 1);
	for (size_t size = 1; size < made.len; size++) {
		maker_cut(&other, &made, size);
		if ((made.len - 5 + size - 1) / size > GP_HELLO_RECORDS) {
			assert_int_equal(parse(&hello, &other), -1);
			continue;
		}
		assert_int_equal(parse(&hello, &other), 1);
		assert_memory_equal(&hello, &whole, sizeof(hello));
		for (size_t n = 0; n < other.len; n++)
			assert_int_equal(parse_first(&hello, &other, n), 0);
	}
}

/* Each length is one too small or too great: more bytes follow, so that nobody waits for them. */
static void test_wrong_lengths(void **state)
{
	struct gp_hello hello;
	unsigned fields;

	(void)state;
	maker_hello(&made, &browser);
	fields = made.n_lengths;
	for (unsigned field = 0; field < fields; field++) {
		for (int by = -1; by <= 1; by += 2) {
			int answer;

			maker_hello(&made, &browser);
			maker_bend(&made, field, by);
			maker_bytes(&made, "\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x10", 11);
			answer = parse(&hello, &made);
			if (answer != -1 && !(answer == 1 && hello.malformed))
				fail_msg("length field %u at %zu, %+d: %d", field, made.lengths[field].at, by, answer);
			for (size_t n = 0; n < made.len; n++)
				assert_true(parse_first(&hello, &made, n) <= 1);
		}
	}
}

static void test_no_hello(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "G", 1 },
		{ "\x16\x02", 2 },
		{ "\x17\x03\x03\x00\x10", 5 },
		{ "\x16\x03\x01\x00\x00", 5 },
		{ "\x16\x03\x01\x40\x01", 5 },
		{ "\x16\x03\x01\x00\x10\x02", 6 },
		{ "\x16\x03\x01\x00\x10\x01\x00\x40\x01", 9 },
		{ "\x16\x03\x01\x00\x10\x01\x01\x00\x00", 9 },
		{ "\x16\x03\x01\x00\x01\x01\x14\x03\x03", 9 },
		{ "\x80\x2e\x01\x00\x02", 5 },
		{ "\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9 },
	};
	static const __u16 ciphers[] = { 0x002f };
	const struct offer dtls = { 0x0301, 0xfefd, LIST(ciphers), NULL, 0, NULL, 0, NULL, 0, NULL, { NULL } };
	struct gp_hello hello;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		other.len = 0;
		maker_bytes(&other, rows[i].bytes, rows[i].len);
		assert_int_equal(parse(&hello, &other), -1);
	}
	maker_hello(&made, &dtls);
	assert_int_equal(parse(&hello, &made), -1);
}

/* A hello of one extension whose data are given. */
static int parse_extension(struct gp_hello *hello, __u16 type, const void *data, size_t n, unsigned times)
{
	static const __u16 ciphers[] = { 0x1301 };
	const struct offer offer = { 0x0301, 0x0303, LIST(ciphers), NULL, 0, NULL, 0, NULL, 0, NULL, { NULL } };

	maker_hello(&made, &offer);
	maker_number(&made, times * (n + 4), 2);
	for (unsigned i = 0; i < times; i++) {
		maker_number(&made, type, 2);
		maker_number(&made, n, 2);
		maker_bytes(&made, data, n);
	}
	made.bytes[3] = (__u8)((made.len - 5) >> 8);
	made.bytes[4] = (__u8)(made.len - 5);
	made.bytes[7] = (__u8)((made.len - 9) >> 8);
	made.bytes[8] = (__u8)(made.len - 9);
	return parse(hello, &made);
}

static void test_extensions(void **state)
{
	static const struct {
		const char *name;
		__u16 type;
		const char *data;
		size_t len;
		unsigned times;
		bool malformed;
	} rows[] = {
		{ "unknown", 0x1234, "xyz", 3, 1, false },
		{ "unknown twice", 0x1234, "xyz", 3, 2, true },
		{ "server_name", 0, "\0\4\0\0\1a", 6, 1, false },
		{ "server_name twice", 0, "\0\4\0\0\1a", 6, 2, true },
		{ "server_name, empty extension", 0, "", 0, 1, true },
		{ "server_name, empty list", 0, "\0\0", 2, 1, true },
		{ "server_name, empty name", 0, "\0\3\0\0\0", 5, 1, true },
		{ "server_name, of another type", 0, "\0\4\1\0\1a", 6, 1, false },
		{ "server_name, another type first", 0, "\0\10\1\0\1b\0\0\1a", 10, 1, false },
		{ "server_name, two names", 0, "\0\10\0\0\1a\0\0\1b", 10, 1, true },
		{ "server_name, bytes behind it", 0, "\0\4\0\0\1a!", 7, 1, true },
		{ "server_name, the list ends in a name", 0, "\0\5\0\0\1a\0", 7, 1, true },
		{ "ALPN", 16, "\0\3\2h2", 5, 1, false },
		{ "ALPN, no list", 16, "", 0, 1, true },
		{ "ALPN, half a length", 16, "\0", 1, 1, true },
		{ "ALPN, empty name", 16, "\0\1\0", 3, 1, true },
		{ "ALPN, name too long", 16, "\0\3\3h2", 5, 1, true },
		{ "signature algorithms, odd", 13, "\0\3\4\3\5", 5, 1, true },
		{ "signature algorithms, none", 13, "\0\0", 2, 1, true },
		{ "supported_versions, odd", 43, "\3\3\4\3", 4, 1, true },
		{ "supported_versions, none", 43, "\0", 1, 1, true },
		{ "supported_versions, bytes behind it", 43, "\2\3\4\3", 4, 1, true },
	};
	struct gp_hello hello;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(parse_extension(&hello, rows[i].type, rows[i].data, rows[i].len, rows[i].times), 1);
		if (hello.malformed != rows[i].malformed)
			fail_msg("%s: malformed is %d", rows[i].name, hello.malformed);
		assert_int_equal(hello.n_extensions, rows[i].times);
		assert_int_equal(hello.has_sni, rows[i].type == 0);
	}
	assert_int_equal(parse_extension(&hello, 0, "\0\10\1\0\1b\0\0\1a", 10, 1), 1);
	assert_int_equal(hello.name_len, 1);
	assert_int_equal(hello.name[0], 'a');
}

/* What a hello of 16 KiB may hold, and lists that have no room. */
static void test_long_lists(void **state)
{
	static __u16 many[4000];
	struct offer offer = browser;
	struct gp_hello hello;
	char text[GP_JA4_TEXT], name[301];

	(void)state;
	for (unsigned i = 0; i < COUNT(many); i++)
		many[i] = (__u16)(0x4000 + i);
	offer.ciphers = many;
	offer.n_ciphers = GP_HELLO_CIPHERS;
	maker_hello(&made, &offer);
	assert_int_equal(parse(&hello, &made), 1);
	assert_false(hello.more);
	offer.n_ciphers++;
	maker_hello(&made, &offer);
	assert_int_equal(parse(&hello, &made), 1);
	assert_true(hello.more && !hello.malformed);
	gp_ja4(text, &hello);
	assert_memory_equal(text, "t13d9916h2_", 11);
	offer = browser;
	offer.extensions = many;
	offer.n_extensions = COUNT(many);
	maker_hello(&made, &offer);
	assert_int_equal(parse(&hello, &made), 1);
	assert_true(hello.more);
	gp_ja4(text, &hello);
	assert_memory_equal(text, "t12i159900_", 11);
	offer = browser;
	offer.sigalgs = many;
	offer.n_sigalgs = COUNT(many);
	maker_hello(&made, &offer);
	assert_int_equal(parse(&hello, &made), 1);
	assert_true(hello.more && hello.n_sigalgs == GP_HELLO_SIGALGS);
	memset(name, 'n', 300);
	name[300] = '\0';
	offer = browser;
	offer.name = name;
	maker_hello(&made, &offer);
	assert_int_equal(parse(&hello, &made), 1);
	assert_true(hello.more && hello.malformed && hello.name_len == GP_HELLO_NAME);
}

/* The longest hello in the most records: it is waited for up to its last byte, and no further. */
static void test_bound(void **state)
{
	const size_t rest = 4 + GP_HELLO_BYTES - (GP_HELLO_RECORDS - 1);
	struct gp_hello hello;

	(void)state;
	other.len = 0;
	for (unsigned i = 0; i < GP_HELLO_RECORDS - 1; i++) {
		maker_bytes(&other, "\x16\x03\x01\x00\x01", 5);
		maker_bytes(&other, i < 4 ? &"\x01\x00\x40\x00"[i] : "", 1);
	}
	maker_bytes(&other, "\x16\x03\x01", 3);
	maker_number(&other, rest, 2);
	for (size_t i = 0; i < rest; i++)
		maker_number(&other, 0, 1);
	assert_int_equal(other.len, GP_HELLO_STREAM);
	assert_int_equal(parse_first(&hello, &other, GP_HELLO_STREAM - 1), 0);
	assert_int_equal(parse(&hello, &other), -1); /* its version is 0 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),       cmocka_unit_test(test_no_sigalgs),
		cmocka_unit_test(test_grease),        cmocka_unit_test(test_is_grease),
		cmocka_unit_test(test_first_part),    cmocka_unit_test(test_nothing_to_hash),
		cmocka_unit_test(test_every_cut),     cmocka_unit_test(test_records),
		cmocka_unit_test(test_wrong_lengths), cmocka_unit_test(test_no_hello),
		cmocka_unit_test(test_extensions),    cmocka_unit_test(test_long_lists),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests_name("ja4", tests, open_guard, close_guard);
}
