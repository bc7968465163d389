/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests that open captures: what the source says and counts, and which row was wrong. */
#ifndef GATEPOST_TESTS_SOURCE_PCAP_CHECK_H
#define GATEPOST_TESTS_SOURCE_PCAP_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "captures.h"
#include "source_pcap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NS 1000000000ull

enum { ETHER = 1, SNAPLEN = 262144 };

/* Says which row it was, once something is wrong. */
#define row_assert(name, condition)                                                                                    \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg("%s: %s", name, #condition);                                                          \
	} while (0)

/* Messages are collected instead of shown, so that a test can read them. */
static char *messages;
static size_t messages_len;
static FILE *real_stderr;

static inline void collect_messages(void)
{
	real_stderr = stderr;
	stderr = open_memstream(&messages, &messages_len);
	assert_non_null(stderr);
}

/* What was said since collect_messages(); to be freed. */
static inline char *collected(void)
{
	fclose(stderr);
	stderr = real_stderr;
	return messages;
}

/* A test that failed meanwhile left its own message among them. */
static inline int show_messages(void **state)
{
	(void)state;
	if (real_stderr && stderr != real_stderr) {
		char *text = collected();

		fputs(text, stderr);
		free(text);
	}
	return 0;
}

/* Packets and bytes that came in are those that went on and those that were refused. */
static inline void assert_balanced(const struct gp_source_pcap *source, __u64 delivered, __u64 delivered_bytes)
{
	const struct gp_source_count *c = gp_source_pcap_count(source);

	assert_int_equal(c->received.packets,
			 delivered + c->too_short.packets + c->too_long.packets + c->link_type.packets);
	assert_int_equal(c->received.bytes,
			 delivered_bytes + c->too_short.bytes + c->too_long.bytes + c->link_type.bytes);
}

/* What stands in the programs' lists of tests. */
#define TEST(function) cmocka_unit_test_teardown(function, show_messages)

#endif
