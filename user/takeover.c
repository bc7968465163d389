// SPDX-License-Identifier: GPL-2.0-or-later
#include "takeover.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "gatepost.skel.h"
#include "journal.h"
#include "log.h"
#include "memory_setup.h"

#define ANEW "or begin anew with: gatepost detach"

/* A size of the maps, and the keys of the configuration that it comes from. */
struct fit {
	size_t offset; /* of 32 bits, in struct gp_settings */
	const char *keys;
};

#define FIT(field, keys) { offsetof(struct gp_settings, field), keys }

static const struct fit fits[] = {
	FIT(chunks, "tables.addresses"),
	FIT(slices, "tables.slices"),
	FIT(shared_slice, "tables.slices"),
	FIT(inside_hosts, "tables.hosts"),
	FIT(outside_hosts, "tables.outside"),
	FIT(cells, "tables.cells"),
	FIT(flow_slots, "tables.flows"),
	FIT(filter_words, "tables.filter_bits"),
	FIT(tunnels, "decapsulate"),
	FIT(tags, "tags"),
};

static int check_settings(const struct gp_settings *found, const struct gp_settings *plan)
{
	for (size_t i = 0; i < sizeof(fits) / sizeof(*fits); i++) {
		__u32 has, wanted;

		memcpy(&has, (const char *)found + fits[i].offset, sizeof(has));
		memcpy(&wanted, (const char *)plan + fits[i].offset, sizeof(wanted));
		if (has == wanted)
			continue;
		gp_error("run: the maps of a killed gatepost were made for another configuration (%s: %u there, %u "
			 "here): run with that one, " ANEW, fits[i].keys, has, wanted);
		return -EINVAL;
	}
	return 0;
}

/* The prefixes may be others than those that the maps were made for; what is configured as a size must be the same. */
static void keep_sizes(struct gp_config *config, const struct gp_settings *found)
{
	config->kept = (struct gp_kept_sizes){
		.chunks = config->address_slots ? config->address_slots / GP_CHUNK_SLOTS : found->chunks,
		.dir6_words = found->dir6_words,
		.ranges = found->ranges,
	};
}

static int check_secret(const struct gp_settings *found, struct gp_config *config)
{
	if (config->secret_given && memcmp(found->secret, config->secret, sizeof(found->secret))) {
		gp_error("run: the maps of a killed gatepost were made with another hash_secret: run with that one, "
			 ANEW);
		return -EINVAL;
	}
	memcpy(config->secret, found->secret, sizeof(config->secret));
	return 0;
}

int gp_takeover_journal_path(char *path, const struct gp_config *config)
{
	char directory[PATH_MAX] = "";
	int bytes;

	if (*config->journal != '/' && !getcwd(directory, sizeof(directory))) {
		gp_error("journal: %s: the working directory has no name: give a path that begins with /",
			 config->journal);
		return -errno;
	}
	bytes = snprintf(path, PATH_MAX, "%s%s%s", directory, *directory ? "/" : "", config->journal);
	if (bytes < PATH_MAX)
		return 0;
	gp_error("journal: %s: the path is too long", config->journal);
	return -ENAMETOOLONG;
}

static int check_journal(const struct gp_note *note, const struct gp_config *config)
{
	char path[PATH_MAX];
	int err = gp_takeover_journal_path(path, config);

	if (err || !strcmp(note->journal, path))
		return err;
	gp_error("run: the killed gatepost's journal is %s, not %s: run with that one, " ANEW, note->journal, path);
	return -EINVAL;
}

static int say_unreadable(int err)
{
	if (err == -ENOENT)
		gp_error("%s: a gatepost was killed while it started or ended; clean up with: gatepost detach",
			 GP_PIN_DIR);
	else if (err == -EPROTO)
		gp_error("%s: another version of gatepost was killed; go on with that one, " ANEW, GP_PIN_DIR);
	else
		gp_error("%s: cannot read what a killed gatepost left: %s; clean up with: gatepost detach", GP_PIN_DIR,
			 strerror(-err));
	return err;
}

int gp_takeover_read(const char *dir, struct gp_note **notes, size_t *count, struct gp_config *config)
{
	int cpus = libbpf_num_possible_cpus(), err;
	struct gp_settings plan;

	err = gp_pins_read_note(dir, notes, count);
	if (err)
		return say_unreadable(err);
	keep_sizes(config, &(*notes)->settings);
	gp_memory_plan(&plan, config, cpus > 0 ? (unsigned)cpus : 1);
	err = check_settings(&(*notes)->settings, &plan);
	if (!err)
		err = check_journal(*notes, config);
	if (!err)
		err = check_secret(&(*notes)->settings, config);
	if (err) {
		free(*notes);
		*notes = NULL;
		*count = 0;
	}
	return err;
}

/* "in0:inside, out0:outside" */
static void list_interfaces(char *out, size_t size, const struct gp_note *notes, size_t count)
{
	static const char *const sides[] = { "tap", "inside", "outside" };
	size_t at = 0;

	*out = '\0';
	for (size_t i = 0; i < count && at < size; i++) {
		int n = snprintf(out + at, size - at, "%s%s:%s", i ? ", " : "", notes[i].name, sides[notes[i].side % 3]);

		at += n > 0 ? (size_t)n : 0;
	}
}

const struct gp_note *gp_takeover_find(const struct gp_note *notes, size_t count, const struct gp_interface *interface,
				       size_t wanted, bool generic)
{
	char list[256];

	for (size_t i = 0; i < count && count == wanted; i++) {
		if (notes[i].interface != (__u32)interface->index || notes[i].side != interface->side)
			continue;
		if (notes[i].generic == generic)
			return &notes[i];
		gp_error("%s: the killed gatepost was attached in %s mode: run with --xdp-mode %s, " ANEW,
			 interface->name, generic ? "native" : "generic", generic ? "native" : "skb");
		return NULL;
	}
	list_interfaces(list, sizeof(list), notes, count);
	gp_error("run: the killed gatepost was attached to %s: run with the same interfaces, " ANEW, list);
	return NULL;
}

int gp_takeover_has_deep(const char *dir, const struct gp_config *config)
{
	char path[PATH_MAX];
	bool has;

	snprintf(path, sizeof(path), "%s/gp_xsks", dir);
	has = !access(path, F_OK);
	if (has == config->deep)
		return 0;
	gp_error("run: the killed gatepost ran %s --deep: run likewise, " ANEW, has ? "with" : "without");
	return -EINVAL;
}

int gp_takeover_has_maps(const struct gp_bpf *bpf)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, bpf->skeleton->obj) {
		const char *path = bpf_map__pin_path(map);

		if (!path || !access(path, F_OK))
			continue;
		gp_error("%s: is missing from what a killed gatepost left; clean up with: gatepost detach", path);
		return -ENOENT;
	}
	return 0;
}

void gp_takeover_remove_journal(const struct gp_note *note)
{
	struct gp_journal_key key = gp_journal_key_of(&note->settings);
	struct gp_journal *journal;

	if (!access(note->journal, F_OK) && !gp_journal_open(&journal, note->journal, &key))
		gp_journal_close(journal, false);
}
