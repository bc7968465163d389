// SPDX-License-Identifier: GPL-2.0-or-later
#include "store_finding.h"

#include <string.h>

#include "hll.h"

static __u64 to_unix(__u64 ns, __s64 offset_ns)
{
	return ns ? ns + (__u64)offset_ns : 0;
}

static struct gp_standing standing_of(const struct gp_standing *standing, __s64 offset_ns)
{
	struct gp_standing out = *standing;

	out.since_ns = to_unix(standing->since_ns, offset_ns);
	out.watched_ns = to_unix(standing->watched_ns, offset_ns);
	out.suspected_ns = to_unix(standing->suspected_ns, offset_ns);
	out.confirmed_ns = to_unix(standing->confirmed_ns, offset_ns);
	out.low_ns = to_unix(standing->low_ns, offset_ns);
	out.ended_ns = to_unix(standing->ended_ns, offset_ns);
	return out;
}

void gp_store_host_of(struct gp_store_host *out, const struct gp_host *host, const struct gp_finding *finding,
		      __s64 offset_ns)
{
	*out = (struct gp_store_host){
		.addr = host->addr,
		.bits = host->bits,
		.role = host->role,
		.kind = finding->kind,
		.verdict = finding->verdict,
		.score = finding->score,
		.confidence = finding->confidence,
		.source_verified = finding->source_verified,
		.first_seen_ns = to_unix(host->first_seen_ns, offset_ns),
		.last_seen_ns = to_unix(host->last_seen_ns, offset_ns),
		.standing = standing_of(&finding->standing, offset_ns),
		.contacts = gp_hll_estimate(&host->contacts),
		.sample = finding->sample,
	};
	memcpy(out->sentence, finding->sentence, sizeof(out->sentence));
}

int gp_store_put_opinions(struct gp_store *store, const struct gp_host *host, const struct gp_finding opinions[GP_KINDS],
			  __s64 offset_ns)
{
	struct gp_store_host record;
	int err, first = 0;

	for (int kind = 0; kind < GP_KINDS; kind++) {
		const struct gp_finding *opinion = &opinions[kind];

		gp_store_host_of(&record, host, opinion, offset_ns);
		err = gp_store_put_host(store, &record, opinion->evidence, opinion->evidence_count);
		if (err && !first)
			first = err;
	}
	return first;
}
