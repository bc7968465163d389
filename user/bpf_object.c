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
#include "memory_setup.h"
#include "source_xsk.h"

/* Every map that the agent maps, with its number of records. */
struct map_size {
	struct bpf_map *map;
	void **memory;
	__u64 records;
};

static void map_sizes(struct gp_bpf *bpf, struct map_size sizes[GP_MAPS])
{
	const struct gp_settings *plan = &bpf->plan;
	struct gatepost_bpf *s = bpf->skeleton;
	struct gp_memory *m = &bpf->memory;
	__u64 slots = (__u64)plan->chunks * GP_CHUNK_SLOTS;
	const struct map_size all[GP_MAPS] = {
		{ s->maps.data_settings, (void **)&m->settings, 1 },
		{ s->maps.data_control, (void **)&m->control, 1 },
		{ s->maps.data_claims, (void **)&m->claims, 1 },
		{ s->maps.gp_cpus, (void **)&m->cpus, m->cpu_count },
		{ s->maps.data_dir16, (void **)&m->dir16, 1 },
		{ s->maps.gp_dir24, (void **)&m->dir24, GP_DIR24_ENTRIES / 2 } /* pairs */,
		{ s->maps.data_flagged, (void **)&m->flagged, 1 },
		{ s->maps.data_dir32, (void **)&m->dir32, 1 },
		{ s->maps.data_dense, (void **)&m->dense, 1 },
		{ s->maps.gp_dir6, (void **)&m->dir6, plan->dir6_words },
		{ s->maps.gp_chunks, (void **)&m->chunks, plan->chunks },
		{ s->maps.gp_hot, (void **)&m->hot, plan->slices * slots },
		{ s->maps.gp_mail, (void **)&m->mail, slots },
		{ s->maps.gp_host_of, (void **)&m->host_of, slots },
		{ s->maps.gp_hosts, (void **)&m->hosts, plan->inside_hosts + GP_BANKS * (__u64)plan->outside_hosts },
		{ s->maps.gp_outside, (void **)&m->outside_claims, plan->outside_hosts } /* pairs */,
		{ s->maps.gp_cells, (void **)&m->cells, GP_BANKS * (__u64)plan->cells },
		{ s->maps.gp_flows, (void **)&m->flows, plan->flow_slots },
		{ s->maps.gp_pending, (void **)&m->pending, GP_PENDING_PROOFS / 2 } /* pairs */,
		{ s->maps.data_filters, (void **)&m->filters, 1 },
		{ s->maps.gp_filter_bits, (void **)&m->filter_bits, (__u64)GP_FILTERS * plan->filter_words },
		{ s->maps.gp_ranges, (void **)&m->ranges, plan->ranges },
		{ s->maps.data_ports, (void **)&m->ports, 1 },
		{ s->maps.data_shared_buckets, (void **)&m->shared_buckets, 1 },
		{ s->maps.data_buckets, (void **)&m->buckets, 1 },
		{ s->maps.gp_shadow, (void **)&m->shadow, bpf->commits ? 2 * slots : 1 },
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

__attribute__((format(printf, 2, 0))) static int quiet_print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level > LIBBPF_WARN || !getenv("GATEPOST_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

void gp_bpf_quiet(void)
{
	libbpf_set_print(quiet_print);
}

/* Names of global variables' maps begin with a dot, which the BPF file system keeps for itself. */
static int pin_map(struct bpf_map *map, const char *pin_dir)
{
	const char *name = bpf_map__name(map);
	char path[PATH_MAX];
	int n = name[0] == '.' ? snprintf(path, sizeof(path), "%s/gp_%s", pin_dir, strrchr(name, '.') + 1) :
				 snprintf(path, sizeof(path), "%s/%s", pin_dir, name);

	if (n >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return bpf_map__set_pin_path(map, path);
}

static int size_map(const struct map_size *size, const char *pin_dir)
{
	int err = size->records >> 32 ? -E2BIG :
		  size->records > 1	  ? bpf_map__set_max_entries(size->map, (__u32)size->records) :
					    0;

	return err || !pin_dir ? err : pin_map(size->map, pin_dir);
}

static int take_record(void *context, void *data, size_t bytes)
{
	const struct gp_bpf *bpf = context;

	if (bpf->take && bytes >= sizeof(struct gp_flow_record))
		bpf->take(bpf->take_context, data);
	return 0;
}

void gp_bpf_drain(struct gp_bpf *bpf, gp_record_fn *take, void *context)
{
	bpf->take = take;
	bpf->take_context = context;
	if (bpf->ring)
		ring_buffer__consume(bpf->ring);
	bpf->take = NULL;
}

static int take_sample(void *context, void *data, size_t bytes)
{
	const struct gp_packet_sample *sample = data;
	const struct gp_bpf *bpf = context;

	if (bpf->take_sample && bytes >= sizeof(*sample) && bytes - sizeof(*sample) >= sample->captured)
		bpf->take_sample(bpf->take_sample_context, sample, (const __u8 *)(sample + 1));
	return 0;
}

void gp_bpf_samples(struct gp_bpf *bpf, gp_sample_fn *take, void *context)
{
	bpf->take_sample = take;
	bpf->take_sample_context = context;
	if (bpf->sample_ring)
		ring_buffer__consume(bpf->sample_ring);
	bpf->take_sample = NULL;
}

int gp_bpf_samples_fd(const struct gp_bpf *bpf)
{
	return bpf->sample_ring ? ring_buffer__epoll_fd(bpf->sample_ring) : -1;
}

void gp_bpf_choose(struct gp_bpf *bpf, enum gp_bpf_kind kind)
{
	struct bpf_program *const programs[GP_BPF_KINDS] = {
		[GP_BPF_PLAIN] = bpf->skeleton->progs.gatepost,
		[GP_BPF_TAGS] = bpf->skeleton->progs.gatepost_tags,
		[GP_BPF_DEEP] = bpf->skeleton->progs.gatepost_deep,
	};

	/* The third asks a tag what a packet is, and writes none. */
	bpf->skeleton->rodata->gp_knob_tags = kind != GP_BPF_PLAIN;
	bpf->program = programs[kind];
	for (int i = 0; i < GP_BPF_KINDS; i++)
		bpf_program__set_autoload(programs[i], i == (int)kind);
	/* Not every kernel has such maps. */
	bpf_map__set_autocreate(bpf->skeleton->maps.gp_xsks, kind == GP_BPF_DEEP);
	bpf_map__set_autocreate(bpf->skeleton->maps.gp_deep_sums, kind == GP_BPF_DEEP);
}

bool gp_bpf_is_ours(const char *name)
{
	return name && (!strcmp(name, "gatepost") || !strcmp(name, "gatepost_tags") || !strcmp(name, "gatepost_deep"));
}

/* Return: 0, or -errno. */
static int set_deep(struct gp_bpf *bpf, const struct gp_config *config, const struct gp_bpf_options *options)
{
	int err;

	gp_bpf_choose(bpf, GP_BPF_DEEP);
	bpf->skeleton->rodata->gp_knob_deep_bytes = config->deep_stream_kib * 1024;
	bpf->skeleton->rodata->gp_knob_deep_frame = options->deep_chunk > GP_XSK_HEADROOM ? options->deep_chunk - GP_XSK_HEADROOM : 0;
	bpf->skeleton->rodata->gp_knob_deep_first = options->deep_first;
	bpf->skeleton->rodata->gp_knob_deep_queues = options->deep_queues;
	if (!options->pin_dir)
		return 0;
	err = pin_map(bpf->skeleton->maps.gp_xsks, options->pin_dir);
	return err ? err : pin_map(bpf->skeleton->maps.gp_deep_sums, options->pin_dir);
}

/* Live, samples are cut: the ring is for many of them. Where all are wanted, it is emptied after each packet. */
static int size_samples(struct gp_bpf *bpf, const struct gp_config *config)
{
	bool all = bpf->plan.sampling == GP_SAMPLING_ALL;
	__u32 bytes = all ? GP_FRAME_MAX : GP_SAMPLE_BYTES, ring = all ? 1u << 20 : config->sample_ring;
	struct gatepost_bpf *s = bpf->skeleton;
	int err;

	s->rodata->gp_knob_sampling = bpf->plan.sampling;
	s->rodata->gp_knob_sample_bytes = bytes;
	s->rodata->gp_knob_wake_bytes = ring / 4;
	err = bpf_map__set_value_size(s->maps.gp_sample_buffers, (__u32)sizeof(struct gp_packet_sample) + bytes);
	if (!err)
		err = bpf_map__set_max_entries(s->maps.gp_sample_buffers, bpf->memory.cpu_count);
	return err ? err : bpf_map__set_max_entries(s->maps.gp_samples, ring);
}

/* Maps that all programs share, and that the agent does not map. */
static int pin_others(struct gatepost_bpf *s, const char *pin_dir)
{
	struct bpf_map *const others[] = { s->maps.gp_records, s->maps.gp_samples, s->maps.gp_sample_buffers };
	int err = 0;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others) && !err; i++)
		err = pin_map(others[i], pin_dir);
	return err;
}

int gp_bpf_open(struct gp_bpf *bpf, const struct gp_config *config, const struct gp_bpf_options *options)
{
	struct map_size sizes[GP_MAPS];
	int cpus = libbpf_num_possible_cpus(), err = 0;

	memset(bpf, 0, sizeof(*bpf));
	bpf->memory.cpu_count = cpus > 0 ? (__u32)cpus : 1;
	bpf->commits = !options->replay;
	gp_memory_plan(&bpf->plan, config, options->cpus ? options->cpus : bpf->memory.cpu_count);
	gp_bpf_quiet();
	bpf->skeleton = gatepost_bpf__open();
	if (!bpf->skeleton) {
		err = -errno;
		gp_error("BPF object: cannot open: %s; %s", strerror(-err), gp_bpf_remedy(err));
		return err;
	}
	bpf->skeleton->rodata->gp_knob_side = options->side;
	bpf->skeleton->rodata->gp_knob_replay = options->replay;
	gp_bpf_choose(bpf, config->tags && !options->replay ? GP_BPF_TAGS : GP_BPF_PLAIN);
	if (config->deep && !options->replay)
		err = set_deep(bpf, config, options);
	map_sizes(bpf, sizes);
	for (int i = 0; i < GP_MAPS && !err; i++)
		err = size_map(&sizes[i], options->pin_dir);
	if (!err)
		err = size_samples(bpf, config);
	if (!err && options->pin_dir)
		err = pin_others(bpf->skeleton, options->pin_dir);
	if (err)
		gp_error("BPF object: cannot size the maps: %s", strerror(-err));
	return err;
}

int gp_bpf_map(struct gp_bpf *bpf)
{
	struct map_size sizes[GP_MAPS];
	long page = sysconf(_SC_PAGESIZE);

	map_sizes(bpf, sizes);
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
	if (!bpf->commits)
		bpf->memory.shadow = NULL;
	bpf->ring = ring_buffer__new(bpf_map__fd(bpf->skeleton->maps.gp_records), take_record, bpf, NULL);
	if (!bpf->ring) {
		int err = -errno;

		gp_error("map gp_records: cannot mmap: %s", strerror(-err));
		return err;
	}
	bpf->sample_ring = ring_buffer__new(bpf_map__fd(bpf->skeleton->maps.gp_samples), take_sample, bpf, NULL);
	if (!bpf->sample_ring) {
		int err = -errno;

		gp_error("map gp_samples: cannot mmap: %s", strerror(-err));
		return err;
	}
	return 0;
}

void gp_bpf_close(struct gp_bpf *bpf)
{
	for (int i = 0; i < GP_MAPS; i++)
		if (bpf->mapped[i])
			munmap(bpf->mapped[i], bpf->mapped_bytes[i]);
	ring_buffer__free(bpf->ring);
	ring_buffer__free(bpf->sample_ring);
	gatepost_bpf__destroy(bpf->skeleton);
	memset(bpf, 0, sizeof(*bpf));
}
