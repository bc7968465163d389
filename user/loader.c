// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/magic.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "bpf_object.h"
#include "gatepost.skel.h"
#include "log.h"
#include "memory_setup.h"
#include "pins.h"

/* One interface's program. The object is ours, the program handle libxdp's. */
struct attachment {
	const struct gp_interface *interface;
	struct gp_bpf bpf;
	struct xdp_program *program;
	bool attached;
	__u32 missed_before;
};

struct gp_loader {
	struct gp_bpf maps; /* loaded for its maps only: they are pinned and filled before any packet is counted */
	struct attachment *attachments;
	size_t count;
	enum xdp_attach_mode mode;
	int lock; /* on the pins */
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

/*
 * What an interface has lost so far, asked by netlink: /sys shows the network namespace that it was mounted in. The
 * figures have 32 bits; differences are taken modulo that.
 */
static __u32 read_missed(const char *interface)
{
	struct ifaddrs *all;
	__u32 missed = 0;

	if (getifaddrs(&all))
		return 0;
	for (struct ifaddrs *a = all; a; a = a->ifa_next) {
		const struct rtnl_link_stats *stats = a->ifa_data;

		if (a->ifa_addr && a->ifa_addr->sa_family == AF_PACKET && stats && !strcmp(a->ifa_name, interface))
			missed = stats->rx_missed_errors + stats->rx_dropped + stats->rx_fifo_errors;
	}
	freeifaddrs(all);
	return missed;
}

/* Somebody's pins are there. Return: -EEXIST (logged: whose, and what to do). */
static int refuse_pins(void)
{
	int lock = gp_pins_lock(GP_PIN_DIR);

	if (lock == -EWOULDBLOCK)
		gp_error("%s: another gatepost runs, and there can be one; stop it first", GP_PIN_DIR);
	else
		gp_error("%s: a gatepost ended without cleaning up; run: gatepost detach", GP_PIN_DIR);
	if (lock >= 0)
		close(lock);
	return -EEXIST;
}

/*
 * Root and a BPF file system, said in one line before anything obscure fails. Return: the lock on the new directory
 * for pins, or -errno (logged).
 */
static int claim_host(void)
{
	struct statfs fs;
	int lock, err;

	if (geteuid() != 0) {
		gp_error("run: attaching XDP programs needs root; use sudo");
		return -EPERM;
	}
	if (statfs(GP_BPFFS, &fs) || (__u32)fs.f_type != BPF_FS_MAGIC) {
		gp_error("%s: no BPF file system is mounted there; run: mount -t bpf bpf %s", GP_BPFFS, GP_BPFFS);
		return -ENODEV;
	}
	if (mkdir(GP_PIN_DIR, 0700)) {
		err = -errno;
		if (err == -EEXIST)
			return refuse_pins();
		gp_error("%s: cannot create: %s", GP_PIN_DIR, strerror(-err));
		return err;
	}
	lock = gp_pins_lock(GP_PIN_DIR);
	if (lock < 0) {
		gp_error("%s: cannot lock: %s", GP_PIN_DIR, strerror(-lock));
		rmdir(GP_PIN_DIR);
	}
	return lock;
}

static int load_maps(struct gp_loader *loader, const struct gp_config *config)
{
	const struct gp_bpf_options options = { .pin_dir = GP_PIN_DIR };
	int err = gp_bpf_open(&loader->maps, config, &options);

	if (err)
		return err;
	err = gatepost_bpf__load(loader->maps.skeleton);
	if (err) {
		gp_error("run: cannot load the XDP program: %s; %s", strerror(-err), gp_bpf_remedy(err));
		return err;
	}
	err = gp_bpf_map(&loader->maps);
	if (!err)
		gp_memory_setup(&loader->maps.memory, config, &loader->maps.plan);
	return err;
}

static const char *attach_remedy(int err, enum xdp_attach_mode mode)
{
	switch (err) {
	case -EBUSY:
	case -EEXIST:
		return "another XDP program is attached, and they cannot share the interface here; take it off with: "
		       "ip link set dev IFACE xdp off";
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
static void say_attached(const struct attachment *a, enum xdp_attach_mode mode)
{
	struct xdp_multiprog *present = xdp_multiprog__get_from_ifindex(a->interface->index);
	bool plain = libxdp_get_error(present) || xdp_multiprog__is_legacy(present);

	gp_notice("%s: attached in %s mode, %s", a->interface->name, mode == XDP_MODE_NATIVE ? "native" : "generic",
		  plain ? "alone (this kernel does not let libxdp's dispatcher in)" :
			  "beside other programs (libxdp's dispatcher)");
	if (!libxdp_get_error(present))
		xdp_multiprog__close(present);
}

static int attach(struct attachment *a, const struct gp_config *config, enum xdp_attach_mode mode)
{
	const struct gp_bpf_options options = { .side = a->interface->side, .pin_dir = GP_PIN_DIR };
	int err = gp_bpf_open(&a->bpf, config, &options);

	if (err)
		return err;
	a->program = xdp_program__from_bpf_obj(a->bpf.skeleton->obj, "xdp.frags");
	err = (int)libxdp_get_error(a->program);
	if (err) {
		a->program = NULL;
		gp_error("%s: cannot prepare the XDP program: %s", a->interface->name, strerror(-err));
		return err;
	}
	a->missed_before = read_missed(a->interface->name);
	err = xdp_program__attach(a->program, a->interface->index, mode, 0);
	if (err) {
		gp_error("%s: cannot attach in %s mode: %s; %s", a->interface->name,
			 mode == XDP_MODE_NATIVE ? "native" : "generic", strerror(-err), attach_remedy(err, mode));
		return err;
	}
	a->attached = true;
	say_attached(a, mode);
	return 0;
}

/* libxdp explains its fallback at length; one line of ours says the same. */
__attribute__((format(printf, 2, 0))) static int quiet_libxdp(enum libxdp_print_level level, const char *format, va_list args)
{
	if (level > LIBXDP_WARN || !getenv("GATEPOST_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

int gp_loader_open(struct gp_loader **out, const struct gp_config *config, const struct gp_interface *interfaces,
		   size_t count, bool skb_mode)
{
	struct gp_loader *loader;
	int lock = claim_host(), err;

	if (lock < 0)
		return lock;
	libxdp_set_print(quiet_libxdp);
	loader = calloc(1, sizeof(*loader));
	if (loader)
		loader->attachments = calloc(count, sizeof(*loader->attachments));
	if (!loader || !loader->attachments) {
		free(loader);
		rmdir(GP_PIN_DIR);
		close(lock);
		return -ENOMEM;
	}
	loader->lock = lock;
	loader->count = count;
	loader->mode = skb_mode ? XDP_MODE_SKB : XDP_MODE_NATIVE;
	err = load_maps(loader, config);
	for (size_t i = 0; i < count && !err; i++) {
		loader->attachments[i].interface = &interfaces[i];
		err = attach(&loader->attachments[i], config, loader->mode);
	}
	if (err) {
		gp_loader_close(loader);
		return err;
	}
	*out = loader;
	return 0;
}

void gp_loader_drain(struct gp_loader *loader, gp_record_fn *take, void *context)
{
	gp_bpf_drain(&loader->maps, take, context);
}

struct gp_memory *gp_loader_memory(struct gp_loader *loader)
{
	return &loader->maps.memory;
}

__u64 gp_loader_missed(const struct gp_loader *loader)
{
	__u64 missed = 0;

	for (size_t i = 0; i < loader->count; i++) {
		const struct attachment *a = &loader->attachments[i];

		missed += (__u32)(read_missed(a->interface->name) - a->missed_before);
	}
	return missed;
}

/* The interface may be gone, and the program with it; or somebody was faster. */
static void say_not_detached(const struct attachment *a, int err)
{
	char name[IF_NAMESIZE];

	if (!if_indextoname((unsigned)a->interface->index, name))
		gp_error("%s: has gone from this network namespace; what it received since then is not counted. If it "
			 "was moved, run there: gatepost detach", a->interface->name);
	else if (err == -ENOENT)
		gp_error("%s: somebody took the program off; what the interface received since then is not counted",
			 name);
	else
		gp_error("%s: cannot detach: %s; run: ip link set dev %s xdp off", name, strerror(-err), name);
}

int gp_loader_detach(struct gp_loader *loader)
{
	int first_err = 0;

	for (size_t i = 0; i < loader->count; i++) {
		struct attachment *a = &loader->attachments[i];
		int err;

		if (!a->attached)
			continue;
		err = xdp_program__detach(a->program, a->interface->index, loader->mode, 0);
		if (err)
			say_not_detached(a, err);
		first_err = first_err ?: err;
		a->attached = false;
	}
	return first_err;
}

void gp_loader_close(struct gp_loader *loader)
{
	gp_loader_detach(loader);
	for (size_t i = 0; i < loader->count; i++) {
		if (loader->attachments[i].program)
			xdp_program__close(loader->attachments[i].program);
		gp_bpf_close(&loader->attachments[i].bpf);
	}
	gp_bpf_close(&loader->maps);
	gp_pins_remove(GP_PIN_DIR, NULL);
	close(loader->lock);
	gp_pins_remove_libxdp();
	free(loader->attachments);
	free(loader);
}

static bool is_ours(struct xdp_program *program)
{
	return program && !strcmp(xdp_program__name(program), "gatepost");
}

/*
 * Looks for our program on one interface, whoever attached it, and takes it off if it is told to.
 * Return: how many there were, or -errno.
 */
static int find_program(int index, bool detach)
{
	struct xdp_multiprog *present = xdp_multiprog__get_from_ifindex(index);
	struct xdp_program *program = NULL;
	int err = 0, found = 0;

	if (libxdp_get_error(present))
		return 0;
	if (xdp_multiprog__is_legacy(present)) {
		found = is_ours(xdp_multiprog__main_prog(present));
		if (found && detach)
			err = xdp_multiprog__detach(present);
	} else {
		while (!found && (program = xdp_multiprog__next_prog(program, present)))
			found = is_ours(program);
		if (found && detach)
			err = xdp_program__detach(program, index, xdp_multiprog__attach_mode(present), 0);
	}
	xdp_multiprog__close(present);
	return err ? err : found;
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
		int found = find_program((int)i->if_index, detach);

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
	if (!first_err && !others)
		first_err = gp_pins_remove(GP_PIN_DIR, removed);
	if (lock >= 0)
		close(lock);
	gp_pins_remove_libxdp();
	return first_err;
}
