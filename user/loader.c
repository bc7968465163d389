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

/* One interface's program. The object is ours, the program handle libxdp's; a program that was taken over has neither. */
struct attachment {
	const struct gp_interface *interface;
	struct gp_bpf bpf;
	struct xdp_program *program;
	__u32 id; /* the kernel's, of the program */
	bool attached;
	bool missed;	/* when it was last looked for */
	char lost[192]; /* why it is not counted any more; "": it is */
	struct gp_missed missed_before;
};

struct gp_loader {
	struct gp_bpf maps; /* loaded for its maps only: they are pinned and filled before any packet is counted */
	struct attachment *attachments;
	size_t count;
	enum xdp_attach_mode mode;
	int lock; /* on the pins */
	bool took_over;
	__u64 start_ns;
};

int gp_interface_parse(struct gp_interface *out, const char *text)
{
	static const char *const sides[] = {
		[GP_SIDE_TAP] = "tap",
		[GP_SIDE_INSIDE] = "inside",
		[GP_SIDE_OUTSIDE] = "outside",
	};
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);

	*out = (struct gp_interface){ .side = GP_SIDE_TAP };
	if (!length || length >= sizeof(out->name)) {
		gp_error("-i %s: write INTERFACE:SIDE, as eth0:inside", text);
		return -EINVAL;
	}
	memcpy(out->name, text, length);
	if (colon) {
		size_t i = 0;

		while (i < 3 && strcmp(colon + 1, sides[i]))
			i++;
		if (i == 3) {
			gp_error("-i %s: the side is inside, outside or tap", text);
			return -EINVAL;
		}
		out->side = (enum gp_side)i;
	}
	out->index = (int)if_nametoindex(out->name);
	if (!out->index) {
		gp_error("-i %s: no interface %s in this network namespace; ip link shows what there is", text,
			 out->name);
		return -ENODEV;
	}
	return 0;
}

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

static bool is_ours(struct xdp_program *program, __u32 id)
{
	return program && gp_bpf_is_ours(xdp_program__name(program)) && (!id || xdp_program__id(program) == id);
}

/*
 * Looks for our program on one interface, whoever attached it, and takes it off if it is told to.
 * @id: the kernel's id of it, or 0 for any of ours. @found_id: out; or NULL.
 *
 * Return: how many there were, or -errno.
 */
static int find_program(int index, __u32 id, bool detach, __u32 *found_id)
{
	struct xdp_multiprog *present = xdp_multiprog__get_from_ifindex(index);
	struct xdp_program *program = NULL;
	bool legacy, found = false;
	int err = 0;

	if (libxdp_get_error(present))
		return 0;
	legacy = xdp_multiprog__is_legacy(present);
	if (legacy) {
		program = xdp_multiprog__main_prog(present);
		found = is_ours(program, id);
	} else {
		while (!found && (program = xdp_multiprog__next_prog(program, present)))
			found = is_ours(program, id);
	}
	if (found && found_id)
		*found_id = xdp_program__id(program);
	if (found && detach)
		err = legacy ? xdp_multiprog__detach(present) :
			       xdp_program__detach(program, index, xdp_multiprog__attach_mode(present), 0);
	xdp_multiprog__close(present);
	return err ? err : found;
}

static const char *attach_remedy(int err, enum xdp_attach_mode mode)
{
	switch (err) {
	case -EBUSY:
	case -EEXIST:
		return "another XDP program is attached, and they cannot share the interface here (since Linux 6.12 never "
		       "with tags); take it off with: ip link set dev IFACE xdp off";
	case -EOPNOTSUPP:
	case -EINVAL:
	case -ERANGE:
		return mode == XDP_MODE_NATIVE ? "the driver cannot run it in native mode; lower the MTU, or accept "
						 "the slower generic mode with --xdp-mode skb" :
						 "the kernel refuses generic XDP here; ethtool -K IFACE lro off may help";
	default:
		return gp_bpf_remedy(err);
	}
}

