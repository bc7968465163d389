/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a client's stream: the answer for a beginning of them never contradicts the answer for more, what was
 * read keeps to its bounds, and its names become text. Two bytes in front say where the beginning ends; an input whose
 * third byte is odd gets fitting headers. What is left of the input is a name as well.
 */
#include <string.h>

#include "fuzz.h"
#include "ja4.h"
#include "sanitise.h"
#include "utf8_check.h"

/* On the heap to the byte, so that the sanitizer sees a read beyond the end. */
static int parse(struct gp_hello *hello, const uint8_t *bytes, size_t n)
{
	__u8 *copy = malloc(n ? n : 1);
	int answer;

	MUST(copy);
	if (n)
		memcpy(copy, bytes, n);
	answer = gp_hello_parse(hello, copy, n);
	free(copy);
	return answer;
}

static void check_text(const void *name, size_t len, size_t size)
{
	char *text = malloc(size);
	size_t used;

	MUST(text);
	used = gp_sanitise(text, size, name, len);
	MUST(used < size && text[used] == '\0');
	MUST(utf8_is_safe(text, used));
	MUST(size <= 6 * len || used >= len);
	free(text);
}

static void check_hello(const struct gp_hello *hello)
{
	char text[GP_JA4_TEXT];

	MUST(hello->n_ciphers <= GP_HELLO_CIPHERS && hello->n_extensions <= GP_HELLO_EXTENSIONS);
	MUST(hello->n_sigalgs <= GP_HELLO_SIGALGS);
	MUST(hello->n_protocols || !hello->protocol_len);
	MUST(hello->has_sni || !hello->name_len);
	gp_ja4(text, hello);
	MUST(strlen(text) == GP_JA4_TEXT - 1 && text[10] == '_' && text[23] == '_');
	for (const char *p = text; *p; p++)
		MUST((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_');
	check_text(hello->name, hello->name_len, 64);
	check_text(hello->protocol, hello->protocol_len, 6 * GP_HELLO_NAME + 1);
}

static void fit(uint8_t *bytes, size_t size)
{
	memcpy(bytes, "\x16\x03\x01", 3);
	bytes[3] = (uint8_t)((size - 5) >> 8);
	bytes[4] = (uint8_t)(size - 5);
	bytes[5] = 1;
	bytes[6] = 0;
	bytes[7] = (uint8_t)((size - 9) >> 8);
	bytes[8] = (uint8_t)(size - 9);
	bytes[9] = bytes[10] = 3;
	bytes[43] %= 33;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gp_hello whole, part;
	static uint8_t bytes[GP_HELLO_STREAM];
	size_t cut;
	int of_whole, of_part;

	if (size < 3 || size - 3 > sizeof(bytes))
		return 0;
	cut = data[0] | data[1] << 8;
	size -= 3;
	memcpy(bytes, data + 3, size);
	if ((data[2] & 1) && size > 50 && size < 16384)
		fit(bytes, size);
	if (cut > size)
		cut = size;
	of_whole = parse(&whole, bytes, size);
	of_part = parse(&part, bytes, cut);
	MUST(of_part == 0 || of_part == of_whole);
	if (of_whole == 1)
		check_hello(&whole);
	MUST(of_part != 1 || memcmp(&part, &whole, sizeof(part)) == 0);
	check_text(bytes, size, 1 + cut % 40);
	check_text(bytes, size, 6 * size + 1);
	return 0;
}
