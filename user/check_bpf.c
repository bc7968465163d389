// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "check_kernel.h"
#include "check_read.h"

/* What the data plane is made of. What is not needed is for what comes behind counting. */
static const struct feature {
	const char *name;
	int id;
	bool needed;
} programs[] = {
	{ "XDP", BPF_PROG_TYPE_XDP, true },
	{ "SCHED_CLS", BPF_PROG_TYPE_SCHED_CLS, false },
}, maps[] = {
	{ "ARRAY", BPF_MAP_TYPE_ARRAY, true },
	{ "PERCPU_ARRAY", BPF_MAP_TYPE_PERCPU_ARRAY, true },
	{ "RINGBUF", BPF_MAP_TYPE_RINGBUF, false },
}, helpers[] = {
	{ "xdp_load_bytes", BPF_FUNC_xdp_load_bytes, true },
	{ "xdp_get_buff_len", BPF_FUNC_xdp_get_buff_len, true },
	{ "ktime_get_coarse_ns", BPF_FUNC_ktime_get_coarse_ns, true },
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* return XDP_PASS; */
static const struct bpf_insn pass[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int probe_program(int id)
{
	return libbpf_probe_bpf_prog_type((enum bpf_prog_type)id, NULL);
}

static int probe_map(int id)
{
	return libbpf_probe_bpf_map_type((enum bpf_map_type)id, NULL);
}

static int probe_helper(int id)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, (enum bpf_func_id)id, NULL);
}

/* One row for a table of features: all of them, or those that are missing. */
static void check_features(struct gp_check *check, const char *row, const struct feature *features, size_t count,
			   int (*probe)(int id))
{
	char present[128] = "", missing[128] = "";
	enum gp_check_state state = GP_CHECK_OK;

	for (size_t i = 0; i < count; i++) {
		char *list = probe(features[i].id) == 1 ? present : missing;
		size_t used = strlen(list);

		snprintf(list + used, sizeof(present) - used, "%s%s", used ? ", " : "", features[i].name);
		if (list == missing)
			state = features[i].needed || state == GP_CHECK_FAIL ? GP_CHECK_FAIL : GP_CHECK_WARN;
	}
	if (state == GP_CHECK_OK) {
		gp_check_add(check, state, row, "%s", present);
		return;
	}
	gp_check_add(check, state, row, "missing: %s", missing);
	gp_check_mend(check, "Linux 5.18 or newer");
}

/* The smallest program that run's could be: its type, for frames of several buffers. Return: descriptor or -errno. */
static int load_frags(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = BPF_F_XDP_HAS_FRAGS);

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "gatepost_check", "GPL", pass, COUNT(pass), &options);
}

static void check_frags(struct gp_check *check, int fd)
{
	if (fd >= 0) {
		gp_check_add(check, GP_CHECK_OK, "bpf_frags", "XDP programs may take frames of several buffers");
	} else if (fd == -EPERM) {
		gp_check_add(check, GP_CHECK_FAIL, "bpf_frags", "the kernel does not let this process load XDP programs");
		gp_check_mend(check, "look for a container's seccomp filter, or the kernel's lockdown or security module");
	} else {
		gp_check_add(check, GP_CHECK_FAIL, "bpf_frags", "no XDP programs for frames of several buffers: %s",
			     strerror(-fd));
		gp_check_mend(check, "Linux 5.18 or newer");
	}
}

/* The sysctl is missing in network namespaces; what the kernel made of a program says it everywhere. */
static void check_jit(struct gp_check *check, int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 bytes = sizeof(info);
	long enabled;

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &bytes))
		enabled = info.jited_prog_len > 0;
	else if (gp_read_number(&enabled, "/proc/sys/net/core/bpf_jit_enable"))
		enabled = -1;
	if (enabled < 0) {
		gp_check_add(check, GP_CHECK_WARN, "bpf_jit", "unknown: net.core.bpf_jit_enable cannot be read here");
	} else if (enabled) {
		gp_check_add(check, GP_CHECK_OK, "bpf_jit", "programs are compiled for this CPU");
	} else {
		gp_check_add(check, GP_CHECK_WARN, "bpf_jit", "off: programs are interpreted, which costs many times as much");
		gp_check_mend(check, "sysctl -w net.core.bpf_jit_enable=1");
	}
}

/*
 * libxdp's dispatcher calls the programs as BPF_PROG_TYPE_EXT. A kernel that knows the type looks up what is to be
 * replaced, and finds that BTF type 1 is no function; one that does not has nothing to say.
 */
static void check_dispatcher(struct gp_check *check)
{
	char log[4096] = "";
	LIBBPF_OPTS(bpf_prog_load_opts, options, .attach_btf_id = 1, .log_buf = log, .log_size = sizeof(log),
		    .log_level = 1);
	int fd = bpf_prog_load(BPF_PROG_TYPE_EXT, "gatepost_check", "GPL", pass, COUNT(pass), &options);

	if (fd >= 0)
		close(fd);
	check->facts.dispatcher = fd >= 0 || (fd == -EINVAL && strstr(log, "is not a function"));
	if (check->facts.dispatcher) {
		gp_check_add(check, GP_CHECK_OK, "dispatcher", "libxdp can attach gatepost beside other XDP programs");
		return;
	}
	gp_check_add(check, GP_CHECK_WARN, "dispatcher",
		     "alone only: the kernel refuses libxdp's dispatcher (BPF_PROG_TYPE_EXT: %s)", strerror(-fd));
	gp_check_mend(check, "nothing, unless another XDP program is to share an interface with gatepost");
}

void gp_check_bpf(struct gp_check *check)
{
	int fd;

	if (!check->facts.bpf) {
		gp_check_add(check, GP_CHECK_WARN, "bpf", "unknown: without privileges the kernel does not answer");
		gp_check_mend(check, "sudo gatepost check");
		check_jit(check, -1);
		return;
	}
	fd = load_frags();
	check_frags(check, fd);
	if (fd != -EPERM) {
		/* Who may not load a program gets no answer to these. */
		check_features(check, "bpf_programs", programs, COUNT(programs), probe_program);
		check_features(check, "bpf_maps", maps, COUNT(maps), probe_map);
		check_features(check, "bpf_helpers", helpers, COUNT(helpers), probe_helper);
	}
	check_jit(check, fd);
	check_dispatcher(check);
	if (fd >= 0)
		close(fd);
}
