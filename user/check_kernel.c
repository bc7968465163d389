// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_kernel.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "check_read.h"
#include "loader.h"
#include "pins.h"

#define CAP(name) (1ull << CAP_##name)

/* The effective capabilities. Return: 0 or -errno. */
static int read_capabilities(unsigned long long *out)
{
	const char *line;
	char *status;
	int err = gp_read_file(&status, "/proc/self/status");

	if (err)
		return err;
	line = strstr(status, "\nCapEff:");
	if (!line || sscanf(line, " CapEff: %llx", out) != 1)
		err = -ENODATA;
	free(status);
	return err;
}

/* BPF asks for capabilities of the initial user namespace; another one's root has none of them. */
static bool in_user_namespace(void)
{
	unsigned long inside, outside, length;
	bool other;
	char *map;

	if (gp_read_file(&map, "/proc/self/uid_map"))
		return false;
	other = sscanf(map, "%lu %lu %lu", &inside, &outside, &length) != 3 || inside || outside ||
		length != 4294967295ul;
	free(map);
	return other;
}

static void check_privileges(struct gp_check *check)
{
	bool root = geteuid() == 0, no_net, no_bpf, no_perfmon;
	unsigned long long caps;

	if (read_capabilities(&caps)) {
		check->facts.bpf = root;
		gp_check_add(check, GP_CHECK_WARN, "privileges",
			     "%s; capabilities unknown: /proc/self/status cannot be read",
			     root ? "root" : "not root");
		gp_check_mend(check, "mount /proc");
		return;
	}
	no_net = !(caps & CAP(NET_ADMIN));
	no_bpf = !(caps & (CAP(BPF) | CAP(SYS_ADMIN)));
	no_perfmon = !(caps & (CAP(PERFMON) | CAP(SYS_ADMIN)));
	check->facts.bpf = !no_net && !no_bpf && !no_perfmon && !in_user_namespace();
	if (no_net || no_bpf || no_perfmon) {
		gp_check_add(check, GP_CHECK_FAIL, "privileges", "%s, without%s%s%s", root ? "root" : "not root",
			     no_bpf ? " CAP_BPF" : "", no_net ? " CAP_NET_ADMIN" : "", no_perfmon ? " CAP_PERFMON" : "");
		gp_check_mend(check, root ? "give the container these capabilities" : "use sudo");
	} else if (!check->facts.bpf) {
		gp_check_add(check, GP_CHECK_FAIL, "privileges",
			     "capabilities of a user namespace, which BPF does not accept");
		gp_check_mend(check, "run it in the initial user namespace");
	} else if (!root) {
		gp_check_add(check, GP_CHECK_FAIL, "privileges", "the capabilities are there, but run asks for root");
		gp_check_mend(check, "use sudo");
	} else {
		gp_check_add(check, GP_CHECK_OK, "privileges", "root, with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
	}
}

/* The release number answers only for what cannot be asked; gp_check_bpf() asks. Return: 518 for 5.18, 0 for unknown. */
static unsigned check_version(struct gp_check *check)
{
	unsigned major = 0, minor = 0, version;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2) {
		gp_check_add(check, GP_CHECK_WARN, "kernel", "unknown: its release number cannot be read");
		return 0;
	}
	version = major * 100 + (minor < 99 ? minor : 99);
	if (version >= 518)
		gp_check_add(check, GP_CHECK_OK, "kernel", "Linux %s, %s", name.release, name.machine);
	else if (check->facts.bpf)
		gp_check_add(check, GP_CHECK_WARN, "kernel",
			     "Linux %s; what gatepost needs came with 5.18, the rows below say whether it is here",
			     name.release);
	else
		gp_check_add(check, GP_CHECK_FAIL, "kernel", "Linux %s; gatepost needs 5.18", name.release);
	if (version < 518)
		gp_check_mend(check, "a newer kernel; Debian 12 has 6.1");
	return version;
}