/* Plain attach or dispatcher? Asked of the kernel, not assumed. */
static void say_attached(const struct attachment *a, enum xdp_attach_mode mode, bool tags)
{
	struct xdp_multiprog *present = xdp_multiprog__get_from_ifindex(a->interface->index);
	bool alone = libxdp_get_error(present) || xdp_multiprog__is_legacy(present);

	gp_notice("%s: attached in %s mode, %s%s", a->interface->name, mode == XDP_MODE_NATIVE ? "native" : "generic",
		  alone ? "alone (this kernel does not let libxdp's dispatcher in" :
			  "beside other programs (libxdp's dispatcher)",
		  !alone ? "" : tags ? ", or not with tags)" : ")");
	if (!libxdp_get_error(present))
		xdp_multiprog__close(present);
}

/*
 * Ways to attach, the best one first. Alone comes after the dispatcher, for a kernel that has one and does not let a
 * program in that writes tags (bpf/entry.h).
 */
static const struct way {
	bool frags; /* multi-buffer frames; without, the MTU must be such that a frame fits a page */
	bool alone;
} ways[] = { { true, false }, { false, false }, { true, true }, { false, true } };

#define WAYS (sizeof(ways) / sizeof(*ways))

/* A program may be attached only once, so each way makes its own. Return: 0, or -errno. */
static int try_attach(struct attachment *a, const struct gp_config *config, enum xdp_attach_mode mode, const struct way *way)
{
	const struct gp_bpf_options options = {
		.side = a->interface->side,
		.pin_dir = GP_PIN_DIR,
		.deep_first = a->interface->deep_first,
		.deep_queues = a->interface->deep_queues,
		.deep_chunk = a->interface->deep_chunk,
	};
	DECLARE_LIBXDP_OPTS(xdp_program_opts, by_name);
	int err = gp_bpf_open(&a->bpf, config, &options);

	if (err)
		return err;
	by_name.prog_name = bpf_program__name(a->bpf.program);
	by_name.obj = a->bpf.skeleton->obj;
	a->program = xdp_program__create(&by_name);
	err = (int)libxdp_get_error(a->program);
	if (err)
		a->program = NULL;
	/* The section's name says so to libbpf, and not to libxdp: its dispatcher has to be told. */
	if (!err)
		err = xdp_program__set_xdp_frags_support(a->program, way->frags);
	if (err)
		return err;
	gp_missed_read(&a->missed_before, a->interface->name);
	if (way->alone)
		setenv("LIBXDP_SKIP_DISPATCHER", "1", 0);
	err = xdp_program__attach(a->program, a->interface->index, mode, 0);
	if (way->alone)
		unsetenv("LIBXDP_SKIP_DISPATCHER");
	return err;
}

static void forget_attachment(struct attachment *a)
{
	if (a->program)
		xdp_program__close(a->program);
	a->program = NULL;
	gp_bpf_close(&a->bpf);
}

static int attach(struct attachment *a, const struct gp_config *config, enum xdp_attach_mode mode)
{
	int err = try_attach(a, config, mode, &ways[0]);
	size_t at = 0;

	while ((err == -EOPNOTSUPP || err == -EINVAL) && ++at < WAYS) {
		forget_attachment(a);
		err = try_attach(a, config, mode, &ways[at]);
	}
	if (err) {
		gp_error("%s: cannot attach in %s mode: %s; %s", a->interface->name,
			 mode == XDP_MODE_NATIVE ? "native" : "generic", strerror(-err), attach_remedy(err, mode));
		return err;
	}
	a->attached = true;
	if (!ways[at].frags)
		gp_notice("%s: attached without multi-buffer frames, which driver or kernel refuse; a larger MTU needs "
			  "them", a->interface->name);
	if (find_program(a->interface->index, 0, false, &a->id) < 1)
		a->id = 0;
	say_attached(a, mode, config->tags);
	return 0;
}

