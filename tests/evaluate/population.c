// SPDX-License-Identifier: GPL-2.0-or-later
#include "population.h"

#include <errno.h>
#include <math.h>

#include <gatepost/table.h>

static int next(void *context, struct gp_frame *frame)
{
	struct population *p = context;

	return traffic_next(p->traffic, frame);
}

/* A subscriber's prefix is reported under its first address. */
struct gp_addr population_host(const struct traffic_label *label)
{
	struct gp_addr host = label->addr;

	if (label->ipv6 && label->side == TRAFFIC_INSIDE)
		gp_addr_mask(&host, 56);
	return host;
}

const struct traffic_label *population_label(struct population *p, const struct gp_addr *host)
{
	const struct table_key key = {.a = *host};
	__u64 place = table_get(&p->label_of, &key);
	const struct traffic_label *labels;
	size_t count;

	if (!place)
		return NULL;
	labels = traffic_labels(p->traffic, &count);
	return labels && place <= count ? &labels[place - 1] : NULL;
}

static __u64 malicious(void *context, const struct gp_addr *host)
{
	const struct traffic_label *label = population_label(context, host);

	return label ? label->malicious : 0;
}

struct input population_input(struct population *p)
{
	return (struct input){.next = next, .malicious = malicious, .context = p};
}

int population_open(struct population *p, const char *path, __u64 seed, double duration_s, double scale)
{
	struct traffic_group *groups;
	const struct traffic_label *labels;
	size_t count;
	int err;

	*p = (struct population){0};
	err = traffic_population_read(&p->file, path);
	if (err)
		return err;
	if (seed)
		p->file.options.seed = seed;
	if (duration_s > 0 && duration_s < p->file.options.duration_s)
		p->file.options.duration_s = duration_s;
	groups = (struct traffic_group *)p->file.options.groups; /* ours until it is freed */
	for (size_t i = 0; i < p->file.options.count; i++)
		groups[i].hosts = groups[i].hosts ? (unsigned int)fmax(1, round(groups[i].hosts * scale)) : 0;
	err = traffic_open(&p->traffic, &p->file.options);
	if (err)
		return err;
	labels = traffic_labels(p->traffic, &count);
	if (!labels)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct table_key key = {.a = population_host(&labels[i])};

		if (!labels[i].range)
			*table_at(&p->label_of, &key) = i + 1;
	}
	return 0;
}

void population_close(struct population *p)
{
	if (p->traffic)
		traffic_close(p->traffic);
	traffic_population_free(&p->file);
	table_free(&p->label_of);
}
