// SPDX-License-Identifier: GPL-2.0-or-later
#include "attachment.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "gatepost.skel.h"
#include "log.h"
#include "pins.h"

#define LOOKS_BETWEEN_TRIES 8 /* half a minute: a driver that refuses now may not in a while */

static bool is_ours(struct xdp_program *program, __u32 id)
{
	return program && gp_bpf_is_ours(xdp_program__name(program)) && (!id || xdp_program__id(program) == id);
}

int gp_attachment_find(int index, __u32 id, bool detach, __u32 *found_id)
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
static void say_attached(const struct gp_attachment *a, enum xdp_attach_mode mode, bool tags)
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
static int try_attach(struct gp_attachment *a, const struct gp_config *config, enum xdp_attach_mode mode, const struct way *way)
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

void gp_attachment_forget(struct gp_attachment *a)
{
	if (a->program)
		xdp_program__close(a->program);
	a->program = NULL;
	gp_bpf_close(&a->bpf);
}

int gp_attachment_open(struct gp_attachment *a, const struct gp_config *config, enum xdp_attach_mode mode)
{
	int err = try_attach(a, config, mode, &ways[0]);
	size_t at = 0;

	while ((err == -EOPNOTSUPP || err == -EINVAL) && ++at < WAYS) {
		gp_attachment_forget(a);
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
	if (gp_attachment_find(a->interface->index, 0, false, &a->id) < 1)
		a->id = 0;
	say_attached(a, mode, config->tags);
	return 0;
}

/* The interface may be gone, and the program with it; or somebody was faster. Said once. */
static void say_lost(struct gp_attachment *a)
{
	char name[IF_NAMESIZE];

	a->attached = false;
	a->gone = !if_indextoname((unsigned)a->interface->index, name);
	if (*a->lost)
		return;
	if (!a->gone)
		snprintf(a->lost, sizeof(a->lost),
			 "%s: somebody took the program off; what the interface received since then is not counted", name);
	else
		snprintf(a->lost, sizeof(a->lost),
			 "%s: has gone from this network namespace; what it received since then is not counted. If it was "
			 "moved, run there: gatepost detach", a->interface->name);
	gp_error("%s", a->lost);
}

void gp_attachment_check(struct gp_attachment *a)
{
	bool missed = a->attached && !gp_attachment_find(a->interface->index, a->id, false, NULL);

	if (missed && a->missed) /* twice: while another program joins, libxdp exchanges its dispatcher */
		say_lost(a);
	else if (!missed)
		a->missed_here = gp_missed_since(&a->missed_before, a->interface->name);
	a->missed = missed;
}

/* A look at each slice; where the interface cannot be attached to yet, only now and then. */
bool gp_attachment_is_back(struct gp_attachment *a)
{
	if (a->attached || !a->gone || !if_nametoindex(a->interface->name))
		return false;
	return a->looks++ % LOOKS_BETWEEN_TRIES == 0;
}

int gp_attachment_again(struct gp_attachment *a, const struct gp_config *config, enum xdp_attach_mode mode)
{
	int index = a->interface->index, err;

	gp_attachment_forget(a);
	a->interface->index = (int)if_nametoindex(a->interface->name);
	err = gp_attachment_open(a, config, mode);
	if (err) {
		a->interface->index = index;
		return err;
	}
	a->gone = a->missed = false;
	a->looks = 0;
	a->missed_earlier += a->missed_here;
	a->missed_here = 0;
	snprintf(a->lost, sizeof(a->lost), "%s: was away for a while; what it received until it was attached again is not "
		 "counted", a->interface->name);
	gp_notice("%s", a->lost);
	return 0;
}

__u64 gp_attachment_missed(const struct gp_attachment *a)
{
	return a->missed_earlier +
	       (a->attached ? gp_missed_since(&a->missed_before, a->interface->name) : a->missed_here);
}

int gp_attachment_detach(struct gp_attachment *a)
{
	int found = gp_attachment_find(a->interface->index, a->id, true, NULL);

	if (!found)
		say_lost(a);
	a->attached = false;
	if (!found)
		return -ENOENT;
	if (found < 0)
		gp_error("%s: cannot detach: %s; run: ip link set dev %s xdp off", a->interface->name, strerror(-found),
			 a->interface->name);
	return found < 0 ? found : 0;
}