/* libxdp explains its fallback at length; one line of ours says the same. */
__attribute__((format(printf, 2, 0))) static int quiet_libxdp(enum libxdp_print_level level, const char *format, va_list args)
{
	if (level > LIBXDP_WARN || !getenv("GATEPOST_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

/* Attaches everywhere, and then writes down what was attached. */
static int attach_all(struct gp_loader *loader, const struct gp_config *config)
{
	struct gp_note *notes = calloc(loader->count, sizeof(*notes));
	int err = notes ? 0 : -ENOMEM;

	loader->start_ns = now_ns();
	for (size_t i = 0; i < loader->count && !err; i++) {
		struct attachment *a = &loader->attachments[i];

		err = attach(a, config, loader->mode);
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
		if (!err)
			err = gp_takeover_journal_path(notes[i].journal, config);
	}
	if (!err)
		err = gp_pins_note(GP_PIN_DIR, notes, loader->count);
	free(notes);
	return err;
}

/* Whose program is attached to an interface of a note? Theirs, or somebody else's, or none. */
static int check_program(const struct gp_note *note)
{
	int found = note->program ? find_program((int)note->interface, note->program, false, NULL) : 0;

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
		struct attachment *a = &loader->attachments[i];
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
	return err ? err : attach_all(loader, config);
}

static struct gp_loader *new_loader(const struct gp_interface *interfaces, size_t count, bool skb_mode)
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

int gp_loader_open(struct gp_loader **out, struct gp_config *config, const struct gp_interface *interfaces,
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

	for (size_t i = 0; i < loader->count; i++) {
		const struct attachment *a = &loader->attachments[i];

		missed += gp_missed_since(&a->missed_before, a->interface->name);
	}
	return missed;
}

/* The interface may be gone, and the program with it; or somebody was faster. Said once. */
static void say_lost(struct attachment *a)
{
	char name[IF_NAMESIZE];

	if (*a->lost)
		return;
	if (if_indextoname((unsigned)a->interface->index, name))
		snprintf(a->lost, sizeof(a->lost),
			 "%s: somebody took the program off; what the interface received since then is not counted", name);
	else
		snprintf(a->lost, sizeof(a->lost),
			 "%s: has gone from this network namespace; what it received since then is not counted. If it was "
			 "moved, run there: gatepost detach", a->interface->name);
	gp_error("%s", a->lost);
}

void gp_loader_check(struct gp_loader *loader)
{
	for (size_t i = 0; i < loader->count; i++) {
		struct attachment *a = &loader->attachments[i];

		bool missed = a->attached && !find_program(a->interface->index, a->id, false, NULL);

		if (missed && a->missed) /* twice: while another program joins, libxdp exchanges its dispatcher */
			say_lost(a);
		a->missed = missed;
	}
}

const char *gp_loader_lost(const struct gp_loader *loader)
{
	for (size_t i = 0; i < loader->count; i++)
		if (*loader->attachments[i].lost)
			return loader->attachments[i].lost;
	return NULL;
}

/* Return: 0, -ENOENT when it was not there any more, or -errno. */
static int detach(struct attachment *a)
{
	int found = find_program(a->interface->index, a->id, true, NULL);

	a->attached = false;
	if (!found)
		say_lost(a);
	else if (found < 0)
		gp_error("%s: cannot detach: %s; run: ip link set dev %s xdp off", a->interface->name, strerror(-found),
			 a->interface->name);
	return found > 0 ? 0 : found ? found : -ENOENT;
}

int gp_loader_detach(struct gp_loader *loader)
{
	int worst = 0;

	for (size_t i = 0; i < loader->count; i++) {
		int err = loader->attachments[i].attached ? detach(&loader->attachments[i]) : 0;

		if (!worst || worst == -ENOENT)
			worst = err ? err : worst;
	}
	return worst;
}

void gp_loader_leave(struct gp_loader *loader)
{
	for (size_t i = 0; i < loader->count; i++)
		forget_attachment(&loader->attachments[i]);
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
		int found = find_program((int)i->if_index, 0, detach, NULL);
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
