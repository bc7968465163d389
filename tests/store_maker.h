/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts, reasons and epochs made up for tests and measurements of the store; each follows from a number. */
#ifndef GATEPOST_TESTS_STORE_MAKER_H
#define GATEPOST_TESTS_STORE_MAKER_H

#include <stdio.h>
#include <string.h>

#include "store.h"

#define STORE_DAY_NS (86400ull * 1000000000ull)
#define STORE_START_NS 1777888800000000000ull /* 2026-05-04 10:00:00 UTC */

/* 10.0.0.0 and upward. */
static inline struct gp_addr store_address(__u32 number)
{
	return (struct gp_addr){ .bytes = { [10] = 0xff, 0xff, 10, (__u8)(number >> 16), (__u8)(number >> 8), (__u8)number } };
}

static inline struct gp_store_host store_host(__u32 number, enum gp_state state, __u64 now_ns)
{
	struct gp_store_host host = {
		.addr = store_address(number),
		.bits = 128,
		.role = GP_ROLE_SUBSCRIBER,
		.kind = GP_KIND_SPAM_BOT,
		.verdict = state == GP_STATE_CONFIRMED ? GP_VERDICT_CONFIRMED :
			   state == GP_STATE_SUSPECTED ? GP_VERDICT_SUSPECTED : GP_VERDICT_NONE,
		.score = 14.125,
		.confidence = 0.997,
		.source_verified = true,
		.first_seen_ns = now_ns - 3600000000000ull,
		.last_seen_ns = now_ns,
		.standing = { .state = state, .since_ns = now_ns, .watched_ns = now_ns, .suspected_contacts = 17,
			      .episodes = state == GP_STATE_CONFIRMED },
		.contacts = 214.5,
		.sample = { .dst = { .bytes = { [10] = 0xff, 0xff, 198, 51, 100, 7 } }, .sport = 51544, .dport = 25 },
	};

	snprintf(host.sentence, sizeof(host.sentence), "A device on your connection sends mail to %u mail networks.", number);
	return host;
}

/* @list: room for @count, at most GP_EVIDENCE_MAX; as long as what the judge says on average. */
static inline void store_evidence(struct gp_evidence *list, int count, double weight)
{
	static const char *const rules[] = { "smtp.fanout", "smtp.refused", "smtp.early_talk", "smtp.tls", "scan.watched" };

	for (int i = 0; i < count; i++) {
		list[i] = (struct gp_evidence){ .rule = rules[i % 5], .weight = i % 5 == 3 ? -weight : weight,
						.observed = { { "distinct_mx", 214 + i }, { "flows", 1024.5 } },
						.observed_count = 2 };
		snprintf(list[i].text, sizeof(list[i].text), "%d mail networks in 24 h, 1,024 connections to port 25", 214 + i);
	}
}

static inline struct gp_store_epoch store_epoch(__u64 instance, __u64 number)
{
	return (struct gp_store_epoch){
		.instance = instance,
		.number = number,
		.start_ns = STORE_START_NS + (number - 1) * 4000000000ull,
		.end_ns = STORE_START_NS + number * 4000000000ull,
		.packets = 1000 * number,
		.bytes = 64000 * number,
		.unparsed = number,
		.overflow = 2 * number,
		.nic_missed = 3 * number,
		.evidence_lost = 4 * number,
	};
}

#endif
