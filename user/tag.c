// SPDX-License-Identifier: GPL-2.0-or-later
#include "tag.h"

#include <errno.h>
#include <stdlib.h>

/* A flagged slot. */
struct flag {
	__u32 slot;
	__u8 class;
};

struct gp_tag_verdicts {
	const struct gp_world *world;
	__u64 expiry_s;
	struct flag *flags; /* as written last, ascending by slot */
	size_t count;
};

__u8 gp_tag_class_of(const struct gp_finding *finding)
{
	static const __u8 classes[GP_KINDS][GP_VERDICT_CONFIRMED + 1] = {
		[GP_KIND_SPAM_BOT] = { GP_CLASS_NONE, GP_CLASS_SPAM_BOT_SUSPECTED, GP_CLASS_SPAM_BOT_CONFIRMED },
		[GP_KIND_SCANNER] = { GP_CLASS_NONE, GP_CLASS_SCANNER_SUSPECTED, GP_CLASS_SCANNER_CONFIRMED },
		[GP_KIND_BRUTE_FORCER] = { GP_CLASS_NONE, GP_CLASS_OTHER_SUSPECTED, GP_CLASS_OTHER_CONFIRMED },
		[GP_KIND_HTTP_BOT] = { GP_CLASS_NONE, GP_CLASS_OTHER_SUSPECTED, GP_CLASS_OTHER_CONFIRMED },
		[GP_KIND_DDOS_SOURCE] = { GP_CLASS_NONE, GP_CLASS_OTHER_SUSPECTED, GP_CLASS_OTHER_CONFIRMED },
	};

	return classes[finding->kind][finding->verdict];
}

int gp_tag_verdicts_open(struct gp_tag_verdicts **out, const struct gp_world *world, double expiry_s)
{
	struct gp_tag_verdicts *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->world = world;
	v->expiry_s = (__u64)expiry_s;
	*out = v;
	return 0;
}

void gp_tag_verdicts_close(struct gp_tag_verdicts *v)
{
	free(v->flags);
	free(v);
}

/* In every slice: any CPU may see the host's next packet. */
static void write_word(const struct gp_world *world, __u32 slot, __u64 word)
{
	const struct gp_settings *settings = world->memory->settings;
	__u64 slots = (__u64)settings->chunks * GP_CHUNK_SLOTS;

	if (slot >= slots)
		return;
	for (__u32 slice = 0; slice < settings->slices; slice++)
		__atomic_store_n(&world->memory->hot[slice * slots + slot].verdict, word, __ATOMIC_RELAXED);
}

/* Who is to look for a verdict. What a killed agent left does no harm: its verdicts expire. */
static void write_flagged(const struct gp_tag_verdicts *v)
{
	__u64 words[GP_FLAGGED_WORDS] = { 0 };

	for (size_t i = 0; i < v->count; i++)
		words[v->flags[i].slot / 64 % GP_FLAGGED_WORDS] |= 1ull << v->flags[i].slot % 64;
	for (size_t i = 0; i < GP_FLAGGED_WORDS; i++)
		__atomic_store_n(&v->world->memory->flagged[i], words[i], __ATOMIC_RELEASE);
}

static bool outweighs(const struct gp_finding *a, const struct gp_finding *b)
{
	return a->verdict != b->verdict ? a->verdict > b->verdict : a->kind < b->kind;
}

static int compare_flags(const void *a, const void *b)
{
	const struct flag *x = a, *y = b;

	return (x->slot > y->slot) - (x->slot < y->slot);
}

/* Who is flagged, one entry a slot. Return: how many. */
static size_t list_flags(const struct gp_world *world, struct flag *flags, const struct gp_finding *findings, int count)
{
	const struct gp_finding *chosen = NULL;
	size_t n = 0;

	for (int i = 0; i < count; i++) {
		const struct gp_finding *f = &findings[i];
		const struct gp_host *host = gp_world_is_inside(world, f->id) ? gp_world_host(world, f->id) : NULL;

		/* A quiet host's packets are nobody's business any more. */
		if (!host || !host->tag || f->verdict == GP_VERDICT_NONE || f->standing.state == GP_STATE_QUIET)
			continue;
		if (chosen && chosen->id == f->id && !outweighs(f, chosen))
			continue;
		if (!chosen || chosen->id != f->id)
			n++;
		chosen = f;
		flags[n - 1] = (struct flag){ .slot = (__u32)(host->tag - 1), .class = gp_tag_class_of(f) };
	}
	qsort(flags, n, sizeof(*flags), compare_flags);
	return n;
}

int gp_tag_verdicts_write(struct gp_tag_verdicts *v, const struct gp_finding *findings, int count, __u64 now_ns)
{
	__u64 until_s = now_ns / GP_SECOND_NS + v->expiry_s;
	struct flag *flags = calloc((size_t)count + 1, sizeof(*flags));
	size_t n;

	if (!flags)
		return -ENOMEM;
	n = list_flags(v->world, flags, findings, count);
	for (size_t i = 0; i < n; i++)
		write_word(v->world, flags[i].slot, until_s << GP_VERDICT_SHIFT | flags[i].class);
	for (size_t old = 0, i = 0; old < v->count; old++) {
		while (i < n && flags[i].slot < v->flags[old].slot)
			i++;
		if (i == n || flags[i].slot != v->flags[old].slot)
			write_word(v->world, v->flags[old].slot, 0);
	}
	free(v->flags);
	v->flags = flags;
	v->count = n;
	write_flagged(v);
	return 0;
}
