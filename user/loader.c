// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "attachment.h"
#include "bpf_object.h"
#include "gatepost.skel.h"
#include "grace.h"
#include "journal.h"
#include "log.h"
#include "memory_reload.h"
#include "memory_setup.h"
#include "pins.h"
#include "tag_filter.h"
#include "takeover.h"

struct gp_loader {
	struct gp_bpf maps; /* loaded for its maps only: they are pinned and filled before any packet is counted */
	struct gp_attachment *attachments;
	size_t count;
	enum xdp_attach_mode mode;
	const struct gp_config *config; /* borrowed */
	int lock; /* on the pins */
	bool took_over;
	__u64 start_ns;
};

/* Is this still the directory of that name? Who held the lock before may have removed it. */
static bool is_directory_of(int fd, const char *path)
{
	struct stat by_fd, by_name;

	return !fstat(fd, &by_fd) && !stat(path, &by_name) && by_fd.st_ino == by_name.st_ino &&
	       by_fd.st_dev == by_name.st_dev;
}

/*
 * The directory for pins, made or found. @found: out; somebody who has ended left pins in it.
 * Return: the lock on it, or -errno (logged).
 */
static int claim_pins(bool *found)
{
	int lock = -EAGAIN, err;

	for (int i = 0; i < 3 && lock == -EAGAIN; i++) {
		err = mkdir(GP_PIN_DIR, 0700) ? -errno : 0;
		*found = err == -EEXIST;
		if (err && !*found) {
			gp_error("%s: cannot create: %s", GP_PIN_DIR, strerror(-err));
			return err;
		}
		lock = gp_pins_lock(GP_PIN_DIR);
		if (lock == -EWOULDBLOCK) {
			gp_error("%s: another gatepost runs, and there can be one; stop it first", GP_PIN_DIR);
			return -EEXIST;
		}
		if (lock == -ENOENT)
			lock = -EAGAIN;
		if (lock >= 0 && !is_directory_of(lock, GP_PIN_DIR)) {
			close(lock);
			lock = -EAGAIN;
		}
	}
	if (lock < 0)
		gp_error("%s: cannot lock: %s", GP_PIN_DIR, strerror(-lock));
	return lock;
}

/*
 * Root and a BPF file system, said in one line before anything obscure fails. @found: out; there are pins already.
 * Return: the lock on the directory for pins, or -errno (logged).
 */
static int claim_host(bool *found)
{
	struct statfs fs;

	if (geteuid() != 0) {
		gp_error("run: attaching XDP programs needs root; use sudo");
		return -EPERM;
	}
	if (statfs(GP_BPFFS, &fs) || (__u32)fs.f_type != BPF_FS_MAGIC) {
		gp_error("%s: no BPF file system is mounted there; run: mount -t bpf bpf %s", GP_BPFFS, GP_BPFFS);
		return -ENODEV;
	}
	return claim_pins(found);
}

/* The data plane's clock. */
static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (__u64)t.tv_sec * 1000000000ull + (__u64)t.tv_nsec;
}

static void wait_for_programs(void *context)
{
	(void)context;
	gp_grace_wait();
}

static int load_maps(struct gp_loader *loader, const struct gp_config *config)
{
	const struct gp_bpf_options options = { .pin_dir = GP_PIN_DIR };
	int err = gp_bpf_open(&loader->maps, config, &options);

	if (err)
		return err;
	if (loader->took_over) { /* the programs are attached; their maps are all that is wanted */
		err = gp_takeover_has_maps(&loader->maps);
		bpf_program__set_autoload(loader->maps.program, false);
	}
	if (err)
		return err;
	err = gatepost_bpf__load(loader->maps.skeleton);
	if (err) {
		gp_error("run: cannot load the XDP program: %s; %s", strerror(-err),
			 loader->took_over ? "the maps that a killed gatepost left are damaged: gatepost detach" :
					     gp_bpf_remedy(err));
		return err;
	}
	err = gp_bpf_map(&loader->maps);
	if (!err && loader->took_over) /* prefixes and ports may have changed meanwhile */
		return gp_memory_reload(&loader->maps.memory, config, wait_for_programs, NULL);
	if (!err)
		gp_memory_setup(&loader->maps.memory, config, &loader->maps.plan);
	return err;
}

