/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names out of packets as text. Each row lies with its last byte before a page that may not be touched, and so its
 * text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "sanitise.h"
#include "utf8_check.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define TEXT(s) s, sizeof(s) - 1
#define NAME_BYTES 65536u

static struct guard in, out;

static int open_guards(void **state)
{
	(void)state;
	return guard_open(&in, NAME_BYTES) || guard_open(&out, 6 * NAME_BYTES + 1);
}

static int close_guards(void **state)
{
	(void)state;
	guard_close(&in);
	guard_close(&out);
	return 0;
}

/* Checks what holds for every text. Return: the text, size bytes of room. */
static const char *sanitise(const void *name, size_t len, size_t size)
{
	char *text = (char *)guard_at_end(&out, "", 0) - size;
	size_t used;

	memset(text, 0xff, size);
	used = gp_sanitise(text, size, guard_at_end(&in, name, len), len);
	assert_true(used < size);
	assert_int_equal(strlen(text), used);
	assert_true(utf8_is_safe(text, used));
	return text;
}

static void test_rows(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		const char *text;
	} rows[] = {
		{ TEXT(""), "" },
		{ TEXT("www.example"), "www.example" },
		{ TEXT("b\xc3\xbc"
		       "cher.example \xe2\x82\xac \xf0\x9f\x90\x9f"),
		  "b\xc3\xbc"
		  "cher.example \xe2\x82\xac \xf0\x9f\x90\x9f" },
		/* terminals: colours, titles, answers, bells, and the same with C1 */
		{ TEXT("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m" },
		{ TEXT("\x1b]0;title\x07"), "\\x1b]0;title\\x07" },
		{ TEXT("\x1bP$q\x1b\\"), "\\x1bP$q\\x1b\\\\" },
		{ TEXT("\xc2\x9b"
		       "2J"),
		  "\\u009b2J" },
		{ TEXT("\x9b"
		       "2J"),
		  "\\x9b2J" },
		{ TEXT("\xc2\x85"), "\\u0085" },
		{ TEXT("over\b\b\b\bwritten\r"), "over\\x08\\x08\\x08\\x08written\\x0d" },
		{ TEXT("a\r\nb\tc\x7f"), "a\\x0d\\x0ab\\x09c\\x7f" },
		{ TEXT("a\0b\0"), "a\\x00b\\x00" },
		/* quotes and the like belong to the sinks */
		{ TEXT("\"'`<b>&amp;=1+1,;|$(x)%s"), "\"'`<b>&amp;=1+1,;|$(x)%s" },
		/* nobody can write our escapes */
		{ TEXT("\\x1b"), "\\\\x1b" },
		{ TEXT("\\"), "\\\\" },
		{ TEXT("\\\x1b"), "\\\\\\x1b" },
		/* lines, paragraphs, directions, hidden characters */
		{ TEXT("a\xe2\x80\xa8"
		       "b\xe2\x80\xa9"),
		  "a\\u2028b\\u2029" },
		{ TEXT("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae"),
		  "\\u202a\\u202b\\u202c\\u202d\\u202e" },
		{ TEXT("\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9"), "\\u2066\\u2067\\u2068\\u2069" },
		{ TEXT("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"), "\\u200e\\u200f\\u061c" },
		{ TEXT("\xe2\x80\x8b\xef\xbb\xbf\xef\xbf\xbe"), "\\u200b\\ufeff\\ufffe" },
		{ TEXT("\xf3\xa0\x80\x81\xf4\x8f\xbf\xbf"), "\\U000e0001\\U0010ffff" },
		/* RFC 3629: overlong, surrogates, beyond the last, bytes that never occur, cut short, without a
		   beginning */
		{ TEXT("\xc0\xaf\xc1\xbf"), "\\xc0\\xaf\\xc1\\xbf" },
		{ TEXT("\xe0\x80\xaf\xe0\x9f\xbf"), "\\xe0\\x80\\xaf\\xe0\\x9f\\xbf" },
		{ TEXT("\xf0\x80\x80\xaf\xf0\x8f\xbf\xbf"), "\\xf0\\x80\\x80\\xaf\\xf0\\x8f\\xbf\\xbf" },
		{ TEXT("\xed\xa0\x80\xed\xbf\xbf"), "\\xed\\xa0\\x80\\xed\\xbf\\xbf" },
		{ TEXT("\xf4\x90\x80\x80\xf5\x80\x80\x80"), "\\xf4\\x90\\x80\\x80\\xf5\\x80\\x80\\x80" },
		{ TEXT("\xf8\x88\x80\x80\x80\xfe\xff"), "\\xf8\\x88\\x80\\x80\\x80\\xfe\\xff" },
		{ TEXT("x\xc3"), "x\\xc3" },
		{ TEXT("x\xe2\x82"), "x\\xe2\\x82" },
		{ TEXT("x\xf0\x9f\x90"), "x\\xf0\\x9f\\x90" },
		{ TEXT("\xe2\x28\xa1"), "\\xe2(\\xa1" },
		{ TEXT("\xc3\xc3\xbc"), "\\xc3"
					"\xc3\xbc" },
		{ TEXT("\x80\xbf"), "\\x80\\xbf" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t wanted = strlen(rows[i].text);

		assert_string_equal(sanitise(rows[i].name, rows[i].len, 200), rows[i].text);
		assert_string_equal(sanitise(rows[i].name, rows[i].len, wanted + 1), rows[i].text);
		for (size_t size = 1; size <= wanted; size++)
			assert_string_not_equal(sanitise(rows[i].name, rows[i].len, size), rows[i].text);
	}
}

static void test_cut(void **state)
{
	static const struct {
		const char *name;
		size_t len, size;
		const char *text;
	} rows[] = {
		{ TEXT("abcdef"), 1, "" },
		{ TEXT("abcdef"), 2, "." },
		{ TEXT("abcdef"), 3, ".." },
		{ TEXT("abcdef"), 4, "\xe2\x80\xa6" },
		{ TEXT("abcdef"), 5, "a\xe2\x80\xa6" },
		{ TEXT("abcdef"), 6, "ab\xe2\x80\xa6" },
		{ TEXT("abcdef"), 7, "abcdef" },
		{ TEXT("a"), 2, "a" },
		{ TEXT("\n"), 4, "\xe2\x80\xa6" },
		{ TEXT("\n"), 5, "\\x0a" },
		{ TEXT("\n\n"), 8, "\\x0a\xe2\x80\xa6" },
		{ TEXT("\n\n"), 7, "\xe2\x80\xa6" },
		{ TEXT("\\\\"), 4, "\xe2\x80\xa6" },
		{ TEXT("\\\\\\"), 6, "\\\\\xe2\x80\xa6" },
		{ TEXT("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"), 9, "\xe2\x82\xac\xe2\x80\xa6" },
		{ TEXT("\xe2\x80\xae"
		       "abc"),
		  10, "\\u202eabc" },
		{ TEXT("\xe2\x80\xae"
		       "abcd"),
		  10, "\\u202e\xe2\x80\xa6" },
		{ TEXT("\xf3\xa0\x80\x81"), 10, "\xe2\x80\xa6" },
		{ TEXT("\xf3\xa0\x80\x81"), 11, "\\U000e0001" },
	};
	char untouched = 'x';

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(sanitise(rows[i].name, rows[i].len, rows[i].size), rows[i].text);
	assert_int_equal(gp_sanitise(&untouched, 0, "abc", 3), 0);
	assert_int_equal(untouched, 'x');
	assert_int_equal(gp_sanitise(&untouched, 1, NULL, 0), 0);
	assert_int_equal(untouched, '\0');
}

/* Names as long as TCP gives them, of each byte, in rooms of all kinds. */
static void test_long(void **state)
{
	static const size_t sizes[] = {
		1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 255, 65536, 6 * NAME_BYTES + 1
	};
	unsigned char *name = malloc(NAME_BYTES);

	(void)state;
	assert_non_null(name);
	for (unsigned byte = 0; byte < 256; byte += byte < 3 ? 1 : 7) {
		memset(name, (int)byte, NAME_BYTES);
		for (size_t i = 0; i < COUNT(sizes); i++)
			sanitise(name, NAME_BYTES, sizes[i]);
	}
	free(name);
}

/* Each character that there is, and two bytes of each kind. */
static void test_all(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 0x110000; c += c < 0x3000 || c >= 0xfff00 ? 1 : 61) {
		unsigned char name[4] = { (unsigned char)(0xf0 | c >> 18), (unsigned char)(0x80 | (c >> 12 & 63)),
					  (unsigned char)(0x80 | (c >> 6 & 63)), (unsigned char)(0x80 | (c & 63)) };
		unsigned skip = c > 0xffff ? 0 : c > 0x7ff ? 1 : c > 0x7f ? 2 : 3;

		if (skip)
			name[skip] = (unsigned char)(skip == 1 ? 0xe0 | c >> 12 : skip == 2 ? 0xc0 | c >> 6 : c);
		sanitise(name + skip, 4 - skip, 17);
		sanitise(name, 4, 25);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests_name("sanitise", tests, open_guards, close_guards);
}
