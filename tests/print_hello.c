/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What gatepost makes of ClientHellos, for tests/ja4.py: a line of hexadecimal digits in, the bytes of a stream; out
 * its JA4 and, in decimal, legacy version, cipher suites and extensions, as tshark's JA3 has them; "more", or "none".
 */
#include <stdio.h>
#include <stdlib.h>

#include "ja4.h"
#include "sanitise.h"

static void print_list(const __u16 *values, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		printf("%s%u", i ? "-" : "", values[i]);
}

static void print(const __u8 *bytes, size_t n)
{
	static struct gp_hello hello;
	char text[GP_JA4_TEXT], name[6 * GP_HELLO_NAME + 1];
	int answer = gp_hello_parse(&hello, bytes, n);

	if (answer <= 0) {
		puts(answer ? "none" : "more");
		return;
	}
	gp_ja4(text, &hello);
	gp_sanitise(name, sizeof(name), hello.name, hello.name_len);
	printf("%s %u,", text, hello.legacy_version);
	print_list(hello.ciphers, hello.n_ciphers);
	putchar(',');
	print_list(hello.extensions, hello.n_extensions);
	printf(" %s %s\n", hello.malformed ? "malformed" : "fine", name);
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	while ((length = getline(&line, &room, stdin)) >= 0) {
		__u8 *bytes = malloc((size_t)length / 2 + 1);
		unsigned byte;
		size_t n = 0;

		if (!bytes)
			return 1;
		while (2 * n + 1 < (size_t)length && sscanf(line + 2 * n, "%2x", &byte) == 1)
			bytes[n++] = (__u8)byte;
		print(bytes, n);
		free(bytes);
	}
	free(line);
	return 0;
}