/* libxdp explains its fallback at length; one line of ours says the same. */
__attribute__((format(printf, 2, 0))) static int quiet_libxdp(enum libxdp_print_level level, const char *format, va_list args)
{
	if (level > LIBXDP_WARN || !getenv("GATEPOST_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

/* Writes down what is attached, for the agent that comes next should this one be killed. */
static int write_notes(const struct gp_loader *loader)
{
	struct gp_note *notes = calloc(loader->count, sizeof(*notes));
	int err = notes ? 0 : -ENOMEM;

	for (size_t i = 0; i < loader->count && !err; i++) {
		const struct gp_attachment *a = &loader->attachments[i];

		notes[i] = (struct gp_note){
			.interface = (__u32)a->interface->index,
			.side = a->interface->side,
			.generic = loader->mode == XDP_MODE_SKB,
			.program = a->id,
			.start_ns = loader->start_ns,
			.settings = loader->maps.plan,
			.missed = a->missed_before,
		};
		memcpy(notes[i].name, a->interface->name, sizeof(notes[i].name));
		err = gp_takeover_journal_path(notes[i].journal, loader->config);
	}
	if (!err)
		err = gp_pins_note(GP_PIN_DIR, notes, loader->count);
	free(notes);
	return err;
}

static int attach_all(struct gp_loader *loader)
{
	int err = 0;

	loader->start_ns = now_ns();
	for (size_t i = 0; i < loader->count && !err; i++)
		err = gp_attachment_open(&loader->attachments[i], loader->config, loader->mode);
	return err ? err : write_notes(loader);
}

/* Whose program is attached to an interface of a note? Theirs, or somebody else's, or none. */
static int check_program(const struct gp_note *note)
{
	int found = note->program ? gp_attachment_find((int)note->interface, note->program, false, NULL) : 0;

	if (found > 0)
		return 0;
	gp_error("%s: the killed gatepost's program is not attached any more: what the interface received since is not "
		 "counted; begin anew with: gatepost detach", note->name);
	return -ENOENT;
}

/* Goes on with what a killed agent left, or says why not; then all of it stays as it is. */
static int take_over(struct gp_loader *loader, struct gp_config *config)
{
	struct gp_note *notes = NULL;
	size_t count = 0;
	int err = gp_takeover_read(GP_PIN_DIR, &notes, &count, config);

	if (!err)
		err = gp_takeover_has_deep(GP_PIN_DIR, config);
	for (size_t i = 0; i < count && !err; i++)
		err = check_program(&notes[i]);
	for (size_t i = 0; i < loader->count && !err; i++) {
		struct gp_attachment *a = &loader->attachments[i];
		const struct gp_note *note = gp_takeover_find(notes, count, a->interface, loader->count,
							      loader->mode == XDP_MODE_SKB);

		if (!note) {
			err = -EINVAL;
			break;
		}
		a->attached = true;
		a->id = note->program;
		a->missed_before = note->missed;
		loader->start_ns = note->start_ns;
	}
	free(notes);
	if (!err)
		err = load_maps(loader, config);
	if (!err)
		gp_notice("took over the maps and programs of a gatepost that was killed");
	return err;
}

static int begin(struct gp_loader *loader, struct gp_config *config)
{
	int err = gp_config_draw_secret(config);

	if (!err)
		err = load_maps(loader, config);
	return err ? err : attach_all(loader);
}

static struct gp_loader *new_loader(struct gp_interface *interfaces, size_t count, bool skb_mode)
{
	struct gp_loader *loader = calloc(1, sizeof(*loader));

	if (loader)
		loader->attachments = calloc(count, sizeof(*loader->attachments));
	if (!loader || !loader->attachments) {
		free(loader);
		return NULL;
	}
	loader->count = count;
	loader->mode = skb_mode ? XDP_MODE_SKB : XDP_MODE_NATIVE;
	for (size_t i = 0; i < count; i++)
		loader->attachments[i].interface = &interfaces[i];
	return loader;
}

int gp_loader_open(struct gp_loader **out, struct gp_config *config, struct gp_interface *interfaces,
		   size_t count, bool skb_mode)
{
	struct gp_loader *loader;
	bool found;
	int lock = claim_host(&found), err;

	if (lock < 0)
		return lock;
	libxdp_set_print(quiet_libxdp);
	loader = new_loader(interfaces, count, skb_mode);
	if (!loader) {
		if (!found)
			rmdir(GP_PIN_DIR);
		close(lock);
		return -ENOMEM;
	}
	loader->lock = lock;
	loader->config = config;
	loader->took_over = found;
	err = found ? take_over(loader, config) : begin(loader, config);
	if (err && found)
		gp_loader_leave(loader);
	else if (err)
		gp_loader_close(loader);
	if (err)
		return err;
	*out = loader;
	return 0;
}

bool gp_loader_took_over(const struct gp_loader *loader)
{
	return loader->took_over;
}

__u64 gp_loader_start_ns(const struct gp_loader *loader)
{
	return loader->start_ns;
}

void gp_loader_drain(struct gp_loader *loader, gp_record_fn *take, void *context)
{
	gp_bpf_drain(&loader->maps, take, context);
}

void gp_loader_samples(struct gp_loader *loader, gp_sample_fn *take, void *context)
{
	gp_bpf_samples(&loader->maps, take, context);
}

int gp_loader_samples_fd(const struct gp_loader *loader)
{
	return gp_bpf_samples_fd(&loader->maps);
}

int gp_loader_reload(struct gp_loader *loader, const struct gp_config *config)
{
	return gp_memory_reload(&loader->maps.memory, config, wait_for_programs, NULL);
}

struct gp_memory *gp_loader_memory(struct gp_loader *loader)
{
	return &loader->maps.memory;
}

int gp_loader_map(const struct gp_loader *loader, const char *name)
{
	return bpf_object__find_map_fd_by_name(loader->maps.skeleton->obj, name);
}

__u64 gp_loader_missed(const struct gp_loader *loader)
{
	__u64 missed = 0;

	for (size_t i = 0; i < loader->count; i++)
		missed += gp_attachment_missed(&loader->attachments[i]);
	return missed;
}

bool gp_loader_check(struct gp_loader *loader)
{
	bool again = false;

	for (size_t i = 0; i < loader->count; i++) {
		struct gp_attachment *a = &loader->attachments[i];

		gp_attachment_check(a);
		if (gp_attachment_is_back(a) && !gp_attachment_again(a, loader->config, loader->mode))
			again = true;
	}
	/* Without a note that is true a killed agent's successor would look for programs that are not there. */
	if (again)
		write_notes(loader);
	return again;
}

bool gp_loader_is_whole(const struct gp_loader *loader)
{
	for (size_t i = 0; i < loader->count; i++)
		if (!loader->attachments[i].attached)
			return false;
	return true;
}

const char *gp_loader_lost(const struct gp_loader *loader)
{
	for (size_t i = 0; i < loader->count; i++)
		if (*loader->attachments[i].lost)
			return loader->attachments[i].lost;
	return NULL;
}

int gp_loader_detach(struct gp_loader *loader)
{
	int worst = 0;

	for (size_t i = 0; i < loader->count; i++) {
		struct gp_attachment *a = &loader->attachments[i];
		int err = a->attached ? gp_attachment_detach(a) : *a->lost ? -ENOENT : 0;

		if (!worst || worst == -ENOENT)
			worst = err ? err : worst;
	}
	return worst;
}

void gp_loader_leave(struct gp_loader *loader)
{
	for (size_t i = 0; i < loader->count; i++)
		gp_attachment_forget(&loader->attachments[i]);
	gp_bpf_close(&loader->maps);
	close(loader->lock);
	free(loader->attachments);
	free(loader);
}

void gp_loader_close(struct gp_loader *loader)
{
	gp_loader_detach(loader);
	gp_pins_remove(GP_PIN_DIR, NULL);
	gp_loader_leave(loader);
	gp_pins_remove_libxdp();
}

/* The journal goes with the maps that it belongs to. */
static void remove_journal(void)
{
	struct gp_note *notes;
	size_t count;

	if (gp_pins_read_note(GP_PIN_DIR, &notes, &count))
		return;
	gp_takeover_remove_journal(&notes[0]);
	free(notes);
}

int gp_loader_clean(const char *only, unsigned *removed)
{
	int lock = gp_pins_lock(GP_PIN_DIR), first_err = 0;
	struct if_nameindex *all;
	bool others = false;

	*removed = 0;
	if (lock == -EWOULDBLOCK) {
		gp_error("detach: a gatepost runs and takes its programs off itself; stop it (SIGTERM, SIGKILL if it "
			 "hangs), then try again");
		return -EBUSY;
	}
	all = if_nameindex();
	libxdp_set_print(quiet_libxdp);
	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		bool detach = !only || !strcmp(i->if_name, only);
		int found = gp_attachment_find((int)i->if_index, 0, detach, NULL);
		int err = detach ? gp_tag_filters_clean((int)i->if_index, removed) : 0;

		first_err = first_err ?: err;
		if (found < 0) {
			gp_error("%s: cannot detach: %s; run: ip link set dev %s xdp off", i->if_name,
				 strerror(-found), i->if_name);
			first_err = first_err ?: found;
		} else if (detach) {
			*removed += (unsigned)found;
		} else {
			others = others || found;
		}
	}
	if_freenameindex(all);
	if (!first_err && !others) {
		remove_journal();
		first_err = gp_pins_remove(GP_PIN_DIR, removed);
	}
	if (lock >= 0)
		close(lock);
	gp_pins_remove_libxdp();
	return first_err;
}
