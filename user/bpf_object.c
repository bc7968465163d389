// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf_object.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "gatepost.skel.h"
#include "log.h"

/* Every map that the agent maps, with its number of records. */
struct map_size {
	struct bpf_map *map;
	void **memory;
	__u64 records;
};

static void map_sizes(struct gp_bpf *bpf, const struct gp_config *c, struct map_size sizes[GP_MAPS])
{
	struct gatepost_bpf *s = bpf->skeleton;
	struct gp_memory *m = &bpf->memory;
	const struct map_size all[GP_MAPS] = {
		{ s->maps.gp_settings, (void **)&m->settings, 1 },
		{ s->maps.gp_totals, (void **)&m->totals, 1 },
		{ s->maps.gp_hosts, (void **)&m->hosts, c ? 2ull * c->host_slots : 0 },
		{ s->maps.gp_flows, (void **)&m->flows, c ? c->flow_slots : 0 },
		{ s->maps.gp_filters, (void **)&m->filters, 1 },
		{ s->maps.gp_filter_bits, (void **)&m->filter_bits, c ? (__u64)GP_FILTERS * c->filter_words : 0 },
		{ s->maps.gp_ranges, (void **)&m->ranges, c && c->range_count ? c->range_count : 1 },
		{ s->maps.gp_ports, (void **)&m->ports, 65536 },
		{ s->maps.gp_claims, (void **)&m->claims, c ? c->host_slots : 0 } /* pairs */,
	};

	memcpy(sizes, all, sizeof(all));
}

const char *gp_bpf_remedy(int err)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		return "run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";
	case -ENOMEM:
		return "lower tables.hosts and tables.flows, or raise the memory lock limit";
	case -EMFILE:
	case -ENFILE:
		return "raise the limit of open files (ulimit -n)";
	case -E2BIG:
	case -EINVAL:
		return "the kernel must be 5.18 or newer, with BPF and BTF enabled";
	default:
		return "gatepost needs a kernel of 5.18 or newer with BPF, BTF and the BPF JIT";
	}
}

/* libbpf's own words only when they are asked for: the reason is named by whoever opens the object. */
__attribute__((format(printf, 2, 0))) static int quiet_print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level > LIBBPF_WARN || !getenv("GATEPOST_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

static int size_map(const struct map_size *size, const char *pin_dir)
{
	char path[PATH_MAX];
	int err = bpf_map__set_max_entries(size->map, (__u32)size->records);

	if (err || !pin_dir)
		return err;
	if (snprintf(path, sizeof(path), "%s/%s", pin_dir, bpf_map__name(size->map)) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return bpf_map__set_pin_path(size->map, path);
}

int gp_bpf_open(struct gp_bpf *bpf, const struct gp_config *config, const struct gp_bpf_options *options)
{
	struct map_size sizes[GP_MAPS];
	int err = 0;

	memset(bpf, 0, sizeof(*bpf));
	libbpf_set_print(quiet_print);
	bpf->skeleton = gatepost_bpf__open();
	if (!bpf->skeleton) {
		err = -errno;
		gp_error("BPF object: cannot open: %s; %s", strerror(-err), gp_bpf_remedy(err));
		return err;
	}
	bpf->skeleton->rodata->gp_knob_side = options->side;
	bpf->skeleton->rodata->gp_knob_replay = options->replay;
	map_sizes(bpf, config, sizes);
	for (int i = 0; i < GP_MAPS && !err; i++)
		err = size_map(&sizes[i], options->pin_dir);
	if (err)
		gp_error("BPF object: cannot size the maps: %s", strerror(-err));
	return err;
}

int gp_bpf_map(struct gp_bpf *bpf)
{
	struct map_size sizes[GP_MAPS];
	long page = sysconf(_SC_PAGESIZE);

	map_sizes(bpf, NULL, sizes);
	for (int i = 0; i < GP_MAPS; i++) {
		__u64 bytes = (__u64)bpf_map__value_size(sizes[i].map) * bpf_map__max_entries(sizes[i].map);
		void *at;

		bytes = (bytes + (__u64)page - 1) & ~((__u64)page - 1);
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(sizes[i].map), 0);
		if (at == MAP_FAILED) {
			int err = -errno;

			gp_error("map %s: cannot mmap: %s", bpf_map__name(sizes[i].map), strerror(-err));
			return err;
		}
		bpf->mapped[i] = at;
		bpf->mapped_bytes[i] = bytes;
		*sizes[i].memory = at;
	}
	return 0;
}

void gp_bpf_close(struct gp_bpf *bpf)
{
	for (int i = 0; i < GP_MAPS; i++)
		if (bpf->mapped[i])
			munmap(bpf->mapped[i], bpf->mapped_bytes[i]);
	gatepost_bpf__destroy(bpf->skeleton);
	memset(bpf, 0, sizeof(*bpf));
}
