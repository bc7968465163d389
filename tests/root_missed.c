/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an interface loses before the program can see it stands in the report. A veth's ring has 256 places: two CPUs send
 * more into it than one can take out. Each packet is received or missed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/magic.h>

#include <bpf/bpf.h>

#include "loader.h"
#include "world.h"

#define SENDERS 2
#define FRAMES 2000000
#define FLOODS 100 /* at most, until something is missed: the program keeps up with nearly all of them */
#define BATCH 256 /* frames per flush: as many as the ring has places */
#define FRAME_BYTES 64

static int redirect;

static int run(const char *command)
{
	return system(command);
}

/* A program that sends each frame to an interface. */
static int load_redirect(unsigned to)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = (__s32)to },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "to", "GPL", program, sizeof(program) / sizeof(*program), NULL);
}

static int pin(unsigned number)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(number, &one);
	return sched_setaffinity(0, sizeof(one), &one) ? -errno : 0;
}

/* arg: which CPU; then the error. */
static void *send_frames(void *arg)
{
	/* IPv4 for somebody else's address: what the stack throws away of it is not in rx_dropped, as other things are. */
	__u8 frame[FRAME_BYTES] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x08, 0x00, 0x45 };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frame, .data_size_in = sizeof(frame), .repeat = FRAMES,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	int *err = arg;

	*err = pin((unsigned)*err);
	if (!*err && bpf_prog_test_run_opts(redirect, &o))
		*err = -errno;
	return NULL;
}

static void flood(void)
{
	const struct timespec rest = { .tv_nsec = 200000000 };
	pthread_t threads[SENDERS];
	int errs[SENDERS];

	for (int i = 0; i < SENDERS; i++) {
		errs[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, send_frames, &errs[i]), 0);
	}
	for (int i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < SENDERS; i++)
		assert_int_equal(errs[i], 0);
	nanosleep(&rest, NULL); /* what is in the ring is taken out */
}

static void test_overrun(void **state)
{
	struct gp_interface interface;
	struct gp_loader *loader;
	struct gp_config *config;
	struct gp_totals totals;
	struct gp_world *world;
	__u64 missed, first, sent = 0;

	(void)state;
	assert_int_equal(gp_config_open(&config, NULL, NULL, 0), 0);
	assert_int_equal(gp_interface_find(&interface, &(struct gp_interface_spec){ .name = "gpm-in" }), 0);
	assert_int_equal(gp_loader_open(&loader, config, &interface, 1, false), 0);
	assert_int_equal(gp_world_open(&world, gp_loader_memory(loader)), 0);
	first = gp_loader_missed(loader);
	do {
		flood();
		sent += SENDERS * FRAMES;
		missed = gp_loader_missed(loader);
	} while (!missed && sent < FLOODS * SENDERS * FRAMES);
	gp_loader_detach(loader);
	gp_world_totals(world, &totals);
	print_message("  %llu sent: %llu received, %llu missed\n", sent, totals.received.packets, missed);
	gp_world_close(world);
	gp_loader_close(loader);
	gp_config_close(config);
	assert_int_equal(first, 0);
	assert_true(missed > 0);
	assert_int_equal(totals.received.packets + missed, sent);
}

/* Attaching where no driver can run a program is refused in one line, and leaves nothing; a program without multi-buffer
 * frames was tried as well. */
static void test_no_driver(void **state)
{
	struct gp_interface interface;
	struct gp_loader *loader;
	struct gp_config *config;
	struct statfs fs;

	(void)state;
	assert_int_equal(gp_config_open(&config, NULL, NULL, 0), 0);
	assert_int_equal(gp_interface_find(&interface, &(struct gp_interface_spec){ .name = "gpm-bridge" }), 0);
	assert_int_equal(gp_loader_open(&loader, config, &interface, 1, false), -EOPNOTSUPP);
	gp_config_close(config);
	assert_int_equal(statfs(GP_PIN_DIR, &fs), -1);
}

static int open_link(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET))
		return -1;
	/* One receive queue, and one for each CPU that sends. */
	if (run("ip link add gpm-out numtxqueues 2 numrxqueues 2 type veth peer name gpm-in numtxqueues 1 numrxqueues 2") ||
	    run("ip link set gpm-out addrgenmode none up") || run("ip link set gpm-in addrgenmode none up") ||
	    run("ip link add gpm-bridge type bridge"))
		return -1;
	redirect = load_redirect(if_nametoindex("gpm-out"));
	return redirect < 0 ? redirect : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_no_driver),
	};
	struct statfs fs;

	if (sysconf(_SC_NPROCESSORS_ONLN) < SENDERS) {
		printf("skip - two CPUs are needed\n0 passed, 0 failed, 1 skipped\n");
		return 0;
	}
	if (statfs(GP_BPFFS, &fs) || (__u32)fs.f_type != BPF_FS_MAGIC) {
		printf("skip - no BPF file system at " GP_BPFFS "\n0 passed, 0 failed, 1 skipped\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, open_link, NULL);
}