static void check_btf(struct gp_check *check)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK)) {
		gp_check_add(check, GP_CHECK_OK, "btf", "the kernel describes its types");
		return;
	}
	gp_check_add(check, GP_CHECK_WARN, "btf",
		     "no /sys/kernel/btf/vmlinux: no other XDP program can share an interface with gatepost");
	gp_check_mend(check, "mount /sys, or a kernel with CONFIG_DEBUG_INFO_BTF=y");
}

static void check_memlock(struct gp_check *check, unsigned version)
{
	struct rlimit limit;

	if (version >= 511) {
		gp_check_add(check, GP_CHECK_OK, "memlock", "does not matter: Linux 5.11 ended it for BPF");
	} else if (getrlimit(RLIMIT_MEMLOCK, &limit)) {
		gp_check_add(check, GP_CHECK_WARN, "memlock", "unknown: %s", strerror(errno));
	} else if (limit.rlim_cur == RLIM_INFINITY) {
		gp_check_add(check, GP_CHECK_OK, "memlock", "unlimited");
	} else {
		gp_check_add(check, GP_CHECK_WARN, "memlock", "%llu KiB, and BPF maps count against it before Linux 5.11",
			     (unsigned long long)limit.rlim_cur / 1024);
		gp_check_mend(check, "ulimit -l unlimited");
	}
}

static void check_bpffs(struct gp_check *check)
{
	struct statfs fs;

	if (!statfs(GP_BPFFS, &fs) && (__u32)fs.f_type == BPF_FS_MAGIC) {
		gp_check_add(check, GP_CHECK_OK, "bpf_file_system", "mounted at " GP_BPFFS);
		return;
	}
	gp_check_add(check, GP_CHECK_FAIL, "bpf_file_system", "not mounted at " GP_BPFFS);
	gp_check_mend(check, "mount -t bpf bpf " GP_BPFFS);
}

static void check_pins(struct gp_check *check)
{
	struct stat st;
	int lock;

	if (lstat(GP_PIN_DIR, &st) && errno == ENOENT) {
		gp_check_add(check, GP_CHECK_OK, "pinned_maps", "none: no gatepost runs, none was left behind");
		return;
	}
	lock = gp_pins_lock(GP_PIN_DIR);
	if (lock >= 0) {
		close(lock);
		check->facts.left_behind = true;
		gp_check_add(check, GP_CHECK_FAIL, "pinned_maps", GP_PIN_DIR ": a gatepost ended without cleaning up");
		gp_check_mend(check, "gatepost detach");
	} else if (lock == -EWOULDBLOCK) {
		check->facts.running = true;
		gp_check_add(check, GP_CHECK_WARN, "pinned_maps", GP_PIN_DIR ": a gatepost runs, and there can be one");
		gp_check_mend(check, "stop it before you start another");
	} else {
		gp_check_add(check, GP_CHECK_WARN, "pinned_maps", "unknown: " GP_PIN_DIR ": %s", strerror(-lock));
		if (lock == -EACCES)
			gp_check_mend(check, "use sudo");
	}
}

static void check_clock(struct gp_check *check)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	if (state < 0) {
		gp_check_add(check, GP_CHECK_WARN, "clock", "unknown: adjtimex: %s", strerror(errno));
	} else if (state == TIME_ERROR || t.status & STA_UNSYNC) {
		gp_check_add(check, GP_CHECK_WARN, "clock",
			     "not synchronised: who looks up a subscriber by a report's times finds the wrong one");
		gp_check_mend(check, "apt install chrony");
	} else {
		gp_check_add(check, GP_CHECK_OK, "clock", "synchronised");
	}
}

void gp_check_kernel(struct gp_check *check)
{
	unsigned version;

	check_privileges(check);
	version = check_version(check);
	gp_check_bpf(check);
	check_btf(check);
	check_memlock(check, version);
	check_bpffs(check);
	check_pins(check);
	check_clock(check);
}
