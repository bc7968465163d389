// SPDX-License-Identifier: GPL-2.0-or-later
/* What the live agent does each second, and once per time slice. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "live_private.h"
#include "log.h"

#define NS_PER_S 1000000000ll

/* The data plane's clock, bpf_ktime_get_coarse_ns(). */
__u64 gp_live_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (__u64)(t.tv_sec * NS_PER_S + t.tv_nsec);
}

__s64 gp_live_offset_ns(void)
{
	struct timespec wall, mono;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	return (wall.tv_sec - mono.tv_sec) * NS_PER_S + (wall.tv_nsec - mono.tv_nsec);
}

/* Once per time slice: who is flagged now. */
static int write_verdicts(struct gp_live *live, __u64 now_ns)
{
	const struct gp_finding *findings;
	int count = gp_judge_findings(live->judge, &findings);

	return count < 0 ? count : gp_tag_verdicts_write(live->verdicts, findings, count, now_ns);
}

/* The same: whose packets are kept. */
static int flag(struct gp_live *live)
{
	const struct gp_finding *findings;
	int count = gp_judge_findings(live->judge, &findings);

	if (count >= 0)
		gp_witness_flag(live->witness, live->world, findings, count);
	return count < 0 ? count : 0;
}

/* No kernel says whether a driver leaves room for metadata: the first packet that finds none does. */
static void say_tags_failed(struct gp_live *live)
{
	const struct gp_memory *memory = gp_feed_memory(live);

	for (__u32 i = 0; i < memory->cpu_count && !live->tags_failed; i++)
		live->tags_failed = memory->cpus[i].totals.tags_failed;
	if (live->tags_failed)
		gp_notice("tags: packets bear none where a driver leaves no room for XDP metadata, and such a driver is "
			  "among those of %s; the report counts them (tags_failed). --xdp-mode skb has room for them",
			  live->name);
}

static int tick_tags(struct gp_live *live, __u64 now_ns, bool new_slice)
{
	if (!live->verdicts)
		return 0;
	if (!live->tags_failed)
		say_tags_failed(live);
	return new_slice ? write_verdicts(live, now_ns) : 0;
}

/* Each second: what flows have ended, and, once per time slice, what was counted. */
int gp_live_tick(struct gp_live *live)
{
	__u64 now_ns = gp_live_now_ns();
	bool new_slice = now_ns / GP_SLICE_NS != live->slice;
	__s64 offset_ns = gp_live_offset_ns();
	int err;

	/* Lists that are broken now have been complained of, and remain what they were. */
	gp_lists_refresh(live->lists);
	gp_lists_tick(gp_lists_loaded(live->lists), now_ns + (__u64)offset_ns);
	err = gp_feed_read(live);
	if (live->dns)
		gp_dns_step(live->dns, now_ns);
	if (!err)
		err = gp_witness_tick(live->witness, now_ns, offset_ns, (__u64)time(NULL));
	if (new_slice && !err) {
		gp_feed_check(live);
		err = gp_epoch_turn(live->epoch, now_ns);
	}
	live->slice = now_ns / GP_SLICE_NS;
	if (!err)
		err = gp_judge_tick(live->judge, now_ns);
	if (!err && new_slice && (live->options->capture_dir || live->dns))
		err = flag(live);
	return err ? err : tick_tags(live, now_ns, new_slice);
}
